#!/usr/bin/env python3
"""Each row of the transition table is told twice: once taken, once refused with its reason.

A row of the table is a transition of the shipped workflow whose id begins with it (T07, T07-disputed …). A scenario
shows a row where a command of it is taken, and refuses it where the step has an `expect refused CODE`. Rows that no
command takes are named here with what shows them.

    check_rows.py SOURCE-FOLDER RESULTS      what `lastkm scenario run --json` said of tests/scenarios
Exits 1 and lists every row that lacks one.
"""

import json
import pathlib
import re
import sys

# The owner vote is an aggregate of its own: T16, and of T17 its end.
WITHOUT = {"T16"}
ROWS = {f"T{n:02}" for n in range(1, 37)} | {"T25b"}
# Rows without a command of their own: T32 comes with a clock, T36 is the engine's.
SHOWN_BY_EVENT = {"T32": "CaseArchived", "T36": "SupplementReceived"}
# Transitions that are there to refuse with a reason of their own.
ONLY_REFUSE = {"T28-top"}
REFUSED_WHILE = {"T32": "PlaceHold", "T36": "RegisterCase"}


def row_of(transition):
    return transition.split("-")[0]


def rows_by_command(workflow):
    rows = {}
    for command in workflow["commands"]:
        rows[command["name"]] = {row_of(t["id"]) for t in command["transitions"]} & ROWS
    return rows


def steps(text):
    """[command, code of its refusal or None, what is expected after it] of each step, in the order of the file."""
    found = []
    step = re.compile(r"^\d{4}-\d\d-\d\d[ T]\S+\s+\S+\s+\S+\s+([A-Z][A-Za-z]+)\b")
    for line in text.splitlines():
        if match := step.match(line):
            found.append([match.group(1), None, []])
        elif found and (match := re.match(r"^\s+(?:\S+:\s+)?expect\s+(.*)$", line)):
            words = match.group(1).split()
            if words[0] == "refused":
                found[-1][1] = words[1]
            found[-1][2].append(words)
    return found


def taken_rules(results):
    """The rules that the scenarios really took: they stand in each event."""
    rules = set()
    for line in results.read_text(encoding="utf-8").splitlines():
        rules.update(json.loads(line)["rules"])
    return rules


def main():
    source, results = map(pathlib.Path, sys.argv[1:])
    workflow = json.loads((source / "schemas/workflows/three-party.json").read_text(encoding="utf-8"))
    files = sorted(str(f) for f in (source / "tests/scenarios").glob("*.scenario"))
    rows = rows_by_command(workflow)
    refused = {row: set() for row in ROWS}
    events = set()
    for file in files:
        for command, code, checks in steps(pathlib.Path(file).read_text(encoding="utf-8")):
            events.update(words[1] for words in checks if words[0] == "event")
            if code is None:
                continue
            for row in rows.get(command, ()):
                refused[row].add(code)
            for row, by in REFUSED_WHILE.items():
                if command == by:
                    refused[row].add(code)
    rules = taken_rules(results)
    taken = {row_of(rule.split("/")[-1]) for rule in rules}
    taken.update(row for row, event in SHOWN_BY_EVENT.items() if event in events)
    missing = []
    for row in sorted(ROWS - WITHOUT):
        if row not in taken:
            missing.append(f"{row}: no scenario shows it")
        if not refused[row]:
            missing.append(f"{row}: no scenario shows it refused")
    for transition in sorted({t["id"] for c in workflow["commands"] for t in c["transitions"]} - ONLY_REFUSE):
        if not any(rule.endswith("/" + transition) for rule in rules):
            missing.append(f"{transition}: no scenario takes this transition")
    for line in missing:
        print(line)
    print(f"{len(ROWS - WITHOUT)} rows, {len(rules)} rules taken, {len(missing)} missing")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
