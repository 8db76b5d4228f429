#!/usr/bin/env python3
"""Makes the golden log of a decider: a small deployment, led through everything once by the real program, and its log.

    make.py PROGRAM FOLDER            e.g. tests/golden/make.py build/lastkm tests/golden/1
Run it for a new decider version, never again for a released one: `tests/golden/golden_test.cpp` decides these very bytes.
Ids and sealed texts differ from one making to the next, because every deployment has keys of its own.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = ["directory/calendar-2025-2026.json", "directory/bailianchi-places.json", "directory/bailianchi-bodies.json",
             "directory/compound-places.json", "directory/compounds.json", "directory/departments.json", "directory/catalogue.json",
             "workflows/three-party.json"]
HOTLINE, PSC, STREET = "HOTLINE-510108", "PSC-5101080170060001", "STREET-510108017"
PLACE = "5101080170060001"
PHOTO = [{"sha256": "ab" * 32, "mime": "image/jpeg"}]


class Story:
    def __init__(self, program, folder):
        self.program, self.folder, self.lines, self.key = program, folder, [], 0

    def run(self, *arguments, text=None):
        done = subprocess.run([self.program, *arguments, "--data", self.folder, "--json"], input=text, capture_output=True, text=True)
        if done.returncode not in (0, 1, 4):
            sys.exit(f"{' '.join(arguments)} ended with {done.returncode}: {done.stderr}{done.stdout}")
        return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]

    def tell(self, at, command, body=None, role=None, case=None, reference=None, occurred=None, **data):
        self.key += 1
        line = {"command": command, "at": f"{at}:00+08:00", "idempotency_key": f"k{self.key}"}
        if body:
            line["actor"] = {"body": body, "role": role, "person": f"P-{self.key % 7}"}
            line["data"] = data
        if case:
            line["case"] = case
        if occurred:
            line["occurred_at"] = f"{occurred}:00+08:00"
        if reference:
            line["external"] = {"channel": "CH-12345", "reference": reference}
        answer = self.run("submit", "-", text=json.dumps(line, ensure_ascii=False) + "\n")[-1]
        self.lines.append(answer)
        return answer

    def register(self, at, reference, category="C17", type="COMPLAINT", urgency="NORMAL", **more):
        return self.tell(at, "RegisterCase", HOTLINE, "AGENT", reference=reference, type=type, category=category, urgency=urgency,
                         place=PLACE, text="诉求内容", **more)["case"]


def live(story):
    one = story.register("2026-01-29T14:20", "R1", "C11", urgency="URGENT")
    story.tell("2026-01-29T14:21", "AcceptCase", HOTLINE, "AGENT", one, category="C11", type="COMPLAINT", urgency="URGENT", place=PLACE)
    story.tell("2026-01-29T14:35", "DispatchCase", HOTLINE, "DISPATCHER", one, lead=PSC)
    story.tell("2026-01-29T14:36", "SignCase", STREET, "HANDLER", one)
    story.tell("2026-01-29T15:00", "SignCase", PSC, "HANDLER", one)
    story.tell("2026-01-29T15:50", "MakeFirstContact", PSC, "HANDLER", one, channel="phone")
    story.register("2026-01-29T16:00", "R1", "C11", urgency="URGENT")
    story.register("2026-01-29T16:01", "R1", "C11", urgency="URGENT", anonymous=True)
    two = story.register("2026-01-29T16:05", "R2", "C11", urgency="URGENT")
    story.tell("2026-01-29T16:06", "MergeCase", HOTLINE, "DISPATCHER", two, master=one)
    three = story.register("2026-01-29T16:10", "R3", "C17")
    story.tell("2026-01-29T16:11", "MergeCase", HOTLINE, "DISPATCHER", three, master=one)
    story.tell("2026-01-30T09:00", "LinkChild", HOTLINE, "AGENT", one, child=three)
    story.tell("2026-02-27T10:00", "AdvanceClock")
    story.tell("2026-02-27T10:30", "BlowWhistle", STREET, "HANDLER", one, kind="enforcement", bodies=["FIRE-510108"], place=PLACE, purpose="清障")
    story.tell("2026-02-27T10:50", "AnswerWhistle", "FIRE-510108", "HANDLER", one)
    story.tell("2026-02-27T12:00", "CloseWhistle", STREET, "HANDLER", one, scores={"FIRE-510108": 90}, reason="DONE")
    story.tell("2026-03-04T10:00", "SubmitFeedback", STREET, "HANDLER", one, text="已办结", evidence=PHOTO)
    story.tell("2026-03-04T10:01", "AcceptFeedback", HOTLINE, "AGENT", one)
    story.tell("2026-03-05T10:15", "RecordCallback", HOTLINE, "CALLBACK", one, reached=True, contacted=True, solved="yes", satisfied="basic")
    story.tell("2026-03-05T10:16", "RecordCallback", HOTLINE, "CALLBACK", two, reached=True, solved="no", satisfied="no")
    story.tell("2026-03-05T10:17", "CloseCase", HOTLINE, "CALLBACK", one)
    story.tell("2026-03-05T10:18", "UnmergeCase", HOTLINE, "DISPATCHER", two, reason="UNSOLVED")
    story.tell("2026-03-05T10:19", "DispatchCase", HOTLINE, "DISPATCHER", two, lead="FIRE-510108")
    story.tell("2026-03-05T10:30", "RequestReturn", "FIRE-510108", "HANDLER", two, reason="R-JUR-01", legal_basis="职责清单", proposed_body=STREET)
    story.tell("2026-03-05T11:00", "AcceptReturn", HOTLINE, "DISPATCHER", two)
    story.tell("2026-03-05T11:10", "DispatchCase", HOTLINE, "DISPATCHER", two, lead=STREET)
    story.tell("2026-03-05T11:20", "SignCase", STREET, "HANDLER", two)
    story.tell("2026-03-05T11:30", "RequestExtension", STREET, "HANDLER", two, n=1, unit="WD", reason="X")
    story.tell("2026-03-05T11:40", "GrantExtension", HOTLINE, "SUPERVISOR", two)
    story.tell("2026-03-05T12:00", "ParkCase", HOTLINE, "SUPERVISOR", two, reason="P-ENG", approver=STREET, review_on="2026-05-01", evidence=PHOTO)
    story.tell("2026-06-20T09:00", "UnparkCase", HOTLINE, "SUPERVISOR", two, n=3, unit="WD")
    suspended(story)
    story.tell("2026-12-29T09:00", "AdvanceClock")
    four = story.register("2026-12-29T09:01", "R4")
    notice = json.loads((ROOT / "schemas/directory/calendar-2025-2026.json").read_text(encoding="utf-8"))
    notice["version"] += 1
    notice["years"][-1]["off"].insert(1, {"from": "2027-01-04", "to": "2027-01-04", "zh": "调休", "en": "Off"})
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(notice, file, ensure_ascii=False)
        file.flush()
        story.run("directory", "publish", file.name, "--activate")
    story.tell("2026-12-30T09:00", "AcceptCase", HOTLINE, "AGENT", four, category="C17", type="COMPLAINT", urgency="NORMAL", place=PLACE)


def suspended(story):
    """Clocks that stand still while they are stopped and restored, and a time before the request."""
    one = story.register("2026-07-01T09:00", "R5", "C05", type="HELP", occurred="2026-06-30T18:00")
    accepted = dict(category="C05", type="HELP", urgency="NORMAL", place=PLACE)
    story.tell("2026-07-01T09:05", "AcceptCase", HOTLINE, "AGENT", one, occurred="2026-06-30T17:59", **accepted)
    story.tell("2026-07-01T09:06", "AcceptCase", HOTLINE, "AGENT", one, occurred="2026-06-30T18:00", **accepted)
    story.tell("2026-07-01T09:10", "DispatchCase", HOTLINE, "DISPATCHER", one, lead=PSC)
    story.tell("2026-07-01T09:15", "SignCase", PSC, "HANDLER", one)
    story.tell("2026-07-01T09:20", "MakeFirstContact", PSC, "HANDLER", one, channel="phone")
    story.tell("2026-07-01T10:00", "SuspendClock", STREET, "SUPERVISOR", one, clock="handle", reason="STATUTORY_PROCESS", text="已告知")
    story.tell("2026-07-02T10:00", "SubmitFeedback", PSC, "HANDLER", one, text="已处理", evidence=PHOTO)
    story.tell("2026-07-20T10:00", "RejectFeedback", HOTLINE, "AGENT", one, reason="THIN")
    story.tell("2026-07-20T10:10", "AdvanceClock")
    story.tell("2026-07-20T10:20", "ResumeClock", HOTLINE, "SUPERVISOR", one, clock="handle")
    first = story.register("2026-07-21T09:00", "R6")
    again = story.register("2026-07-21T10:00", "R7")
    story.tell("2026-07-21T10:02", "SuspendClock", HOTLINE, "SUPERVISOR", again, clock="handle", reason="STATUTORY_PROCESS", text="已告知")
    story.tell("2026-07-21T10:05", "MergeCase", HOTLINE, "DISPATCHER", again, master=first)
    story.tell("2026-08-20T11:00", "UnmergeCase", HOTLINE, "DISPATCHER", again, reason="OTHER_FLAT")
    story.tell("2026-08-20T11:10", "ResumeClock", HOTLINE, "SUPERVISOR", again, clock="handle")


def main():
    program, out = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as scratch:
        folder = os.path.join(scratch, "data")
        subprocess.run([program, "init", folder, "--lanes", "4", "--clock", "virtual"], check=True, capture_output=True)
        story = Story(program, folder)
        story.run("directory", "publish", *[str(ROOT / "schemas" / d) for d in DOCUMENTS], "--activate")
        live(story)
        out.mkdir(parents=True, exist_ok=True)
        for topic in ("commands", "decisions", "directory"):
            dump = subprocess.run([program, "log", "dump", "--from", topic, "--data", folder], check=True, capture_output=True).stdout
            (out / f"{topic}.jsonl").write_bytes(dump)
        decisions = (out / "decisions.jsonl").read_text(encoding="utf-8").splitlines()
        first = next(d for d in map(json.loads, decisions) if d["type"].startswith("org.lastkm.decision."))
        deployment = {"decider": first["data"]["decider"], "lanes": 4, "log_id": first["source"].split("/")[-1]}
        (out / "deployment.json").write_text(json.dumps(deployment) + "\n", encoding="utf-8")
    statuses = [line["status"] for line in story.lines]
    print({s: statuses.count(s) for s in sorted(set(statuses))})


if __name__ == "__main__":
    main()
