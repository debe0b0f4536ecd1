#!/usr/bin/env python3
"""Zones made to cost a validator minutes (KeyTrap, iterations, giant exponents, floods of
signatures): judged within seconds, and the limit that was reached is named.

usage: limits.py DIR
"""
import base64
import json
import os
import random
import struct
import subprocess
import sys
import time

UNBOGUS = os.environ.get("UNBOGUS", "./unbogus")
SLOW = float(os.environ.get("SLOW", "1"))  # under sanitizers
O = "example."
HEAD = "example. 300 IN SOA ns.example. h.example. 1 3600 600 86400 300\nexample. 300 IN NS ns.example.\n" \
       "ns.example. 300 IN A 192.0.2.1\n"
random.seed(1)


def b64(b):
    return base64.b64encode(b).decode()


def tag(rdata):
    acc = sum(b << 8 if i % 2 == 0 else b for i, b in enumerate(rdata))
    return (acc + (acc >> 16)) & 0xffff


def rsa(n, exponent=b"\x01\x00\x01", size=256):
    """N keys of one tag: octet pairs of the modulus change places, and the checksum stays."""
    mod = bytearray(random.getrandbits(8) for _ in range(size))
    mod[0] |= 0x80
    mod[-1] |= 1
    out = []
    for _ in range(n):
        pairs = [bytes(mod[i:i + 2]) for i in range(2, size - 2, 2)]
        random.shuffle(pairs)
        m = bytes(mod[:2]) + b"".join(pairs) + bytes(mod[-2:])
        pub = (bytes([len(exponent)]) if len(exponent) < 256 else b"\0" + struct.pack(">H", len(exponent))) + exponent + m
        out.append(pub)
    return out


def dnskey(pub, flags=256):
    return f"example. 300 IN DNSKEY {flags} 3 8 {b64(pub)}\n"


def rrsig(owner, covers, t, n, size=256):
    return "".join(f"{owner} 300 IN RRSIG {covers} 8 {owner.count('.')} 300 20301231000000 20200101000000 {t} "
                   f"{O} {b64(bytes(random.getrandbits(8) for _ in range(size)))}\n" for _ in range(n))


def keytrap():
    keys = rsa(60)
    t = tag(struct.pack(">HBB", 256, 3, 8) + keys[0])
    z = HEAD + "".join(dnskey(k) for k in keys) + rrsig(O, "SOA", t, 60) + rrsig(O, "DNSKEY", t, 60)
    return z + "".join(f"h{i}.example. 300 IN A 192.0.2.9\n" + rrsig(f"h{i}.example.", "A", t, 40) for i in range(60))


def iterations():
    z = HEAD + dnskey(rsa(1)[0]) + "example. 300 IN NSEC3PARAM 1 0 65535 " + "ab" * 255 + "\n"
    return z + "".join(f"{i:032x}.example. 300 IN NSEC3 1 0 65535 {'ab' * 255} {i + 1:032x} A\n"
                       for i in range(300)) + "".join(f"n{i}.example. 300 IN A 192.0.2.1\n" for i in range(3000))


def exponent():
    big = b"\xff" * 255 + b"\x01"
    keys = rsa(4, big, 512)
    t = tag(struct.pack(">HBB", 256, 3, 8) + keys[0])
    return HEAD + "".join(dnskey(k) for k in keys) + rrsig(O, "SOA", t, 30, 512)


def flood():
    t = 1
    return HEAD + dnskey(rsa(1)[0]) + rrsig(O, "NS", t, 20000, 64)


CASES = [
    ("keytrap", keytrap, {"validator-work-limits", "key-tag-collision"}, 20),
    ("nsec3-iterations", iterations, {"validator-work-limits"}, 10),
    ("rsa-exponent", exponent, {"dnskey-rsa-weak"}, 10),
    ("signature-flood", flood, {"validator-work-limits"}, 10),
]


def main():
    root, bad = sys.argv[1], 0
    os.makedirs(root, exist_ok=True)
    for name, make, want, limit in CASES:
        path = os.path.join(root, name)
        with open(path, "w") as f:
            f.write(make())
        t0 = time.process_time()
        c0 = os.times()
        try:
            p = subprocess.run([UNBOGUS, "verify", path, "--origin", O, "--at", "20260101000000", "--json"],
                               capture_output=True, text=True, timeout=limit * SLOW * 6)
            j = json.loads(p.stdout)
        except (subprocess.TimeoutExpired, ValueError) as e:
            print(f"not ok limits/{name} - {e}")
            bad = 1
            continue
        c1 = os.times()
        cpu = c1.children_user + c1.children_system - c0.children_user - c0.children_system
        ids = {f["id"] for f in j["faults"]}
        # only the first 1,000 faults are listed, the most severe first
        good = want <= ids and cpu <= limit * SLOW and p.returncode == 2
        bad |= not good
        print(f"{'ok' if good else 'not ok'} limits/{name} - {cpu:.1f} s of CPU, {sorted(want)}"
              f"{'' if good else ' wanted, got ' + str(sorted(ids)) + ' exit ' + str(p.returncode)}")
    return bad


sys.exit(main())
