#!/usr/bin/env python3
"""A served deployment on three brokers while they are killed one after another: what was acknowledged is there once, in order.

Usage: check_brokers.py LASTKM SOURCE-DIR [--rounds N]      (through with_kafka --nodes 3)

Every request has a reference of its own. The anomalies are named as in Jepsen's checker for Kafka: a lost write was acknowledged and
is not in the log; a duplicate is decided twice; an inconsistent offset is an answer that is not what the log says there.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

LASTKM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
ROUNDS = int(sys.argv[sys.argv.index("--rounds") + 1]) if "--rounds" in sys.argv else 1
BROKERS, CLUSTER = os.environ["LASTKM_KAFKA_BROKERS"], os.environ["LASTKM_KAFKA_DIR"]


def run(*arguments, text=None, codes=(0,)):
    done = subprocess.run([LASTKM, *map(str, arguments)], input=text, capture_output=True, text=True, timeout=300)
    if done.returncode not in codes:
        sys.exit(f"FAILED: {arguments}: exit code {done.returncode}\n{done.stdout[-1000:]}\n{done.stderr[-3000:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def cluster(*arguments):
    subprocess.run([SOURCE / "scripts/kafka", *map(str, arguments), "--dir", CLUSTER], check=True, stdout=subprocess.DEVNULL)


def request(reference):
    return json.dumps({"command": "RegisterCase", "external": {"channel": "CH-12345", "reference": reference},
                       "actor": {"body": "HOTLINE-510108", "role": "AGENT"},
                       "data": {"type": "COMPLAINT", "category": "C11", "urgency": "URGENT", "place": "5101080170060001", "text": "x"}})


class Clients:
    """Each sends its requests one by one, again and again until it has an answer."""

    def __init__(self, folder, count):
        self.folder, self.stop, self.lock = folder, threading.Event(), threading.Lock()
        self.answers, self.times, self.unknown = {}, [], 0
        self.threads = [threading.Thread(target=self.work, args=(n,)) for n in range(count)]
        for thread in self.threads:
            thread.start()

    def work(self, client):
        number = 0
        while not self.stop.is_set():
            number += 1
            reference = f"B{client}-{number}"
            while True:
                answers = run("submit", "-", "--data", self.folder, "--json", text=request(reference) + "\n", codes=(0, 7))
                if answers and answers[0]["status"] in ("accepted", "duplicate"):
                    break
                with self.lock:
                    self.unknown += 1
                time.sleep(0.05)
            with self.lock:
                self.answers[reference] = answers[0]
                self.times.append(time.monotonic())

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def judge(folder, answers):
    """Names of anomalies with examples."""
    found = {}
    decisions = run("log", "dump", "--data", folder, "--json")
    accepted, at = {}, {}
    for decision in (one["data"] for one in decisions if one["type"] == "org.lastkm.decision.v1"):
        lane = accepted.setdefault(decision["lane"], 0)
        if decision["ordinal"] != lane + 1:
            continue
        accepted[decision["lane"]] = decision["ordinal"]
        at[decision["lane"], decision["ordinal"]] = decision
    opened = [one["case"] for one in run("case", "list", "--data", folder, "--json")]
    acknowledged = {answer["case"]: reference for reference, answer in answers.items()}
    lost = [reference for case, reference in acknowledged.items() if case not in set(opened)]
    if lost:
        found["lost-write"] = lost
    if len(opened) != len(set(opened)) or len(acknowledged) != len(answers):
        found["duplicate"] = len(opened) - len(set(opened))
    wrong = [reference for reference, answer in answers.items()
             if at.get((answer["lane"], answer["ordinal"]), {}).get("aggregate") != answer["case"]]
    if wrong:
        found["inconsistent-offsets"] = wrong
    return found


def main(scratch):
    folder = scratch / "data"
    run("init", folder, "--log", "kafka", "--brokers", BROKERS, "--prefix", "brokers")
    run("directory", "publish", "--shipped", "--activate", "--data", folder)
    serving = subprocess.Popen([LASTKM, "serve", "--data", folder, "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    serving.stdout.readline()
    clients = Clients(folder, 4)
    gaps = []
    for node in [1, 2, 3] * ROUNDS:
        time.sleep(2)
        killed = time.monotonic()
        cluster("kill", node)
        time.sleep(8)
        with clients.lock:
            later = sorted(t for t in clients.times if t > killed)
        before = [killed, *later]
        gaps.append(max((b - a for a, b in zip(before, before[1:])), default=99.0))
        cluster("restart", node)
        time.sleep(2)
    clients.end()
    serving.terminate()
    serving.wait(timeout=60)
    found = judge(folder, clients.answers)
    audit = run("audit", "redecide", "--data", folder, "--json")[0]
    print(f"{len(clients.answers)} requests acknowledged, {clients.unknown} times asked again; longest silence after kill -9 of a broker: "
          + ", ".join(f"{gap:.1f} s" for gap in gaps))
    if found or audit["different"] or len(clients.answers) < 20:
        sys.exit(f"FAILED: {json.dumps(found)[:2000]} {audit}")
    # The checker itself: an answer that the log does not bear out, and one that is not there, are found.
    forged = dict(clients.answers)
    first = next(iter(forged))
    forged[first] = {**forged[first], "ordinal": forged[first]["ordinal"] + 1}
    forged["never"] = {**forged[first], "case": "0" * 32}
    if set(judge(folder, forged)) != {"lost-write", "inconsistent-offsets"}:
        sys.exit(f"FAILED: the checker does not find what is wrong: {judge(folder, forged)}")


with tempfile.TemporaryDirectory(prefix="lastkm-brokers-") as folder:
    main(pathlib.Path(folder))
