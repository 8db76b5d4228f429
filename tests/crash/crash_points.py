#!/usr/bin/env python3
"""Lets `lastkm submit` die at each crash point, sends the same lines again with the same keys, and demands the cases
and decisions of an undisturbed run.

usage: crash_points.py LASTKM SOURCE
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

program, source = sys.argv[1:3]

POINTS = ["decide", "decided", "decisions.before_append", "decisions.appended", "decisions.read_back", "submit.synced",
          "state.before_write", "state.written", "log.before_write", "log.written", "log.synced", "log.marked"]
HOTLINE = "HOTLINE-510108"
PLACE = "5101080170060001"


def run(arguments, text=None, crash_at=None):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LASTKM_")}
    if crash_at:
        environment["LASTKM_CRASH_AT"] = crash_at
    return subprocess.run([program, *arguments], input=text, capture_output=True, text=True, env=environment, timeout=300)


def must(arguments, text=None):
    done = run(arguments, text)
    if done.returncode != 0:
        sys.exit(f"lastkm {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def line(n):
    return {"command": "RegisterCase", "idempotency_key": f"key-{n}", "at": "2026-05-20T09:00:00+08:00",
            "actor": {"body": HOTLINE, "role": "AGENT" if n % 4 else "NOBODY", "person": "P-1"},
            "external": {"channel": "CH-12345", "reference": f"R-{n}"},
            "data": {"type": "COMPLAINT", "category": "C01", "urgency": "NORMAL", "place": PLACE, "text": f"request {n}"}}


def without_boxes(value):
    """Sealed boxes and what hashes them differ from run to run; everything else must not."""
    if isinstance(value, dict):
        if "sealed" in value:
            return "sealed"
        return {k: without_boxes(v) for k, v in value.items() if k not in ("prev", "command_hash", "ordinal", "duplicate_of")}
    return [without_boxes(v) for v in value] if isinstance(value, list) else value


def effects(folder):
    """What was decided in each lane, in order; repeats, and records that no reader accepts, left out."""
    lanes, ordinals = {}, {}
    for text in must(["log", "dump", "--data", folder, "--from", "decisions", "--json"]).splitlines():
        record = json.loads(text)
        record = record.get("value", record)
        data = record["data"]
        if "ordinal" not in data or data["ordinal"] != ordinals.get(data["lane"], 0) + 1:
            continue
        ordinals[data["lane"]] = data["ordinal"]
        if "duplicate_of" not in data:
            lanes.setdefault(data["lane"], []).append(without_boxes(data))
    return lanes


def main():
    with tempfile.TemporaryDirectory() as scratch:
        blank, folder = f"{scratch}/blank", f"{scratch}/run"
        must(["init", blank, "--lanes", "4", "--clock", "virtual"])
        must(["directory", "publish", f"{source}/schemas/directory", f"{source}/schemas/workflows/three-party.json",
              "--activate", "--data", blank])
        lines = "".join(json.dumps(line(n)) + "\n" for n in range(8))
        submit = ["submit", "-", "--data", folder, "--json"]

        def outcome_of(crash_at=None):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(blank, folder)
            died = run(submit, lines, crash_at).returncode == 137
            answers = run(submit, lines)
            if answers.returncode not in (0, 1):
                sys.exit(f"{crash_at}: sent again, exit code {answers.returncode}\n{answers.stderr}")
            audit = json.loads(must(["audit", "redecide", "--data", folder, "--json"]))
            if audit["different"] or audit["undecided"]:
                sys.exit(f"{crash_at}: re-decided otherwise: {audit}")
            cases = [json.loads(text) for text in must(["case", "list", "--data", folder, "--json"]).splitlines()]
            for case in cases:
                del case["position"]  # repeats take ordinals too
            return died, (cases, effects(folder))

        died, wanted = outcome_of()
        if died or len(wanted[0]) != 6:
            sys.exit(f"the undisturbed run is not as expected: {wanted[0]}")
        faults = 0
        for point in POINTS:
            for n in (1, 3):
                died, found = outcome_of(f"{point}:{n}")
                if n == 1 and not died:
                    print(f"{point}: submit never passed here")
                    faults += 1
                if found != wanted:
                    print(f"{point}:{n}: the cases or the decisions differ from an undisturbed run")
                    faults += 1
        print(f"{len(POINTS)} crash points, {faults} faults")
        return 1 if faults else 0


sys.exit(main())
