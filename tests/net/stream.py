"""Reads a stream (file) and prints what a test asks: stream.py FILE PYTHON-EXPRESSION over
facts (list of dicts), answers, silences, with at(f) = its server's address."""
import json
import sys
from datetime import datetime

facts = [json.loads(line) for line in open(sys.argv[1])]
PROBES = ("referral ds soa ns dnskey cds cdnskey nsec3param positive nodata nxdomain "
          "address").split()
answers = [f for f in facts if f["fact"] in PROBES]
silences = [f for f in facts if f["fact"] == "no-answer"]


def at(f):
    return f["at"]["address"]


def t(f):
    return datetime.strptime(f["t"], "%Y-%m-%dT%H:%M:%S.%fZ").timestamp()


start = t([f for f in facts if f["fact"] == "round"][0]) if facts else 0
print(eval(sys.argv[2]))
