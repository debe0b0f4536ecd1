"""Sequences of steps on real zones, and what `unbogus worlds` said of them.

predict.py zones DIR VT-KSK VT-ZSK        keys and every version of every zone, below DIR
predict.py run DIR UNBOGUS PORT WARM COLD takes the steps, asks each second, compares
"""
import json, os, shutil, socket, struct, subprocess, sys, threading, time

DS_TTL, KEY_TTL, DATA_TTL, LONG = 6, 5, 4, 60
# When the steps are taken, seconds from the beginning: further apart than DS_TTL + KEY_TTL.
STEPS = (5, 21)
END = 36

# (published, sign the DNSKEY set, sign data), or None: unsigned; and the DS set: one of each for the
# beginning and for each step. To add a sequence: a row.
ONE = ("k1 z1", "k1", "z1")
BOTH_K = ("k1 k2 z1", "k1 k2", "z1")
TWO_Z = ("k1 z1 z2", "k1", "z1")
SEQUENCES = {
    # name: (versions, DS sets, key TTL, who may fail: "" nobody, "warm", "all" for some time)
    "extend-zsk": ((ONE, ONE, ONE), ("k1", "k1", "k1"), KEY_TTL, ""),
    "swap-zsk": ((ONE, ("k1 z2", "k1", "z2"), ("k1 z2", "k1", "z2")), ("k1", "k1", "k1"), LONG, "warm"),
    "prepublish-zsk": ((ONE, TWO_Z, ("k1 z1 z2", "k1", "z2")), ("k1", "k1", "k1"), KEY_TTL, ""),
    "prepublish-early": ((ONE, TWO_Z, ("k1 z1 z2", "k1", "z2")), ("k1", "k1", "k1"), LONG, "warm"),
    "double-sign": ((ONE, ("k1 z1 z2", "k1", "z1 z2"), ("k1 z2", "k1", "z2")), ("k1", "k1", "k1"), KEY_TTL, ""),
    "ksk-removed": ((BOTH_K, ("k2 z1", "k2", "z1"), ("k2 z1", "k2", "z1")), ("k1", "k2", "k2"), KEY_TTL, "warm"),
    "unsigned-under-ds": ((ONE, None, ONE), ("k1", "k1", "k1"), KEY_TTL, "all"),
    "unsigned-with-its-ds": ((ONE, None, None), ("k1", "", ""), KEY_TTL, "warm"),
    "go-insecure": ((ONE, ONE, None), ("k1", "", ""), KEY_TTL, ""),
    "double-ds": ((ONE, ONE, ("k2 z1", "k2", "z1")), ("k1", "k1 k2", "k1 k2"), KEY_TTL, ""),
    "double-ksk": ((ONE, BOTH_K, BOTH_K), ("k1", "k1", "k2"), KEY_TTL, ""),
    "ksk-swap-restore": ((ONE, ("k2 z1", "k2", "z1"), ONE), ("k1", "k1", "k1"), KEY_TTL, "all"),
}
NAMES = sorted(SEQUENCES)
LONG_DS = ("ksk-removed",)


def ds_ttl(name):
    return LONG if name in LONG_DS else DS_TTL


def zone_of(name):
    return "p%d.vt." % NAMES.index(name)


def tool(*argv, **kw):
    r = subprocess.run(argv, capture_output=True, text=True, timeout=30, **kw)
    if r.returncode:
        sys.exit("%s: %s%s" % (" ".join(argv), r.stdout, r.stderr))
    return r.stdout


def sign(folder, origin, head, publish, signers, out):
    """PUBLISH: key file bases; one record a line into OUT."""
    with open(out + ".in", "w") as f:
        f.write(head)
        for k in publish:
            f.writelines(l for l in open(k + ".key") if not l.startswith(";"))
    if not publish:
        shutil.copy(out + ".in", out)
        return
    tool("dnssec-signzone", "-q", "-P", "-O", "full", "-o", origin, "-K", folder,
         "-e", "+864000", "-f", out, out + ".in", *signers, cwd=folder)


def zones(folder, vt_ksk, vt_zsk):
    keydir = folder + "/keys"
    ds = {}
    for name in NAMES:
        zone = zone_of(name)
        keys = {}
        for k in ("k1", "k2", "z1", "z2"):
            base = tool("dnssec-keygen", "-q", "-K", keydir, "-a", "ECDSAP256SHA256", "-L", str(SEQUENCES[name][2]),
                        *(["-f", "KSK"] if k[0] == "k" else []), zone).strip()
            keys[k] = keydir + "/" + base
            if k[0] == "k":
                ds[name, k] = tool("dnssec-dsfromkey", "-2", keys[k] + ".key").split(" DS ")[1].strip()
        for i, version in enumerate(SEQUENCES[name][0]):
            head = ("$TTL %d\n%s SOA ns.%s h.%s %d 3600 900 1209600 %d\n%s NS ns.%s\nns.%s A 127.0.0.1\nwww.%s A 192.0.2.1\n"
                    % (DATA_TTL, zone, zone, zone, i + 1, DATA_TTL, zone, zone, zone, zone))
            publish, sign_keys, sign_data = version or ("", "", "")
            sign(keydir, zone, head, [keys[k] for k in publish.split()],
                 [keys[k] for k in (sign_keys + " " + sign_data).split()], "%s/%s.%d" % (folder, zone, i))
    for i in range(len(STEPS) + 1):
        head = "$TTL %d\nvt. SOA ns.vt. h.vt. %d 3600 900 1209600 %d\nvt. NS ns.vt.\nns.vt. A 127.0.0.1\n" % (
            DS_TTL, i + 1, DS_TTL)
        for name in NAMES:
            zone = zone_of(name)
            head += "%s NS ns.%s\nns.%s A 127.0.0.1\n" % (zone, zone, zone)
            head += "".join("%s %d DS %s\n" % (zone, ds_ttl(name), ds[name, k]) for k in SEQUENCES[name][1][i].split())
        sign(keydir, "vt.", head, [vt_ksk, vt_zsk], [vt_ksk, vt_zsk], "%s/vt..%d" % (folder, i))
    with open(folder + "/ds.json", "w") as f:
        json.dump({"%s %s" % k: v for k, v in ds.items()}, f)
    with open(folder + "/zones", "w") as f:
        f.write("\n".join(zone_of(n) for n in NAMES) + "\n")
    put(folder, 0)


def put(folder, i):
    for zone in ["vt."] + [zone_of(n) for n in NAMES]:
        shutil.copy("%s/%s.%d" % (folder, zone, i), "%s/%ssigned.new" % (folder, zone))
        os.rename("%s/%ssigned.new" % (folder, zone), "%s/%ssigned" % (folder, zone))


# ---- what happens ----

def ask(address, port, name):
    """secure, insecure, bogus, or "nothing"."""
    q = struct.pack(">HHHHHH", os.getpid() & 0xFFFF, 0x0120, 1, 0, 0, 1)
    q += b"".join(bytes([len(l)]) + l.encode() for l in name.strip(".").split(".")) + b"\0\0\1\0\1"
    q += b"\0\0\x29\x04\xd0\0\0\x80\0\0\0"
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(14)  # a validator that tries all it can before it says SERVFAIL
    try:
        s.sendto(q, (address, port))
        a = s.recv(4096)
    except OSError:
        return "nothing"
    finally:
        s.close()
    rcode, ad = a[3] & 15, a[3] & 0x20
    return "bogus" if rcode == 2 else "nothing" if rcode else "secure" if ad else "insecure"


def flush(folder):
    tool("unbound-control", "-c", folder + "/unbound-cold/conf", "flush_zone", "vt.")
    tool("rndc", "-c", folder + "/bind-cold/rndc.conf", "flush")


def look(who, samples, lock):
    def one(v, address, port, name):
        begin = time.time()
        state = ask(address, port, "www." + zone_of(name))
        with lock:
            samples.append((v, name, begin, time.time(), state))
    threads = [threading.Thread(target=one, args=(v, *at, n)) for v, at in who.items() for n in NAMES]
    for t in threads:
        t.start()
    return threads


def reality(folder, who):
    samples, lock, threads, taken = [], threading.Lock(), [], []
    cold = {v: at for v, at in who.items() if " cold" in v}
    warm = {v: at for v, at in who.items() if " warm" in v}
    start = time.time()
    while time.time() < start + END:
        second = time.time()
        if len(taken) < len(STEPS) and second >= start + STEPS[len(taken)]:
            begin = time.time()
            put(folder, len(taken) + 1)
            tool("nsd-control", "-c", folder + "/nsd1/conf", "reload")
            serial = "-"
            while serial != str(len(taken) + 2) and time.time() < begin + 5:
                time.sleep(0.05)
                serial = (tool("dig", "+short", "+norec", "+time=1", "+tries=1", "@127.0.0.1", "-p", str(who["port"]),
                               zone_of(NAMES[-1]), "SOA").split() + ["-"] * 3)[2]
            taken.append((begin, time.time()))
        flush(folder)
        threads += look(cold, samples, lock) + look(warm, samples, lock)
        time.sleep(max(0.05, second + 1 - time.time()))
    for t in threads:
        t.join()
    return start, taken, samples


# ---- what was said ----

def records(path, zone, owner, kind):
    out = []
    for line in open(path):
        f = line.split(None, 4)
        if len(f) > 4 and f[0] == owner and (f[3] == kind or (f[3] == "RRSIG" and f[4].split()[0] == kind)):
            out.append(line.split(";")[0].strip())
    return out


def versions(values, ttls, start, taken):
    """Equal neighbours are one version. A step is a short time: the old one ends where it ended."""
    out = []
    for i, v in enumerate(values):
        if out and out[-1]["rrs"] == v:
            continue
        if out:
            out[-1]["off"] = int(taken[i - 1][1]) + 1
        out.append({"rrs": v, "ttl": ttls, "on": int(taken[i - 1][0]) if i else int(start) - 1000, "off": None})
    return out


def prediction(folder, unbogus, name, start, taken):
    zone = zone_of(name)
    ds = json.load(open(folder + "/ds.json"))
    steps = range(len(STEPS) + 1)
    files = ["%s/%s.%d" % (folder, zone, i) for i in steps]
    unsigned_a = "www.%s %d IN A 192.0.2.1" % (zone, DATA_TTL)
    doc = {"zone": zone, "now": int(start),
           "ds": versions([["%s %d IN DS %s" % (zone, ds_ttl(name), ds[name + " " + k]) for k in SEQUENCES[name][1][i].split()]
                           for i in steps], ds_ttl(name), start, taken),
           "dnskey": versions([records(f, zone, zone, "DNSKEY") for f in files], SEQUENCES[name][2], start, taken),
           "data": versions([records(f, zone, "www." + zone, "A") or [unsigned_a] for f in files], DATA_TTL, start, taken)}
    path = "%s/%sworlds" % (folder, zone)
    json.dump(doc, open(path, "w"))
    r = subprocess.run([unbogus, "worlds", path, "--json"], capture_output=True, text=True, timeout=30)
    if not r.stdout.startswith("{"):
        sys.exit("unbogus worlds %s: %s" % (name, r.stderr))
    return doc, json.loads(r.stdout)["broken"]


def may_fail_at(b, t, family):
    """A warm cache: until the interval is over, and what the validator kept of its failure heals."""
    until = b["until"] if b["until"] is None else max(b["until"], b["heals"].get(family) or b["until"])
    return b["from"] <= t and (until is None or t < until)


def covers(b, t):
    return b["from"] <= t and (b["until"] is None or t < b["until"])


def cold_states(doc, broken, t):
    """The combinations that are served at T, bogus or not: two where a step is being taken."""
    served = {p: [i for i, v in enumerate(doc[p]) if v["on"] <= t and (v["off"] is None or t < v["off"])]
              for p in ("ds", "dnskey", "data")}
    return {"bogus" if any(covers(b, t) and (b["ds"], b["dnskey"], b["data"]) == (d, k, a) for b in broken)
            else "secure" if doc["ds"][d]["rrs"] else "insecure"
            for d in served["ds"] for k in served["dnskey"] for a in served["data"]}


def main_run(folder, unbogus, port, warm, cold):
    who = {"unbound warm": ("127.0.0.2", port), "unbound cold": ("127.0.0.3", port),
           "bind warm": ("127.0.0.1", warm), "bind cold": ("127.0.0.1", cold), "port": port}
    flush(folder)
    start, taken, samples = reality(folder, who)
    bad = 0
    for name in NAMES:
        doc, broken = prediction(folder, unbogus, name, start, taken)
        wrong, judged, skipped, silent, failed = [], 0, 0, 0, {"warm": 0, "cold": 0}
        for v, n, begin, end, state in samples:
            if n != name:
                continue
            kind = v.split()[1]
            times = [begin - 1 + i * 0.25 for i in range(int((end - begin + 2) / 0.25) + 1)]
            failed[kind] += state == "bogus"
            if kind == "cold":
                said = set().union(*(cold_states(doc, broken, t) for t in times))
                if len(said) > 1:
                    skipped += 1
                    continue
                fine = state in said
            else:
                may_fail = any(may_fail_at(b, t, v.split()[0]) for b in broken for t in times)
                said = {"may fail"} if may_fail else {"safe"}
                # silence is a failure to whoever asked: Unbound tries on where signatures are gone
                fine = state in ("secure", "insecure") or may_fail
                silent += state == "nothing"
            judged += 1
            if not fine:
                wrong.append("%s at %+.1f s: %s, predicted %s" % (v, begin - start, state, "/".join(sorted(said))))
        fails = SEQUENCES[name][3]
        shown = {"": failed["warm"] + failed["cold"] == 0, "warm": failed["warm"] > 0 and failed["cold"] == 0,
                 "all": failed["cold"] > 0}[fails]
        good = not wrong and shown and judged > 60
        print("%s predictions-%s - %d answers as predicted, %d at a step left out; bogus: %d warm (and %d silent), %d cold" % (
            "ok" if good else "not ok", name, judged - len(wrong), skipped, failed["warm"], silent,
            failed["cold"]))
        for w in wrong[:12]:
            print("  " + w)
        bad |= not good
    return bad


if sys.argv[1] == "zones":
    zones(sys.argv[2], sys.argv[3], sys.argv[4])
else:
    sys.exit(main_run(sys.argv[2], sys.argv[3], *(int(x) for x in sys.argv[4:7])))
