#!/usr/bin/env python3
"""Every zone file and tree of the fault set judged at its own time, ours beside the peers.

usage: accuracy.py [--short] [--peers] DATA
  DATA     the fault set (MANIFEST.tsv); the environment names the program (UNBOGUS)
  --short  totals and what missed only
  --peers  dnssec-verify, kzonecheck, ldns-verify-zone and named-checkzone beside ours

A case is bad when its manifest says so (invalid, bogus, unloadable), good when it is valid or
secure; "secure-warn" must be named and stay below high, "insecure" must be named and is no alarm;
"unreachable" is a fault of a server, not of its zone file: it is served as the manifest says and
diagnosed from the network (tests/net/test_served.sh) and only its zone file counts here, as good.
Exit 0 when the thresholds hold: every bad one detected, no alarm above info on a good one, the
right id as cause (or among the faults where the manifest lists several) in 95 of 100.
"""
import concurrent.futures as pool
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import namedtuple

Case = namedtuple("Case", "id family form dir origin at expected ids note")
UNBOGUS = os.environ.get("UNBOGUS", "./unbogus")
BAD = {"invalid", "bogus", "unloadable"}
GOOD = {"valid", "secure", "unreachable"}
PEERS = ["dnssec-verify", "kzonecheck", "ldns-verify-zone", "named-checkzone"]


def cases(data):
    with open(os.path.join(data, "MANIFEST.tsv"), newline="") as f:
        for r in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE):
            if r["form"] not in ("zonefile", "tree", "tree-parent"):
                continue
            yield Case(r["case_id"], r["family"], r["form"],
                       os.path.join(data, r["family"], r["case_id"]), r["origin_or_anchor"],
                       r["validation_time"], r["expected"], re.split(r"[ ,;]+", r["fault_ids"]),
                       r["note"])


def run(argv, env=None, limit=30):
    try:
        p = subprocess.run(argv, capture_output=True, timeout=limit, env=env,
                           stdin=subprocess.DEVNULL)
        return p.returncode, p.stdout.decode("utf-8", "replace"), p.stderr.decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        return 124, "", "timeout"


def ours(c):
    argv = [UNBOGUS, "verify", "--origin", c.origin, "--at", c.at, "--json"]
    if c.form == "zonefile":
        argv += [os.path.join(c.dir, "zone.db")]
        # What dnssec-verify demands by its nature: a zone without keys is an error.
        if c.family == "bind-verify":
            argv += ["--signed"]
    else:
        argv += ["--tree", c.dir]
    status, out, err = run(argv)
    try:
        return status, json.loads(out)
    except ValueError:
        return status, {"cause": "unreadable", "faults": [], "error": err}


def judge(c):
    status, j = ours(c)
    worst = "ok"
    order = ["ok", "info", "warning", "high", "critical"]
    for f in j["faults"]:
        if order.index(f["severity"]) > order.index(worst):
            worst = f["severity"]
    ids = []
    for f in j["faults"]:
        if f["id"] not in ids:
            ids.append(f["id"])
    cause = j.get("cause")
    want = [i for i in c.ids if i not in ("none", "")]
    alarm = status != 0
    if c.expected in BAD:
        detected = status == 2 or (status == 1 and worst == "warning")
        right = cause in want or (len(want) > 1 and any(i in ids for i in want))
    elif c.expected in GOOD:
        detected, right = not alarm, not alarm
    elif c.expected == "insecure":
        detected, right = not alarm, cause in want
    else:  # secure-warn
        detected, right = status in (0, 1) and any(i in ids for i in want), cause in want
    return dict(case=c, status=status, cause=cause, ids=ids, worst=worst, detected=detected,
                right=right, alarm=alarm)


def clock_preload(tmp):
    """dnssec-verify takes no date: a few lines that answer time() and clock_gettime()."""
    src = os.path.join(tmp, "when.c")
    lib = os.path.join(tmp, "when.so")
    with open(src, "w") as f:
        f.write("#include <stdlib.h>\n#include <sys/time.h>\n#include <sys/syscall.h>\n"
                "#include <time.h>\n#include <unistd.h>\n"
                "static time_t at(void) { const char *s = getenv(\"WHEN\"); return s ? atoll(s) : 0; }\n"
                "time_t time(time_t *t) { time_t v = at(); if (t) *t = v; return v; }\n"
                "int gettimeofday(struct timeval *tv, void *z) { (void)z; tv->tv_sec = at(); tv->tv_usec = 0; return 0; }\n"
                "int clock_gettime(clockid_t c, struct timespec *ts) {\n"
                "\tif (c != CLOCK_REALTIME && c != CLOCK_REALTIME_COARSE) return syscall(SYS_clock_gettime, c, ts);\n"
                "\tts->tv_sec = at(); ts->tv_nsec = 0; return 0; }\n")
    cc = os.environ.get("CC", "cc").split()[-1]
    return lib if run([cc, "-shared", "-fPIC", "-o", lib, src])[0] == 0 else None


def peer(c, name, preload):
    import calendar
    import time
    zone = os.path.join(c.dir, "zone.db")
    epoch = str(calendar.timegm(time.strptime(c.at, "%Y%m%d%H%M%S")))
    env = dict(os.environ)
    if preload:
        env.update(LD_PRELOAD=preload, WHEN=epoch)
    if name == "dnssec-verify":
        argv = ["dnssec-verify", "-o", c.origin]
        if "-z" in c.note:
            argv.append("-z")
        argv.append(zone)
    elif name == "kzonecheck":
        argv, env = ["kzonecheck", "-t", epoch, "-o", c.origin, zone], None
    elif name == "ldns-verify-zone":
        argv, env = ["ldns-verify-zone", "-t", c.at, zone], None
    else:
        argv, env = ["named-checkzone", "-i", "local", c.origin, zone], None
    status, out, err = run(argv, env)
    return status != 0


def main():
    args = [a for a in sys.argv[1:] if not a.startswith("--")]
    short, peers = "--short" in sys.argv, "--peers" in sys.argv
    data = args[0]
    todo = list(cases(data))
    with pool.ThreadPoolExecutor(2) as ex:
        rows = list(ex.map(judge, todo))
        table = {}
        names = [p for p in PEERS if peers and any(
            os.access(os.path.join(d, p), os.X_OK) for d in os.environ["PATH"].split(":"))]
        for p in PEERS:
            if peers and p not in names:
                print(f"skip {p} - not installed")
        with tempfile.TemporaryDirectory() as tmp:
            preload = clock_preload(tmp) if names else None
            for p in names:
                table[p] = list(ex.map(lambda c: peer(c, p, preload), todo))
    for k, r in enumerate(rows):
        c = r["case"]
        if not short or not (r["detected"] and r["right"]):
            mark = ("ok" if r["right"] else "WRONG") if r["detected"] else "MISSED"
            if c.expected in GOOD | {"insecure"} and r["alarm"]:
                mark = "FALSE ALARM"
            cols = "".join(f" {'alarm' if table[p][k] else 'ok':5}" for p in names)
            print(f"{c.id:44} {c.expected:11} want {','.join(c.ids):30} cause {str(r['cause']):30} "
                  f"{mark:11}{cols} [{' '.join(r['ids'][:6])}]")
    bad = [r for r in rows if r["case"].expected in BAD]
    good = [r for r in rows if r["case"].expected in GOOD]
    other = [r for r in rows if r["case"].expected not in BAD | GOOD]
    named = [r for r in bad + other]
    det = sum(r["detected"] for r in bad)
    right = sum(r["right"] for r in named)
    false = sum(r["alarm"] for r in good + other if r["case"].expected != "secure-warn")
    warned = sum(r["detected"] for r in other)
    print(f"\n{'':18} {'bad detected':>14} {'right cause':>14} {'false alarms':>14}")
    print(f"{'unbogus':18} {f'{det}/{len(bad)}':>14} {f'{right}/{len(named)}':>14} "
          f"{f'{false}/{len(good)}':>14}")
    for p in names:
        d = sum(a for a, r in zip(table[p], rows) if r["case"].expected in BAD)
        f = sum(a for a, r in zip(table[p], rows) if r["case"].expected in GOOD)
        print(f"{p:18} {f'{d}/{len(bad)}':>14} {'-':>14} {f'{f}/{len(good)}':>14}")
    fail = det < len(bad) or false or warned < len(other) or right * 100 < len(named) * 95
    return 1 if fail else 0


sys.exit(main())
