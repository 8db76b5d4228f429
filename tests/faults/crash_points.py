#!/usr/bin/env python3
"""Lets the program die at each of its named crash points (engine/README.md lists them) and demands that nothing shows it.

    crash_points.py LASTKM SOURCE EDIT_FOLDER [--all] [PART-OF-A-NAME]

Deciding: a folder with the commands of an undisturbed run and without its decisions, state and views dies at a point, is
started again, and must hold the undisturbed run's bytes: commands, accepted decisions, view digests. The inputs are equal,
so nothing is left out.

Submitting: `lastkm submit` dies at a point; what the log does not hold is sent again. Inputs then differ in the sealed boxes
alone ({"sealed","key","commit"}: keys and nonces are random), and with them in the hashes command_hash and prev. All else is
compared byte for byte, ordinals too, and the two hashes are made anew from the records. Then every line is sent once more
with its key: each is told its first answer, and no record from before changes.

Serving: a served folder dies at a point while a client sends lines; the client asks again with its keys (history.py judges).
"""
import json
import pathlib
import shutil
import sys
import tempfile

import history
from lastkm import Fault, Program, Served, accepted, ask, by_lane, copy, main, register

# Submission, in its order; a decision in its order; state.
DECIDING = ["decide", "decided", "decisions.before_append", "log.before_write", "log.written", "decisions.appended",
            "decisions.read_back", "log.synced", "log.marked", "state.before_write", "state.written"]
SUBMITTING = ["submit.read", "intake.sealed", *DECIDING, "submit.synced", "answer.printed"]
SERVING = ["submit.read", "intake.sealed", "log.before_write", "log.written", "log.synced", "log.marked", "submit.synced",
           "decided", "decisions.appended", "decisions.read_back", "state.before_write", "state.written", "answer.half", "answer.sent"]
DIED = 137
AT = "2026-05-20T09:00:00+08:00"
ACCEPTED = 6  # of the lines below


def life():
    """Cases in several lanes, two refusals, and a case that goes on."""
    lines = [register(f"key-{n}", at=AT, external={"channel": "CH-12345", "reference": f"R-{n}"}) for n in range(8)]
    for n in (0, 4):
        lines[n]["actor"] = {**lines[n]["actor"], "role": "NOBODY"}
    return lines


def without_boxes(value):
    if isinstance(value, dict):
        if {"sealed", "key", "commit"} <= set(value):
            return "a sealed box"
        return {k: without_boxes(v) for k, v in value.items() if k not in ("command_hash", "prev")}
    return [without_boxes(v) for v in value] if isinstance(value, list) else value


def comparable(lanes):
    return {lane: [without_boxes(json.loads(text)) for text in records] for lane, records in lanes.items()}


class Points:
    def __init__(self, program, edit, scratch):
        self.program, self.edit = program, edit
        self.blank, self.folder = scratch / "blank", scratch / "run"
        self.whole, self.bare = scratch / "whole", scratch / "bare"
        program.make(self.blank)
        copy(self.blank, self.whole)
        self.first, _ = program.submit(self.whole, life())
        if sum(row["status"] == "accepted" for row in self.first) != ACCEPTED:
            raise Fault(f"the undisturbed run is not as expected: {self.first}")
        self.wanted = self.bytes_of(self.whole)
        self.digest = program.must("view", "digest", "--data", self.whole, "--json")
        copy(self.whole, self.bare)
        edit.must("cut", self.bare, 0)
        for part in ("state", "views"):
            shutil.rmtree(self.bare / part)

    def bytes_of(self, folder):
        commands, decisions = self.program.dump(folder)
        return by_lane(commands), accepted(decisions)

    def deciding(self, point):
        copy(self.bare, self.folder)
        done = self.program.having(LASTKM_CRASH_AT=point).run("view", "status", "--data", self.folder)
        if done.returncode not in (0, DIED):
            raise Fault(f"exit code {done.returncode}: {done.stderr[-500:]}")
        digest = self.program.must("view", "digest", "--data", self.folder, "--json")
        if self.bytes_of(self.folder) != self.wanted:
            raise Fault("the bytes differ from an undisturbed run's")
        if digest != self.digest:
            raise Fault(f"the views differ from an undisturbed run's: {digest}")
        return self.passed(point, done)

    def submitting(self, point):
        copy(self.blank, self.folder)
        _, done = self.program.having(LASTKM_CRASH_AT=point).submit(self.folder, life())
        there = {json.loads(text)["data"].get("idempotency_key") for text in self.program.dump(self.folder)[0]}
        rest = [line for line in life() if line["idempotency_key"] not in there]
        if rest:
            self.program.submit(self.folder, rest)
        found = self.bytes_of(self.folder)
        for which, mine, theirs in zip(("commands", "decisions"), found, self.wanted):
            if comparable(mine) != comparable(theirs):
                raise Fault(f"{which} differ from an undisturbed run's in more than the boxes")
        operations = []
        again, answer = self.program.submit(self.folder, life())
        if answer.returncode not in (0, 1) or len(again) != len(self.first):
            raise Fault(f"sent again, exit code {answer.returncode}: {answer.stderr[-500:]}")
        for line, one, first in zip(life(), again, self.first):
            if [one[k] for k in ("command_id", "lane", "ordinal", "case", "ref", "events")] != \
               [first[k] for k in ("command_id", "lane", "ordinal", "case", "ref", "events")]:
                raise Fault(f"{line['idempotency_key']} is told {one}, an undisturbed run says {first}")
            operation = history.Operation("cli", line["idempotency_key"])
            operation.answered(one)
            operations.append(operation)
        commands, decisions = self.program.dump(self.folder)
        for which, before, after in (("commands", found[0], by_lane(commands)), ("decisions", found[1], accepted(decisions))):
            if any(after[lane][:len(records)] != records for lane, records in before.items()):
                raise Fault(f"{which} changed after they were accepted")
        wrong = history.check(operations, commands, decisions)
        if wrong:
            raise Fault(f"{wrong[0][0]}: {wrong[0][1]}")
        self.program.audited(self.folder)
        return self.passed(point, done)

    def serving(self, point):
        copy(self.blank, self.folder)
        served = Served(self.program.having(LASTKM_CRASH_AT=point), self.folder)
        operations, died = [], False
        for line in life():
            operation = history.Operation("cli", line["idempotency_key"])
            operations.append(operation)
            for _ in range(4):
                rows, _ = ask(self.folder, ["submit", "-", "--data", str(self.folder), "--json"], json.dumps(line) + "\n")
                if rows:
                    operation.answered(rows[0])
                    break
                operation.unknown += 1
                if served.process.wait(timeout=60) != DIED:
                    raise Fault(f"the server ended with {served.process.returncode}: {served.words()}")
                died = True
                served = Served(self.program, self.folder)
        served.stop(codes=(0, DIED))
        died = died or served.process.returncode == DIED
        wrong = history.check(operations, *self.program.dump(self.folder))
        if wrong:
            raise Fault(f"{wrong[0][0]}: {wrong[0][1]}")
        if not all(operation.decided() for operation in operations):
            raise Fault("a line has no answer")
        self.program.audited(self.folder)
        if not died:
            raise Fault("the program never passed here")

    @staticmethod
    def passed(point, done):
        if point.endswith(":1") and done.returncode != DIED:
            raise Fault("the program never passed here")
        return "" if done.returncode == DIED else "not passed so often"


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--all"]
    source = pathlib.Path(words[1])
    with tempfile.TemporaryDirectory(prefix="lastkm-crash-") as scratch_name:
        points = Points(Program(words[0], source), Program(words[2], source), pathlib.Path(scratch_name))
        passings = {name: (1, 2, 3) if "--all" in sys.argv else (1,) for name in {*SUBMITTING, *SERVING}}
        if "--all" not in sys.argv:
            passings["decided"] = (1, 2)

        def checks(kind, names, run):
            return [(f"{kind} {name}:{n}", lambda name=name, n=n: run(f"{name}:{n}")) for name in names for n in passings[name]]

        sys.exit(main(checks("deciding", DECIDING, points.deciding) + checks("submitting", SUBMITTING, points.submitting)
                      + checks("serving", SERVING, points.serving), *words[3:4]))
