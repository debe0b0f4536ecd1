#!/usr/bin/env python3
"""Kills an apply, and the recovery after it, at every system call that changes something, and lets
each of them fail (ENOSPC, EIO, EINTR, EPERM, EMFILE): crash.py TOOL WORK all|COUNT [SEED]

After each: recovery, then: the zone is the old or the new one with the key files that belong to it,
the journal's chain is whole and knows how it ended, nothing temporary is left, a second recovery
changes nothing, and no private key is in the state folder."""
import base64, hashlib, os, random, re, shutil, subprocess, sys, time

tool, work, want = sys.argv[1], sys.argv[2], sys.argv[3]
seed = int(sys.argv[4]) if len(sys.argv) > 4 else 20130515
unbogus = os.environ["UNBOGUS"]
CALLS = ["openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "unlink",
         "unlinkat", "mkdir", "fchmod", "fchown", "fsetxattr", "ftruncate"]
ERRORS = {"ENOSPC": ["openat", "write", "pwrite64", "mkdir", "ftruncate", "fsync"],
          "EIO": ["write", "pwrite64", "fsync", "fdatasync", "openat"],
          "EINTR": ["write", "openat", "fsync"],
          "EPERM": ["openat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "fchmod", "fchown", "mkdir"],
          "EMFILE": ["openat"]}
env = dict(os.environ, ASAN_OPTIONS="detect_leaks=0:handle_segv=2")


def run(verb, path, inject=None):
    cmd = [tool, verb, path]
    if inject:
        cmd = ["strace", "-qq", "-o", "/dev/null", "-e", "trace=" + inject.split(":")[0], "-e", "inject=" + inject] + cmd
    p = subprocess.run(cmd, env=env, capture_output=True, timeout=120, text=True, errors="replace")
    return p.returncode, p.stdout.strip()


def places(verb, path):
    """Call -> the numbers of those that change something, or open something of ours."""
    log = path + ".strace"
    subprocess.run(["strace", "-qq", "-o", log, "-e", "trace=" + ",".join(CALLS), tool, verb, path], env=env,
                   capture_output=True, timeout=120)
    n, take = {}, {}
    for line in open(log, errors="replace"):
        m = re.match(r"(\w+)\(", line)
        if not m or m.group(1) not in CALLS:
            continue
        n[m.group(1)] = n.get(m.group(1), 0) + 1
        if m.group(1) != "openat" or work in line or "unbogus" in line or re.search("O_CREAT|O_WRONLY|O_RDWR", line):
            take.setdefault(m.group(1), []).append(n[m.group(1)])
    return take


def cases_of(verb, take):
    out = []
    for call, numbers in sorted(take.items()):
        out += [(verb, "%s:signal=KILL:when=%d" % (call, i)) for i in numbers]
        for error, calls in ERRORS.items():
            if call in calls:
                out += [(verb, "%s:error=%s:when=%d" % (call, error, i)) for i in numbers]
    return out


def digest(path, skip=("state",)):
    h = {}
    for d, dirs, files in os.walk(path):
        dirs[:] = [x for x in dirs if x not in skip]
        for f in files:
            h[os.path.join(d, f)] = hashlib.sha256(open(os.path.join(d, f), "rb").read()).hexdigest()
    return h


def fresh(path):
    shutil.rmtree(path, ignore_errors=True)
    shutil.copytree(base, path, symlinks=True)
    # the plan and its hashes name the folder: it is always the same one


secrets = []


def learn_secrets(path):
    for f in os.listdir(path + "/keys"):
        if not f.endswith(".private"):
            continue
        for line in open(path + "/keys/" + f):
            m = re.match(r"(PrivateExponent|Prime1|Prime2|Exponent1|Exponent2|Coefficient): (.*)", line)
            if m:
                raw = base64.b64decode(m.group(2))
                for form in (m.group(2).encode()[:40], raw[4:24], raw.hex().encode()[:40], raw.hex().upper().encode()[:40]):
                    secrets.append(form)


def leak(path):
    for d, _, files in os.walk(path + "/state"):
        for f in files:
            data = open(os.path.join(d, f), "rb").read()
            if any(s in data for s in secrets):
                return os.path.join(d, f)
    return None


def journal_ok(path):
    p = subprocess.run([unbogus, "journal", "verify", "example.org", "--state", path + "/state"], env=env,
                       capture_output=True, text=True, timeout=60)
    return p.returncode == 0 or "no such" in p.stderr.lower()


def last_state(path):
    p = subprocess.run([unbogus, "journal", "export", "example.org", "--state", path + "/state"], env=env,
                       capture_output=True, text=True, timeout=60)
    for line in reversed(p.stdout.splitlines()):
        m = re.search(r'"kind":"(outcome|recovery|refused)"', line)
        if m:
            return m.group(1) + " " + re.search(r'"state":"([^"]*)"', line).group(1)
    return None


def problems(path, untouched):
    out = []
    rc, _ = run("recover", path)
    if rc not in (0, 10):
        return ["recovery failed: %d" % rc]
    _, what = run("judge", path)
    if what not in ("old", "new"):
        out.append("files: " + what)
    if what == "old":
        now = digest(path)
        for f, h in untouched.items():
            if now.get(f) != h:
                out.append("old, but %s differs" % os.path.basename(f))
    for d, _, files in os.walk(path):
        out += ["left: " + f for f in files if f.endswith(".tmp") and "unbogus-" in f]
    if not journal_ok(path):
        out.append("journal broken")
    known = last_state(path)
    if what == "new" and not (known and re.search(r"done|not verified|new", known)):
        out.append("the journal does not know that it is new: %s" % known)
    if what == "old" and known and re.search(r"outcome done|recovery new", known):
        out.append("the journal says %s, the files are old" % known)
    before = digest(path)
    rc, _ = run("recover", path)
    if rc != 10:
        out.append("a second recovery found something: %d" % rc)
    if digest(path) != before:
        out.append("a second recovery changed files")
    if leak(path):
        out.append("key material in " + leak(path))
    return out


place = work + "/place"
base = work + "/base"
shutil.rmtree(work, ignore_errors=True)
os.makedirs(work)
run("make", place)
shutil.copytree(place, base)
untouched = digest(place)
learn_secrets(place)
# left alone it must get to its end, or every place below would be one before any change
undisturbed = run("apply", place)[0], run("judge", place)[1]
if undisturbed != (0, "new"):
    print("not ok crash - an apply that nothing disturbs ends with %d, and the files are %s" % undisturbed)
    sys.exit(1)
fresh(place)
in_apply = places("apply", place)
learn_secrets(place)

# a run cut off right before its last swap (the zone's), and right after it: what recovery has to do
cases = cases_of("apply", in_apply)
swap = in_apply["renameat"][-1]
after = [n for n in in_apply["fsync"]][-1]
for at in ("renameat:signal=KILL:when=%d" % swap, "fsync:signal=KILL:when=%d" % after):
    fresh(place)
    run("apply", place, at)
    cases += cases_of("recover after " + at, places("recover", place))
total = len(cases)
if want != "all":
    random.seed(seed)
    cases = random.sample(cases, min(int(want), total))
seen, bad = {}, 0
for verb, inject in cases:
    fresh(place)
    if verb == "apply":
        rc, _ = run("apply", place, inject)
    else:
        run("apply", place, verb.split("after ")[1])
        rc, _ = run("recover", place, inject)
    out = problems(place, untouched)
    _, what = run("judge", place)
    seen[what] = seen.get(what, 0) + 1
    if out:
        bad += 1
        print("# %s, %s (rc %d): %s" % (verb, inject, rc, "; ".join(out)), flush=True)
# two recoveries at once: one has seen what was cut off and comes to the lock when the other has ended it
fresh(place)
run("apply", place, "renameat:signal=KILL:when=%d" % swap)
late = subprocess.Popen(["strace", "-qq", "-o", "/dev/null", "-P", place + "/zone/.example.org.unbogus-lock", "-e", "trace=openat",
                         "-e", "inject=openat:delay_enter=3000000:when=1", tool, "recover", place], env=env)
time.sleep(1)
both = run("recover", place)[0], late.wait(60)
if both != (0, 10):
    bad += 1
    print("# of two recoveries at once one ends the run (0), the other finds nothing (10): %s, %s" % both)

# runs that go back by themselves: their signer wrote half a zone in place, the server cannot load the new one
for mode, end in (("in-place", 5), ("broken", 5)):
    env["CRASH_MODE"] = os.environ["CRASH_MODE"] = mode
    shutil.rmtree(place)
    shutil.rmtree(base)
    run("make", place)
    shutil.copytree(place, base)
    untouched = digest(place)
    secrets.clear()
    learn_secrets(place)
    undisturbed = run("apply", place)[0], run("judge", place)[1], problems(place, untouched)
    if undisturbed != (end, "old", []):
        bad += 1
        print("# %s: an apply that nothing disturbs ends with %s" % (mode, undisturbed))
    fresh(place)
    going_back = [c for c in cases_of("apply", places("apply", place)) if re.match("(rename|renameat|unlink|write|openat):signal", c[1])]
    total += len(going_back)
    way_back = [c[1] for c in going_back if c[1].startswith("renameat:")][-3:] # the zone, then a key's two files
    if want != "all": # the last ones are those of the way back
        going_back = [c for c in going_back if c[1].startswith(("renameat:", "unlink:"))][-8:] + random.sample(going_back, 6)
    cases += going_back
    for verb, inject in going_back:
        fresh(place)
        rc, _ = run("apply", place, inject)
        out = problems(place, untouched)
        _, what = run("judge", place)
        seen[what] = seen.get(what, 0) + 1
        if what == "new" and (mode == "in-place" or inject in way_back):
            out.append("new, " + ("and nobody has verified it" if mode == "in-place" else "though the rollback had begun"))
        if out:
            bad += 1
            print("# %s, %s (rc %d): %s" % (mode, inject, rc, "; ".join(out)), flush=True)
print("# %d of %d places (seed %d): %s" % (len(cases), total, seed, ", ".join("%d %s" % (v, k) for k, v in sorted(seen.items()))))
print("%s crash - killed or failed at %d of %d system calls: old or new, journal knows, nothing left, no key leaked"
      % ("not ok" if bad else "ok", len(cases), total))
sys.exit(1 if bad else 0)
