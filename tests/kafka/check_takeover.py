#!/usr/bin/env python3
"""How long nothing is acknowledged after kill -9 of the only engine that decides: until another answers on every partition.

    check_takeover.py LASTKM SOURCE [--cases 10000] [--cold]     (through with_kafka)

Warm, the other engine follows all partitions while the first decides. --cold: it is started on an empty folder in the moment of
the kill, and reads the whole log first. Fails above 12 s (session.timeout.ms is 6 s).
"""
import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

BROKERS = os.environ["LASTKM_KAFKA_BROKERS"]
PARTITIONS, MOST = 8, 12.0
parser = argparse.ArgumentParser()
parser.add_argument("program", type=os.path.abspath)
parser.add_argument("source")
parser.add_argument("--cases", type=int, default=10000)
parser.add_argument("--cold", action="store_true")
given = parser.parse_args()


def run(*words, text=None, codes=(0,)):
    done = subprocess.run([given.program, *map(str, words)], input=text, capture_output=True, text=True, timeout=3000)
    if done.returncode not in codes:
        sys.exit(f"FAILED: {words}: exit code {done.returncode}\n{done.stdout[-1000:]}\n{done.stderr[-2000:]}")
    return done.stdout


def serve(folder, *words):
    process = subprocess.Popen([given.program, "serve", "--data", folder, "--json", "--workers", "2", *map(str, words)],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return process


def requests(name, count):
    return "".join(json.dumps({"command": "RegisterCase", "idempotency_key": f"{name}-{n}", "actor": {"body": "HOTLINE-510108", "role": "AGENT"},
                               "data": {"type": "COMPLAINT", "category": "C01", "urgency": "NORMAL", "place": "5101080170060001", "text": "x"}}) + "\n"
                   for n in range(count))


def answered_everywhere(folder, name, since, at_most):
    """Seconds from `since` until every partition has decided something; asks again and again with the same keys."""
    text, left = requests(name, 128), set(range(PARTITIONS))
    while left:
        done = subprocess.run([given.program, "submit", "-", "--data", folder, "--json"], input=text, capture_output=True, text=True, timeout=100)
        for line in done.stdout.splitlines():
            row = json.loads(line)
            if row["status"] in ("accepted", "duplicate"):
                left.discard(row["lane"] % PARTITIONS)
        if time.monotonic() - since > at_most:
            sys.exit(f"FAILED: partitions {sorted(left)} decide nothing for {at_most} s\n{done.stderr[-1000:]}")
    return time.monotonic() - since


with tempfile.TemporaryDirectory(prefix="lastkm-takeover-") as scratch:
    one, two, vault = f"{scratch}/one", f"{scratch}/two", f"{scratch}/vault"
    kafka = ["--log", "kafka", "--brokers", BROKERS, "--prefix", "takeover", "--vault", vault]
    run("init", one, *kafka, "--partitions", PARTITIONS)
    run("directory", "publish", "--shipped", "--activate", "--data", one, "--quiet")
    rows = pathlib.Path(scratch, "rows.jsonl")
    with open(rows, "w") as out:
        for n in range(given.cases):
            out.write(json.dumps({"reference": f"T{n}", "channel": "CH-12345", "type": "COMPLAINT", "category": "C01", "urgency": "NORMAL",
                                  "place": "5101080170060001", "text": f"request {n}"}) + "\n")
    began = time.monotonic()
    report = json.loads(run("import", "--format", "hotline-jsonl", rows, "--data", one, "--json", "--quiet"))
    assert report["created"] == given.cases, report
    print(f"{given.cases} open cases made in {time.monotonic() - began:.0f} s", flush=True)
    first = serve(one)
    first.stdout.readline()
    answered_everywhere(one, "before", time.monotonic(), 60)
    second = None
    if not given.cold:
        second = serve(two, *kafka, "--roles", "engine")
        second.stdout.readline()
        answered_everywhere(two, "both", time.monotonic(), 60)
    since = time.monotonic()
    first.send_signal(signal.SIGKILL)
    first.communicate()
    if given.cold:
        second = serve(two, *kafka, "--roles", "engine")
        second.stdout.readline()
    seconds = answered_everywhere(two, "after", since, 120)
    print(f"{'cold' if given.cold else 'warm'}, {given.cases} open cases: kill -9 of the engine to acknowledgements on all partitions: {seconds:.1f} s")
    second.terminate()
    second.communicate()
    if seconds > MOST:
        sys.exit(f"FAILED: more than {MOST} s")
