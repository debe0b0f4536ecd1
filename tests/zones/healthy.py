#!/usr/bin/env python3
"""Healthy zones of every signer and of each stage of a correct roll: none may raise an alarm.

usage: healthy.py DIR      (UNBOGUS names the program)

Prints "ok healthy/NAME - ...", "not ok ..." and "skip ..." lines. A stage of a roll must also be
recognised as one: the notes (info) that it gives are listed in WANTED.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from faults import O, SOURCE, UNBOGUS, NOW, sh, stamp  # noqa: E402

SIG = ["-s", stamp(NOW - 3600), "-e", stamp(NOW + 30 * 86400)]
bad = 0


def verdict(name, d, ds, zone="zone.db", want=None, at=None):
    global bad
    with open(os.path.join(d, "parent-ds.txt"), "w") as f:
        f.write(ds)
    argv = [UNBOGUS, "verify", os.path.join(d, zone), "--origin", O, "--keys", d,
            "--ds", os.path.join(d, "parent-ds.txt"), "--json"]
    if at:
        argv += ["--at", stamp(at)]
    p = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    try:
        j = json.loads(p.stdout)
    except ValueError:
        j = {"faults": [], "cause": p.stderr, "signatures": {"good": 0}}
    alarms = sorted({f["id"] for f in j["faults"] if f["severity"] != "info"})
    notes = sorted({f["id"] for f in j["faults"] if f["severity"] == "info"})
    words = " ".join([f["detail"] for f in j["faults"]] + j.get("notes", []))
    why = None
    if p.returncode or alarms:
        why = f"exit {p.returncode}, {alarms} cause {j['cause']}"
    elif j["signatures"]["good"] < 5:
        why = "nothing was verified"
    elif want and ((want != "note" and want not in notes) or "normal during" not in words and "normal when" not in words
                   and "normal while" not in words):
        why = f"the stage is not told: {notes} {words}"
    bad |= bool(why)
    print(f"{'not ok' if why else 'ok'} healthy/{name} - {why or 'no alarm' + (', notes ' + ' '.join(notes) if notes else '')}",
          flush=True)


def key(d, *args):
    return sh("dnssec-keygen", "-q", *args, O, cwd=d).strip()


def ds_of(d, *keys):
    return "".join(sh("dnssec-dsfromkey", "-2", "-A", k, cwd=d) for k in keys)


def sign(d, *args, now=None):
    argv = ["dnssec-signzone", "-q", "-S", "-P", "-o", O, "-f", "zone.db", *args, *SIG, "unsigned.db"]
    sh(*argv, cwd=d)


def folder(root, name):
    d = os.path.join(root, name)
    os.makedirs(d)
    with open(os.path.join(d, "unsigned.db"), "w") as f:
        f.write(SOURCE)
    return d


def bind(root):
    for name, args in (("nsec", []), ("nsec3", ["-3", "-"]), ("optout", ["-3", "-", "-A"])):
        for alg in ("13", "15", "8"):
            d = folder(root, f"bind-{name}-{alg}")
            bits = ["-b", "2048"] if alg == "8" else []
            ksk = key(d, "-a", alg, *bits, "-f", "KSK")
            key(d, "-a", alg, *bits)
            sign(d, *args)
            verdict(f"bind-{name}-{alg}", d, ds_of(d, ksk))
    d = folder(root, "bind-csk")
    csk = key(d, "-a", "13", "-f", "KSK")
    sign(d, "-z")
    verdict("bind-csk", d, ds_of(d, csk))
    d = folder(root, "bind-csk-256")
    csk = key(d, "-a", "13")
    sign(d, "-z")
    verdict("bind-csk-256", d, ds_of(d, csk))
    d = folder(root, "bind-standby")
    ksk = key(d, "-a", "13", "-f", "KSK")
    spare = key(d, "-a", "13", "-f", "KSK", "-P", "now-1d", "-A", "none")
    key(d, "-a", "13")
    sign(d)
    verdict("bind-standby-ksk", d, ds_of(d, ksk, spare), want="ds-standby-not-signing")


def rolls(root):
    # ZSK, pre-publish (RFC 6781 4.1.1.1)
    for stage, (old, new) in {
        "published": (["-A", "now-90d"], ["-P", "now-1h", "-A", "now+2d"]),
        "signing": (["-A", "now-90d", "-I", "now-1h", "-D", "now+40d"], ["-P", "now-3d", "-A", "now-2h"]),
        "both-signing": (["-A", "now-90d"], ["-P", "now-3d", "-A", "now-2h"]),
    }.items():
        d = folder(root, "zsk-" + stage)
        ksk = key(d, "-a", "13", "-f", "KSK")
        key(d, "-a", "13", "-P", "now-90d", *old)
        key(d, "-a", "13", *new)
        sign(d)
        verdict("zsk-roll-" + stage, d, ds_of(d, ksk), want="note")
    # KSK: double signature, double DS (4.1.2)
    d = folder(root, "ksk-double")
    a = key(d, "-a", "13", "-f", "KSK")
    b = key(d, "-a", "13", "-f", "KSK")
    key(d, "-a", "13")
    sign(d)
    verdict("ksk-roll-both-sign-old-ds", d, ds_of(d, a), want="note")
    verdict("ksk-roll-both-sign-both-ds", d, ds_of(d, a, b), want="note")
    verdict("ksk-roll-both-sign-new-ds", d, ds_of(d, b), want="note")
    d = folder(root, "ksk-ds-first")
    a = key(d, "-a", "13", "-f", "KSK")
    key(d, "-a", "13")
    sign(d)
    os.makedirs(os.path.join(d, "next"))
    b = key(os.path.join(d, "next"), "-a", "13", "-f", "KSK")
    verdict("ksk-roll-ds-first", d, ds_of(d, a) + ds_of(os.path.join(d, "next"), b), want="ds-stale-extra")
    # algorithm 8 to 13 (4.1.4)
    d = folder(root, "alg")
    a = key(d, "-a", "8", "-b", "2048", "-f", "KSK")
    key(d, "-a", "8", "-b", "2048")
    b = key(d, "-a", "13", "-f", "KSK")
    key(d, "-a", "13")
    sign(d)
    verdict("algorithm-roll-both-old-ds", d, ds_of(d, a), want="note")
    verdict("algorithm-roll-both-both-ds", d, ds_of(d, a, b), want="note")
    verdict("algorithm-roll-both-new-ds", d, ds_of(d, b), want="note")
    # signatures of the new algorithm first, the DNSKEY set still the old one
    d2 = folder(root, "alg-first")
    for f in os.listdir(d):
        if f.startswith("K"):
            shutil.copy(os.path.join(d, f), d2)
    with open(os.path.join(d, "zone.db")) as f:
        both = f.read()
    os.makedirs(os.path.join(d2, "old"))
    for f in os.listdir(d2):
        if "+008+" in f:
            shutil.copy(os.path.join(d2, f), os.path.join(d2, "old"))
    shutil.copy(os.path.join(d2, "unsigned.db"), os.path.join(d2, "old"))
    sh("dnssec-signzone", "-q", "-S", "-P", "-O", "full", "-o", O, "-f", "zone.db", *SIG, "unsigned.db", cwd=os.path.join(d2, "old"))
    sh("dnssec-signzone", "-q", "-S", "-P", "-O", "full", "-o", O, "-f", "both.db", *SIG, "unsigned.db", cwd=d2)
    lines = open(os.path.join(d2, "old", "zone.db")).read().split("\n")
    lines += [l for l in open(os.path.join(d2, "both.db")).read().split("\n")
              if re.search(r"\sRRSIG\s+(?!DNSKEY)\S+ 13 ", l)]
    with open(os.path.join(d2, "zone.db"), "w") as f:
        f.write("\n".join(lines) + "\n")
    verdict("algorithm-roll-signatures-first", d2, ds_of(d2, a), want="note")
    # RFC 8901 model 2: own KSK, both ZSKs
    d = folder(root, "multi")
    ka, za = key(d, "-a", "13", "-f", "KSK"), key(d, "-a", "13")
    os.makedirs(os.path.join(d, "b"))
    kb, zb = key(os.path.join(d, "b"), "-a", "13", "-f", "KSK"), key(os.path.join(d, "b"), "-a", "13")
    with open(os.path.join(d, "b", zb + ".key")) as f, open(os.path.join(d, "unsigned.db"), "a") as out:
        out.write([l for l in f if "DNSKEY" in l and not l.startswith(";")][0])
    sign(d)
    verdict("multi-signer", d, ds_of(d, ka) + ds_of(os.path.join(d, "b"), kb), want="ds-stale-extra")


def ldns(root):
    if not shutil.which("ldns-signzone"):
        print("skip healthy/ldns - no ldns-signzone")
        return
    for name, args in (("nsec", []), ("nsec3", ["-n"]), ("optout", ["-n", "-p"]), ("zonemd", ["-z", "sha512"])):
        d = folder(root, "ldns-" + name)
        ksk = sh("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", O, cwd=d).strip()
        zsk = sh("ldns-keygen", "-a", "ECDSAP256SHA256", O, cwd=d).strip()
        sh("ldns-signzone", *args, "-f", "zone.db", "-o", O, "unsigned.db", ksk, zsk, cwd=d)
        verdict("ldns-" + name, d, ds_of(d, ksk))


def knot(root):
    if not shutil.which("kzonesign") or not shutil.which("keymgr"):
        print("skip healthy/knot - no kzonesign or keymgr")
        return
    for name, policy in (("nsec", ""), ("nsec3", "    nsec3: on\n    nsec3-iterations: 0\n    nsec3-salt-length: 0\n"),
                         ("optout", "    nsec3: on\n    nsec3-opt-out: on\n    nsec3-iterations: 0\n    nsec3-salt-length: 0\n"),
                         ("csk", "    single-type-signing: on\n"), ("cds", "    cds-cdnskey-publish: always\n"),
                         ("ed25519", "    algorithm: ed25519\n")):
        d = folder(root, "knot-" + name)
        with open(os.path.join(d, "example.zone"), "w") as f:
            f.write("$ORIGIN example.\n" + SOURCE)
        with open(os.path.join(d, "knot.conf"), "w") as f:
            f.write(f"server:\n    rundir: {d}\ndatabase:\n    storage: {d}/db\npolicy:\n  - id: p\n{policy}"
                    f"template:\n  - id: default\n    storage: {d}\n    file: example.zone\n    dnssec-policy: p\n"
                    f"    dnssec-signing: on\nzone:\n  - domain: example.\n")
        os.makedirs(os.path.join(d, "out"))
        os.makedirs(os.path.join(d, "db"))
        sh("kzonesign", "-c", "knot.conf", "-o", os.path.join(d, "out"), "example.", cwd=d)
        made = [f for f in os.listdir(os.path.join(d, "out"))]
        shutil.copy(os.path.join(d, "out", made[0]), os.path.join(d, "zone.db"))
        ds = sh("keymgr", "-c", "knot.conf", "example.", "ds", cwd=d)
        ds = "\n".join(l for l in ds.split("\n") if re.search(r"DS \d+ \d+ 2 ", l)) + "\n"
        for f in os.listdir(d):
            if f.startswith("K"):
                os.unlink(os.path.join(d, f))
        verdict("knot-" + name, d, ds)


def main():
    root = sys.argv[1]
    os.makedirs(root, exist_ok=True)
    for part in (bind, rolls, ldns, knot):
        try:
            part(root)
        except (RuntimeError, OSError, IndexError) as e:
            global bad
            bad = 1
            print(f"not ok healthy/{part.__name__} - could not be made: {e}")
    return bad


if __name__ == "__main__":
    sys.exit(main())
