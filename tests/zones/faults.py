#!/usr/bin/env python3
"""Zones made by real signers, broken as operators break them: each fault by its id of the catalogue.

usage: faults.py DIR [ID...]      (UNBOGUS names the program; DIR is made and filled)

For every case: the healthy twin gives no alarm, the broken zone gives the id as its cause, and the
fix (sign again from the source with the kept keys, put the kept DS back) is applied and clears it.
Prints "ok faults/ID", "not ok faults/ID - why" lines.
To add a case: a function that takes the lines of the signed zone and gives back the broken ones,
and a row in CASES. Lines are whole records: owner, TTL, IN, type, RDATA.
"""
import base64
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import time

UNBOGUS = os.environ.get("UNBOGUS", "./unbogus")
NOW = int(time.time())
O = "example."
SOURCE = """$TTL 300
@ 300 SOA ns hostmaster 10 3600 600 86400 300
@ NS ns
@ MX 10 www
ns A 192.0.2.1
www A 192.0.2.2
www AAAA 2001:db8::2
a.ent TXT "x"
*.w MX 5 www
alias CNAME www
away DNAME example.net.
sub NS ns.sub
ns.sub A 192.0.2.3
sec NS ns.sec
ns.sec A 192.0.2.4
sec DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000
"""


def sh(*argv, **kw):
    p = subprocess.run(argv, capture_output=True, text=True, timeout=60, **kw)
    if p.returncode:
        raise RuntimeError(f"{' '.join(argv)}: {p.stdout} {p.stderr}")
    return p.stdout


def stamp(t):
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(t))


class Kit:
    """Keys, source and a signed zone in a folder; made once, copied a case."""

    def __init__(self, root, name, sign=(), algs=(13,), source=SOURCE, ksk=(), cds=False, signer="bind"):
        self.dir, self.name, self.sign_args, self.signer = os.path.join(root, "kit-" + name), name, list(sign), signer
        os.makedirs(self.dir)
        self.source = source
        for a in algs:
            extra = ["-b", "1024"] if a in (5, 7, 8) else []
            kt = ["-f", "KSK"] + list(ksk)
            if cds:
                kt += ["-P", "sync", "now-1d"]
            sh("dnssec-keygen", "-q", "-a", str(a), *(["-b", "2048"] if extra else []), *kt, O, cwd=self.dir)
            sh("dnssec-keygen", "-q", "-a", str(a), *extra, O, cwd=self.dir)
        with open(os.path.join(self.dir, "unsigned.db"), "w") as f:
            f.write(source)
        self.ds = self.make_ds(self.dir)
        self.lines = self.sign(self.dir)
        self.write(self.dir, self.lines, self.ds)

    def keys(self, d=None):
        d = d or self.dir
        return sorted(os.path.join(d, f) for f in os.listdir(d) if f.startswith("K") and f.endswith(".key"))

    def key(self, flags, alg=None, d=None):
        for k in self.keys(d):
            if re.search(rf"DNSKEY {flags} 3 {alg or ''}", open(k).read()):
                return k
        raise RuntimeError("no such key")

    def make_ds(self, d, digest="-2"):
        return "".join(sh("dnssec-dsfromkey", digest, os.path.basename(k), cwd=d)
                       for k in self.keys(d) if re.search(r"\s257\s", open(k).read()))

    def sign(self, d, args=None, source="unsigned.db"):
        args = self.sign_args if args is None else args
        if self.signer == "ldns":
            sh("ldns-signzone", "-f", "signed", "-o", O, *args, source,
               *[k[:-4] for k in self.keys(d)], cwd=d)
        else:
            sh("dnssec-signzone", "-q", "-S", "-P", "-O", "full", "-o", O, "-f", "signed", *args, source, cwd=d)
        with open(os.path.join(d, "signed")) as f:
            return [l for l in f.read().split("\n") if l and not l.startswith(";")]

    def write(self, d, lines, ds):
        with open(os.path.join(d, "zone.db"), "w") as f:
            f.write("\n".join(lines) + "\n")
        with open(os.path.join(d, "parent-ds.txt"), "w") as f:
            f.write(ds)


# ---- editing lines ----

def rec(line):
    m = re.match(r"(\S+)\s+(\d+)\s+IN\s+(\S+)\s+(.*)", line)
    return [m.group(1), m.group(2), m.group(3), m.group(4)] if m else ["", "", "", line]


def out(r):
    return f"{r[0]}\t{r[1]}\tIN\t{r[2]}\t{r[3]}"


def is_(r, owner=None, type_=None, covers=None):
    return (owner is None or r[0] == owner) and (type_ is None or r[2] == type_) and \
        (covers is None or (r[2] == "RRSIG" and r[3].split()[0] == covers))


def drop(**k):
    return lambda kit, d, L: [l for l in L if not is_(rec(l), **k)]


def change(fn, first=False, **k):
    def edit(kit, d, L):
        done, res = False, []
        for l in L:
            r = rec(l)
            if is_(r, **k) and not (first and done):
                r2 = fn(list(r))
                if r2 is not None:
                    l, done = out(r2), True
            res.append(l)
        if not done:
            raise RuntimeError("nothing to edit")
        return res
    return edit


def field(i, v):
    def fn(r):
        f = r[3].split()
        f[i] = v(f[i]) if callable(v) else v
        r[3] = " ".join(f)
        return r
    return fn


def flip(b64, at=20):
    b = bytearray(base64.b64decode(b64.replace(" ", "")))
    b[at] ^= 0xff
    return base64.b64encode(bytes(b)).decode()


def badsig(r):
    f = r[3].split()
    r[3] = " ".join(f[:8] + [flip("".join(f[8:]))])
    return r


def key_edit(flags, fn):
    def g(r):
        f = r[3].split()
        if f[0] != str(flags):
            return None
        f = fn(f[:3] + ["".join(f[3:])])
        r[3] = " ".join(f)
        return r
    return change(g, owner=O, type_="DNSKEY")


def add(*lines):
    return lambda kit, d, L: L + list(lines)


def both(*fs):
    def edit(kit, d, L):
        for f in fs:
            L = f(kit, d, L)
        return L
    return edit


def signed_with(*args, source=None, keys=None):
    """Broken by signing so: other arguments, another source, retimed keys."""
    def edit(kit, d, L):
        if keys:
            keys(kit, d)
        if source:
            with open(os.path.join(d, "other.db"), "w") as f:
                f.write(source)
        return kit.sign(d, list(args) if args else None, "other.db" if source else "unsigned.db")
    return edit


def ds_edit(fn):
    def edit(kit, d, L):
        p = os.path.join(d, "parent-ds.txt")
        s = open(p).read()
        with open(p, "w") as f:
            f.write(fn(kit, d, s))
        return L
    return edit


def dsfield(i, v):
    def fn(kit, d, s):
        f = s.split("\n")[0].split()
        at = f.index("DS") + 1 + i
        f[at] = v(f[at]) if callable(v) else v
        return " ".join(f) + "\n"
    return fn


def settime(flags, *args):
    def fn(kit, d):
        k = os.path.basename(kit.key(flags, d=d))
        sh("dnssec-settime", *args, k, cwd=d)
    return fn


def nsec_of(L):
    return [rec(l) for l in L if rec(l)[2] == "NSEC"]


def tag_of(path):
    return str(int(os.path.basename(path).split("+")[2][:-4]))


def without_sig_of(flags, covers):
    def edit(kit, d, L):
        tag = tag_of(kit.key(flags))
        return [l for l in L if not (is_(rec(l), covers=covers) and rec(l)[3].split()[6] == tag)]
    return edit


def copy_sig(owner, covers, new):
    """A signature filed under another type: what is left when a record was taken out by hand."""
    def edit(kit, d, L):
        for l in L:
            r = rec(l)
            if is_(r, owner=owner, covers=covers):
                f = r[3].split()
                f[0] = new
                return L + [out([r[0], r[1], "RRSIG", " ".join(f)])]
        raise RuntimeError("nothing to copy")
    return edit


def without_key(flags):
    return lambda kit, d, L: [l for l in L if not (is_(rec(l), O, "DNSKEY") and rec(l)[3].startswith(str(flags)))]


def no_key_files(kit, d, L):
    for k in kit.keys(d):
        os.unlink(k)
    return L


def other_key_ds(kit, d, s):
    os.makedirs(os.path.join(d, "other"))
    sh("dnssec-keygen", "-q", "-a", "13", "-f", "KSK", O, cwd=os.path.join(d, "other"))
    return kit.make_ds(os.path.join(d, "other"))


def nsec3_swap(L):
    """The first NSEC3's owner replaced by another hash."""
    owner = [rec(l)[0] for l in L if rec(l)[2] == "NSEC3"][1]
    label = owner.split(".")[0]
    new = ("0" if label[0] != "0" else "1") + label[1:-1] + ("a" if label[-1] != "a" else "b")
    return [l.replace(owner, new + owner[len(label):], 1) if rec(l)[0] == owner else l for l in L]


def first_nsec3(L):
    return [rec(l)[0] for l in L if rec(l)[2] == "NSEC3"][0]


def name_hash(kit, d, name, iterations="0", salt="-"):
    return sh("nsec3hash", salt, "1", iterations, name).split()[0].upper() + "." + O


def drop_nsec3(name):
    def edit(kit, d, L):
        owner = name_hash(kit, d, name)
        res = [l for l in L if rec(l)[0].lower() != owner.lower()]
        if len(res) == len(L):
            raise RuntimeError("no NSEC3 of " + name)
        return res
    return edit


def plain(*drop_types):
    """The unsigned source as the served zone."""
    def edit(kit, d, L):
        return kit.source.replace("@ ", O + " ").split("\n")
    return edit


W = "www.example."
SIGARGS = ["-s", stamp(NOW - 3600), "-e", stamp(NOW + 30 * 86400)]
N3 = ["-3", "-"] + SIGARGS
CDS_DEL = SOURCE + "@ CDS 0 0 0 00\n"

# id, kit, edit, options: at (offset in seconds), cause (when it is another), fix ("none": not ours)
CASES = [
    ("zone-unsigned", "nsec", both(plain(), ds_edit(lambda *a: "")), {}),
    ("ds-on-unsigned-zone", "nsec", plain(), {}),
    ("zone-syntax", "nsec", change(lambda r: r[:3] + ["192.0.2.300"], owner=W, type_="A"), {}),
    ("soa-missing", "nsec", drop(owner=O, type_="SOA"), {}),
    ("soa-multiple", "nsec", add("example. 300 IN SOA ns.example. h.example. 11 1 1 1 1"), {}),
    ("ds-at-apex", "nsec", add("example. 300 IN DS 1 13 2 " + "00" * 32), {}),
    ("dnskey-missing", "nsec", drop(owner=O, type_="DNSKEY"), {}),
    ("dnskey-zone-bit-unset", "nsec", key_edit(256, lambda f: ["0"] + f[1:]), {}),
    ("dnskey-zone-bit-unset", "nsec", key_edit(257, lambda f: ["1"] + f[1:]), {}),
    ("dnskey-bad-protocol", "nsec", key_edit(256, lambda f: [f[0], "4"] + f[2:]), {}),
    ("dnskey-alg-unsupported", "nsec", key_edit(256, lambda f: f[:2] + ["200"] + f[3:]), {}),
    ("dnskey-alg-wrong", "rsa", key_edit(256, lambda f: f[:2] + ["10"] + f[3:]), {}),
    ("dnskey-alg-wrong", "rsa", key_edit(257, lambda f: f[:2] + ["10"] + f[3:]), {}),
    ("dnskey-bad-length", "nsec", key_edit(256, lambda f: f[:3] + [base64.b64encode(base64.b64decode(f[3])[:-6]).decode()]), {}),
    ("dnskey-corrupt", "nsec", key_edit(256, lambda f: f[:3] + [flip(f[3])]), {}),
    ("dnskey-corrupt", "rsa", key_edit(256, lambda f: f[:3] + [flip(f[3], 40)]), {}),
    ("dnskey-corrupt", "rsa", key_edit(257, lambda f: f[:3] + [flip(f[3], 40)]), {}),
    ("dnskey-ksk-missing", "nsec", without_key(257), {}),
    ("dnskey-zsk-missing", "nsec", without_key(256), {}),
    ("dnskey-zsk-missing", "rsa", both(no_key_files, without_key(256)), {}),
    ("dnskey-revoked-in-use", "nsec", key_edit(257, lambda f: ["385"] + f[1:]), {}),
    ("dnskey-unsigned", "nsec", drop(owner=O, covers="DNSKEY"), {}),
    ("dnskey-rrsig-invalid", "nsec", change(badsig, owner=O, covers="DNSKEY"), {}),
    ("dnskey-not-signed-by-sep", "nsec", without_sig_of(257, "DNSKEY"), {}),
    ("ds-tag-mismatch", "nsec", ds_edit(dsfield(0, lambda t: str(int(t) ^ 1))), {}),
    ("ds-alg-mismatch", "nsec", ds_edit(dsfield(1, "8")), {}),
    ("ds-digest-mismatch", "nsec", ds_edit(dsfield(3, lambda h: ("0" if h[0] != "0" else "1") + h[1:])), {}),
    ("ds-no-matching-dnskey", "nsec", ds_edit(other_key_ds), {}),
    ("ds-stale-extra", "nsec", ds_edit(lambda kit, d, s: s + other_key_ds(kit, d, s)), {}),
    ("ds-digest-unsupported", "nsec", ds_edit(dsfield(2, "100")), {}),
    ("ds-alg-unsupported", "nsec", ds_edit(dsfield(1, "100")), {}),
    ("ds-digest-deprecated", "nsec", ds_edit(lambda kit, d, s: kit.make_ds(d, "-1")), {}),
    ("ds-missing", "nsec", ds_edit(lambda *a: ""), {}),
    ("ds-points-to-zsk", "nsec", ds_edit(lambda kit, d, s: s + sh(
        "dnssec-dsfromkey", "-2", "-A", os.path.basename(kit.key(256, d=d)), cwd=d)), {}),
    ("rrsig-expired", "nsec", lambda *a: a[2], {"at": 31 * 86400, "now": True}),
    ("rrsig-expired-dnskey", "nsec", signed_with(*SIGARGS, "-X", stamp(NOW + 5 * 86400)), {"at": 6 * 86400, "now": True}),
    ("rrsig-expired-partial", "nsec", change(field(4, stamp(NOW - 60)), owner=W, covers="A"), {}),
    ("rrsig-not-yet-valid", "nsec", lambda *a: a[2], {"at": -7200, "now": True}),
    ("rrsig-not-yet-valid", "nsec", change(field(5, stamp(NOW + 86400)), owner=W, covers="A"), {}),
    ("rrsig-expire-before-inception", "nsec", change(field(4, stamp(NOW - 86400)), owner=W, covers="A"), {}),
    ("rrsig-wrong-signer", "nsec", change(field(7, "example.net."), owner=W, covers="A"), {}),
    ("rrsig-alg-mismatch", "nsec", change(field(1, "14"), owner=W, covers="A"), {}),
    ("rrsig-over-rrsig", "nsec", copy_sig(W, "A", "RRSIG"), {}),
    ("rrsig-labels", "nsec", change(field(2, "4"), owner=W, covers="A"), {}),
    ("rrsig-bad-length", "nsec", change(lambda r: r[:3] + [" ".join(r[3].split()[:8] + ["AAAAAAAA"])], owner=W, covers="A"), {}),
    ("rrsig-orig-ttl", "nsec", change(lambda r: [r[0], "9000"] + r[2:], owner=W, type_="A"), {}),
    ("rrsig-orphan-type", "nsec", copy_sig(W, "A", "TXT"), {}),
    ("rrsig-ttl-mismatch", "nsec", change(lambda r: [r[0], "60"] + r[2:], owner=W, covers="A"), {}),
    ("rrsig-unknown-key", "nsec", change(field(6, lambda t: str(int(t) ^ 1)), owner=W, covers="A"), {}),
    ("rrsig-missing", "nsec", drop(owner=W, covers="A"), {}),
    ("rrsig-invalid", "nsec", change(lambda r: r[:3] + ["192.0.2.99"], owner=W, type_="A"), {}),
    ("rrsig-invalid", "nsec", change(badsig, owner=W, covers="A"), {}),
    ("rrsig-expiring-soon", "nsec", lambda *a: a[2], {"at": 30 * 86400 - 310 + 60, "now": True, "cause": ("rrsig-expiring-soon", "rrsig-clock-skew-margin")}),
    ("rrsig-clock-skew-margin", "nsec", lambda *a: a[2], {"at": 30 * 86400 - 60, "now": True}),
    ("rrsig-validity-too-long", "nsec", signed_with("-s", stamp(NOW - 3600), "-e", stamp(NOW + 400 * 86400)), {}),
    ("sig-validity-shorter-than-cycle", "nsec", signed_with("-s", stamp(NOW - 3600), "-e", stamp(NOW + 7200)), {}),
    ("algorithm-incomplete", "two", lambda kit, d, L: [l for l in L if not (
        rec(l)[2] == "RRSIG" and rec(l)[3].split()[1] == "8" and rec(l)[3].split()[0] == "A")], {}),
    ("nsec-missing", "nsec", both(drop(owner=W, type_="NSEC"), drop(owner=W, covers="NSEC")), {}),
    ("nsec-chain-broken", "nsec", change(field(0, "zzz.example."), owner="ns.example.", type_="NSEC"), {}),
    ("nsec-bitmap-wrong", "nsec", change(lambda r: r[:3] + [r[3].replace(" AAAA", "")], owner=W, type_="NSEC"), {}),
    ("nsec-last-next-not-apex", "nsec", change(field(0, "a.example."), owner=W, type_="NSEC"), {}),
    ("nsec-extra", "nsec", add("ns.sub.example. 300 IN NSEC www.example. A RRSIG NSEC"), {}),
    ("nsec-multiple", "nsec", add("www.example. 300 IN NSEC www.example. A RRSIG NSEC"), {}),
    ("nsec-rrsig-missing-or-bad", "nsec", drop(owner=W, covers="NSEC"), {}),
    ("nsec-rrsig-missing-or-bad", "nsec", change(badsig, owner=W, covers="NSEC"), {}),
    ("nsec3-missing", "nsec3", drop_nsec3("www.example."), {}),
    ("nsec3-missing", "nsec3", drop_nsec3("ent.example."), {}),
    ("nsec3-missing", "nsec3", drop_nsec3("sub.example."), {}),
    ("nsec3-extra", "nsec3", add("0" * 31 + "1.example. 300 IN NSEC3 1 0 0 - " + "0" * 31 + "2 A RRSIG"), {"among": True}),
    ("nsec3-chain-broken", "nsec3", change(field(4, "0" * 32), first=True, type_="NSEC3"), {}),
    ("nsec3-bad-owner", "nsec3", lambda kit, d, L: nsec3_swap(L), {}),
    ("nsec3-bad-owner", "nsec3", lambda kit, d, L: [l.replace(first_nsec3(L), "nohash.example.", 1)
        if rec(l)[0] == first_nsec3(L) else l for l in L], {}),
    ("nsec3-bitmap-wrong", "nsec3", change(lambda r: r[:3] + [r[3] + " TXT"], first=True, type_="NSEC3"), {}),
    ("nsec3-optout-wrong", "optout", change(field(1, "0"), type_="NSEC3"), {"cause": ("nsec3-optout-wrong", "nsec3-missing")}),
    ("nsec3-iterations", "nsec3", signed_with(*N3, "-H", "100"), {}),
    ("nsec3-salt", "nsec3", signed_with("-3", "beef", *SIGARGS), {}),
    ("nsec3-hash-unsupported", "nsec3", both(change(field(0, "6"), type_="NSEC3"), change(field(0, "6"), type_="NSEC3PARAM")), {}),
    ("nsec3-rrsig-missing", "nsec3", drop(covers="NSEC3"), {}),
    ("nsec3-rrsig-invalid", "nsec3", change(badsig, covers="NSEC3"), {}),
    ("nsec3param-missing", "nsec3", both(drop(type_="NSEC3PARAM"), drop(covers="NSEC3PARAM")), {}),
    ("nsec3param-mismatch", "nsec3", change(field(3, "abcd"), type_="NSEC3PARAM"), {}),
    ("nsec3param-invalid", "nsec3", change(field(1, "1"), type_="NSEC3PARAM"), {}),
    ("nsec-nsec3-mixed", "nsec3", lambda kit, d, L: L + [l for l in kit.sign(d, SIGARGS)
        if rec(l)[2] == "NSEC" or is_(rec(l), covers="NSEC")], {}),
    ("validator-work-limits", "nsec3", lambda kit, d, L: [re.sub(r"(NSEC3(PARAM)?\t1 \d) 0 ", r"\1 2500 ", l) for l in L], {"among": True}),
    ("signer-nsec3-with-nseconly-alg", "nsec3", key_edit(256, lambda f: f[:2] + ["5"] + f[3:]), {"among": True}),
    ("cds-delete-invalid", "nsec", signed_with(*SIGARGS, source=CDS_DEL + "@ CDS 1 13 2 " + "00" * 32 + "\n"), {}),
    ("cds-no-matching-dnskey", "nsec", signed_with(*SIGARGS, source=SOURCE + "@ CDS 1 13 2 " + "00" * 32 + "\n"), {}),
    ("cds-cdnskey-mismatch", "cds", both(drop(type_="CDS"), drop(covers="CDS")), {"among": True}),
    ("cds-signer-wrong", "cds", both(without_sig_of(257, "CDS"), without_sig_of(257, "CDNSKEY"),
        lambda kit, d, L: L), {}),
    ("cds-delete-accidental", "nsec", signed_with(*SIGARGS, source=CDS_DEL), {}),
    ("cname-and-other-data", "nsec", add("alias.example. 300 IN TXT x"), {"among": True}),
    ("dname-children", "nsec", add("x.away.example. 300 IN TXT x"), {}),
    ("dname-children", "nsec", add("away.example. 300 IN DNAME example.org."), {"among": True}),
    ("dnskey-not-at-apex", "nsec", add("sec.example. 300 IN DNSKEY 256 3 13 " + base64.b64encode(b"x" * 64).decode()), {}),
    ("glue-missing", "nsec", drop(owner="ns.sub.example.", type_="A"), {}),
    ("ns-mismatch", "nsec", both(drop(owner=O, type_="NS"), drop(owner=O, covers="NS")), {"among": True}),
    ("source-ahead-of-served", "nsec", lambda kit, d, L: (open(os.path.join(d, "unsigned.db"), "w").write(
        SOURCE.replace(" 10 3600", " 11 3600")), L)[1], {}),
    ("revoked-not-signing", "revoked", lambda kit, d, L: [l for l in L if not (
        is_(rec(l), covers="DNSKEY") and rec(l)[3].split()[6] == kit.revoked_tag)], {}),
    ("dnskey-sep-unset", "csk256", lambda *a: a[2], {"info_twin": True}),
    ("ds-standby-not-signing", "standby", lambda *a: a[2], {"info_twin": True}),
    ("dnskey-rsa-weak", "rsa", lambda kit, d, L: weak(kit, d), {"kit_ds": True}),
    ("dnskey-alg-deprecated", "rsa", lambda kit, d, L: deprecated(kit, d), {"kit_ds": True}),
    ("zonemd-mismatch", "zonemd", change(lambda r: r[:3] + [r[3][:-4] + ("0000" if r[3][-4:] != "0000" else "1111")],
        owner=O, type_="ZONEMD"), {"among": True}),
    ("key-tag-collision", "nsec", lambda kit, d, L: collision(kit, d, L), {"among": True}),
]


def weak(kit, d):
    """ldns still makes the keys that BIND refuses to make."""
    for k in kit.keys(d):
        os.unlink(k)
        os.unlink(k[:-4] + ".private")
    ksk = sh("ldns-keygen", "-a", "RSASHA256", "-b", "2048", "-k", O, cwd=d).strip()
    zsk = sh("ldns-keygen", "-a", "RSASHA256", "-b", "512", O, cwd=d).strip()
    sh("ldns-signzone", "-f", "signed", "-o", O, "unsigned.db", ksk, zsk, cwd=d)
    return new_ds(kit, d)


def deprecated(kit, d):
    for k in kit.keys(d):
        os.unlink(k)
        os.unlink(k[:-4] + ".private")
    ksk = sh("ldns-keygen", "-a", "RSASHA1-NSEC3-SHA1", "-b", "2048", "-k", O, cwd=d).strip()
    zsk = sh("ldns-keygen", "-a", "RSASHA1-NSEC3-SHA1", "-b", "1024", O, cwd=d).strip()
    sh("ldns-signzone", "-f", "signed", "-o", O, "unsigned.db", ksk, zsk, cwd=d)
    return new_ds(kit, d)


def new_ds(kit, d):
    with open(os.path.join(d, "parent-ds.txt"), "w") as f:
        f.write(kit.make_ds(d))
    with open(os.path.join(d, "signed")) as f:
        return [l for l in f.read().split("\n") if l and not l.startswith(";")]


def collision(kit, d, L):
    """A second key of the same tag: RFC 4034's checksum does not see two octet pairs swapped."""
    zsk = [rec(l) for l in L if is_(rec(l), O, "DNSKEY") and rec(l)[3].startswith("256")][0]
    f = zsk[3].split()
    b = bytearray(base64.b64decode("".join(f[3:])))
    b[0:2], b[2:4] = b[2:4], b[0:2]
    return L + [out([O, zsk[1], "DNSKEY", " ".join(f[:3] + [base64.b64encode(bytes(b)).decode()])])]


def kits(root, want):
    made = {}

    def kit(name):
        if name in made:
            return made[name]
        if name == "nsec":
            k = Kit(root, name, SIGARGS)
        elif name == "nsec3":
            k = Kit(root, name, N3)
        elif name == "optout":
            k = Kit(root, name, N3 + ["-A"])
        elif name == "rsa":
            k = Kit(root, name, SIGARGS, algs=(8,))
        elif name == "two":
            k = Kit(root, name, SIGARGS, algs=(8, 13))
        elif name == "cds":
            k = Kit(root, name, SIGARGS, cds=True)
        elif name == "zonemd":
            k = Kit(root, name, ["-z", "sha384"], signer="ldns")
        elif name == "revoked":
            k = Kit(root, name, SIGARGS)
            old = sh("dnssec-keygen", "-q", "-a", "13", "-f", "KSK", O, cwd=k.dir).strip()
            new = os.path.basename(sh("dnssec-revoke", old, cwd=k.dir).strip())
            k.revoked_tag = str(int(new.split("+")[2].split(".")[0]))
            for f in os.listdir(k.dir):
                if f.startswith(old + "."):
                    os.unlink(os.path.join(k.dir, f))
            k.lines = k.sign(k.dir)
            k.write(k.dir, k.lines, k.ds)
        elif name == "csk256":
            k = Kit.__new__(Kit)
            k.dir, k.name, k.sign_args, k.signer, k.source = os.path.join(root, "kit-csk256"), name, ["-z"] + SIGARGS, "bind", SOURCE
            os.makedirs(k.dir)
            sh("dnssec-keygen", "-q", "-a", "13", O, cwd=k.dir)
            with open(os.path.join(k.dir, "unsigned.db"), "w") as f:
                f.write(SOURCE)
            k.ds = sh("dnssec-dsfromkey", "-2", "-A", os.path.basename(k.keys()[0]), cwd=k.dir)
            k.lines = k.sign(k.dir)
            k.write(k.dir, k.lines, k.ds)
        elif name == "standby":
            k = Kit(root, name, SIGARGS)
            sh("dnssec-keygen", "-q", "-a", "13", "-f", "KSK", "-P", "now-1d", "-A", "none", O, cwd=k.dir)
            k.ds = k.make_ds(k.dir)
            k.lines = k.sign(k.dir)
            k.write(k.dir, k.lines, k.ds)
        made[name] = k
        return k
    return kit


def verify(d, at=None, signed=True):
    argv = [UNBOGUS, "verify", "--tree", d, "--origin", O, "--json"]
    if at is not None:
        argv += ["--at", stamp(at)]
    p = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    try:
        return p.returncode, json.loads(p.stdout)
    except ValueError:
        return p.returncode, {"cause": None, "faults": [], "error": p.stderr}


def ids(j):
    seen = []
    for f in j["faults"]:
        if f["id"] not in seen:
            seen.append(f["id"])
    return seen


def run_case(root, n, kit, id_, edit, opt):
    d = os.path.join(root, f"{n:03}-{id_}")
    shutil.copytree(kit.dir, d)
    status, j = verify(d)
    worst = [f["severity"] for f in j["faults"] if f["severity"] != "info"]
    if status != 0 or worst:
        return f"the healthy twin gives {j['cause']} exit {status} {ids(j)} {j.get('error', '')}"
    lines = edit(kit, d, list(kit.lines))
    with open(os.path.join(d, "zone.db"), "w") as f:
        f.write("\n".join(lines) + "\n")
    at = NOW + opt["at"] if "at" in opt else None
    status, j = verify(d, at)
    want = opt.get("cause", id_)
    want = want if isinstance(want, tuple) else (want,)
    found = j["cause"] in want or (opt.get("among") and any(i in ids(j) for i in want))
    if not found:
        return f"cause {j['cause']} exit {status} faults {ids(j)} {j.get('error', '')}"
    if opt.get("info_twin"):
        return None
    # The fix: the kept keys and DS back where they are ours, and signed again.
    shutil.rmtree(d)
    shutil.copytree(kit.dir, d)
    args = None
    if "at" in opt:
        args = ["-s", stamp(NOW + opt["at"] - 3600), "-e", stamp(NOW + opt["at"] + 30 * 86400)]
    kit.write(d, kit.sign(d, args), kit.ds)
    status, j = verify(d, at)
    if status != 0:
        return f"signed again it still gives {j['cause']} {ids(j)}"
    return None


def main():
    root = sys.argv[1]
    only = sys.argv[2:]
    os.makedirs(root, exist_ok=True)
    kit = kits(root, only)
    bad = 0

    def one(todo):
        n, (id_, kname, edit, opt) = todo
        try:
            return id_, run_case(root, n, kit(kname), id_, edit, opt)
        except (RuntimeError, OSError, IndexError, ValueError) as e:
            return id_, f"could not be made: {e}"

    todo = [t for t in enumerate(CASES) if not only or t[1][0] in only]
    for kname in sorted({c[1] for _, c in todo}):
        kit(kname)
    with concurrent.futures.ThreadPoolExecutor(2) as ex:
        results = list(ex.map(one, todo))
    for id_, why in results:
        if why:
            bad = 1
            print(f"not ok faults/{id_} - {why}", flush=True)
        else:
            print(f"ok faults/{id_} - broken, named, fixed and clear", flush=True)
    return bad


if __name__ == "__main__":
    sys.exit(main())
