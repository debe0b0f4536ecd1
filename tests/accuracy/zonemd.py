#!/usr/bin/env python3
"""The ZONEMD cases (RFC 8976): our exact result beside the expected one.

usage: zonemd.py DATA/zonemd
"""
import csv
import json
import os
import subprocess
import sys
import tempfile

UNBOGUS = os.environ.get("UNBOGUS", "./unbogus")


def result(j, anchored):
    """What a validating secondary would do with the zone, in upstream's words."""
    def has(id_, type_=None, apex=True):
        return any(f["id"] == id_ and (type_ is None or f["type"] == type_) for f in j["faults"])

    if anchored:
        if has("ds-on-unsigned-zone") or has("dnskey-missing"):
            return "verify DNSKEY RRset with trust anchor failed: have trust anchor, but zone has no DNSKEY"
        if has("rrsig-expired") or has("rrsig-expired-dnskey"):
            return "verify DNSKEY RRset with trust anchor failed: signature expired"
        if has("dnskey-rrsig-invalid") or has("dnskey-not-signed-by-sep") or has("ds-no-matching-dnskey"):
            return "verify DNSKEY RRset with trust anchor failed: signature crypto failed"
        if has("rrsig-invalid", "ZONEMD"):
            return "DNSSEC verify failed for ZONEMD RRset: signature crypto failed"
        if j["zonemd"] == "absent":
            if has("nsec-bitmap-wrong", "NSEC") or has("nsec3-bitmap-wrong", "NSEC3"):
                return "DNSSEC NSEC bitmap says type ZONEMD exists"
            if has("nsec-rrsig-missing-or-bad", "NSEC"):
                return "DNSSEC verify failed for NSEC RRset: signature crypto failed"
            return "DNSSEC verified nonexistence of ZONEMD"
    return {"good": "ZONEMD verification successful", "bad": "incorrect digest"}.get(j["zonemd"], j["zonemd"])


def main():
    data, bad, n = sys.argv[1], 0, 0
    with open(os.path.join(data, "CASES.tsv"), newline="") as f, tempfile.TemporaryDirectory() as tmp:
        for r in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE):
            argv = [UNBOGUS, "verify", os.path.join(data, r["file"]), "--json",
                    "--at", r["validation_time"] or "20201020135527"]
            zone = r["zone"]
            if not zone:  # the RFC's appendix: relative names in the zone that the first line names
                with open(os.path.join(data, r["file"])) as text:
                    zone = next(l.split()[0] for l in text if l.strip() and l[0] not in " \t;$")
            argv += ["--origin", zone]
            if r["trust_anchor"]:
                with open(os.path.join(tmp, "ds"), "w") as ds:
                    ds.write(r["trust_anchor"].replace(" IN ", " 3600 IN ", 1) + "\n")
                argv += ["--ds", os.path.join(tmp, "ds")]
            p = subprocess.run(argv, capture_output=True, text=True, timeout=60)
            j = json.loads(p.stdout)
            want = r["expected"].replace("valid (RFC 8976 appendix)", "ZONEMD verification successful")
            got = result(j, bool(r["trust_anchor"]))
            n += 1
            bad += got != want
            if got != want or "--short" not in sys.argv:
                print(f"{r['case_id']:12} {'ok' if got == want else 'WRONG'} want {want!r} got {got!r}"
                      f"{'' if got == want else ' ' + str([f['id'] + ':' + f['type'] for f in j['faults'][:8]])}")
    print(f"zonemd: {n - bad} of {n} exact")
    return 1 if bad else 0


sys.exit(main())
