"""Runs a command on a terminal of its own: onpty.py WxH FILE COMMAND...
Copies what it draws to FILE; what comes on standard input is typed, "@close" as a line closes the
terminal. Prints "pid N" at once and "exit STATUS restored yes|no" at the end (-N: by signal N)."""
import fcntl
import os
import select
import struct
import sys
import termios

w, h = map(int, sys.argv[1].split("x"))
master, slave = os.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", h, w, 0, 0))
before = termios.tcgetattr(slave)
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2):
        os.dup2(slave, fd)
    os.closerange(3, 64)
    os.environ.setdefault("TERM", "xterm-256color")
    os.execvp(sys.argv[3], sys.argv[3:])
print("pid", pid, flush=True)
out = open(sys.argv[2], "wb", buffering=0)
typed = True
status = None
while status is None:
    fds = [fd for fd in (master, 0 if typed else None) if fd is not None]
    ready = select.select(fds, [], [], 0.05)[0]
    if master is not None and master in ready:
        try:
            out.write(os.read(master, 65536))
        except OSError:
            pass
    if 0 in ready:
        line = os.read(0, 4096)
        if not line:
            typed = False
        elif line.strip() == b"@close":
            os.close(slave)
            os.close(master)
            master = slave = None
        else:
            os.write(master, line)
    done, code = os.waitpid(pid, os.WNOHANG)
    if done:
        status = os.waitstatus_to_exitcode(code)
same = slave is None or termios.tcgetattr(slave)[:4] == before[:4]
print("exit", status, "restored", "yes" if same else "no", flush=True)
