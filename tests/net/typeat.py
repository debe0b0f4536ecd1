#!/usr/bin/env python3
"""Runs a program on a pseudo-terminal and types at it.

typeat.py [--type TEXT] [--when WORDS TEXT]... [--run WORDS COMMAND] [--at WORDS ACTION] [--delay S] [--limit S] -- COMMAND...

--when WORDS TEXT   after the output holds WORDS, waits --delay seconds and types TEXT (\\n, \\e known)
--run WORDS COMMAND as soon as the output holds WORDS, COMMAND is run by a shell
--at WORDS hangup   as soon as the output holds WORDS the terminal is taken away
--at WORDS kill     as soon as the output holds WORDS the program is killed (SIGKILL)
Prints what the program wrote; exits with its status (hangup, kill: 0 when it came to that).
"""
import os, pty, select, signal, subprocess, sys, time

args = sys.argv[1:]
cut = args.index("--")
opts, argv = args[:cut], args[cut + 1:]
whens, runs, ats, delay, limit = [], [], [], 1.8, 120.0
i = 0
while i < len(opts):
    if opts[i] == "--when":
        whens.append((opts[i + 1], opts[i + 2].replace("\\n", "\n").replace("\\e", "\x1b").replace("\\x03", "\x03")))
        i += 3
    elif opts[i] == "--run":
        runs.append((opts[i + 1], opts[i + 2]))
        i += 3
    elif opts[i] == "--at":
        ats.append((opts[i + 1], opts[i + 2]))
        i += 3
    elif opts[i] == "--delay":
        delay = float(opts[i + 1])
        i += 2
    elif opts[i] == "--limit":
        limit = float(opts[i + 1])
        i += 2
    else:
        sys.exit("typeat.py: " + opts[i])

pid, fd = pty.fork()
if pid == 0:
    os.execvp(argv[0], argv)
out, due, ended, end = b"", [], False, time.time() + limit
while time.time() < end:
    ready = select.select([fd], [], [], 0.05)[0]
    if ready:
        try:
            data = os.read(fd, 65536)
        except OSError:
            data = b""
        if not data:
            ended = True
            break
        out += data
    for w in list(whens):
        if w[0].encode() in out:
            due.append((time.time() + delay, w[1]))
            whens.remove(w)
    for r in list(runs):
        if r[0].encode() in out:
            subprocess.run(r[1], shell=True, check=True)
            runs.remove(r)
    for d in list(due):
        if time.time() >= d[0]:
            os.write(fd, d[1].encode())
            due.remove(d)
    for words, action in ats:
        if words.encode() in out:
            if action == "kill":
                os.kill(pid, signal.SIGKILL)
            os.close(fd)
            sys.stdout.write(out.decode(errors="replace").replace("\r", ""))
            os.waitpid(pid, 0)
            sys.exit(0)
sys.stdout.write(out.decode(errors="replace").replace("\r", ""))
sys.stdout.flush()
if not ended:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    sys.exit(124)
status = os.waitpid(pid, 0)[1]
sys.exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128)
