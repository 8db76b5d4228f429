#!/usr/bin/env python3
"""Workflows that somebody wrote from schemas/workflow.md, with names of their own, on the unmodified program: checked,
published, run through submit, tried, compared, drawn and migrated; and bad documents, refused before anything is published.

Usage: own_workflows.py PROGRAM SOURCE-DIR
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
HERE = SOURCE / "tests" / "e2e"
sys.path.insert(0, str(SOURCE / "tests" / "contract"))
import schema  # noqa: E402

FAILED = []
CHECKS = 0
OWN = ["repair.json", "three-stages.json", "forty-stages.json"]
DESK = {"body": "REPAIR_DESK-990100", "role": "DESK_CLERK", "person": "p1"}
CREW = {"body": "CREW-990100001", "role": "CREW_CHIEF", "person": "p2"}
WARDEN = {"body": "WARDEN-990100001", "role": "WARDEN", "person": "p3"}


def check(claim, holds, detail=""):
    global CHECKS
    CHECKS += 1
    if not holds:
        FAILED.append(f"{claim}: {str(detail)[:600]}")


def call(*arguments, given="", data=None):
    words = [PROGRAM, *map(str, arguments)] + (["--data", str(data)] if data else [])
    environment = {k: v for k, v in os.environ.items() if k != "LASTKM_DATA"}
    return subprocess.run(words, input=given, capture_output=True, text=True, encoding="utf-8", env=environment, timeout=300)


def ask(name, *arguments, code=0, **more):
    done = call(*arguments, "--json", **more)
    check(f"{' '.join(map(str, arguments))} exits {code}", done.returncode == code, f"{done.returncode} {done.stderr} {done.stdout}")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    shape = schema.Schema(SOURCE / "schemas" / "cli" / f"{name}.schema.json")
    for line in lines:
        wrong = shape.faults(line)
        check(f"{name} fits its schema", not wrong, wrong[:3])
    return lines


def submit(data, *lines, code=0):
    return ask("submit-outcome", "submit", "-", data=data, code=code, given="".join(json.dumps(line) + "\n" for line in lines))


def documents_hold(scratch):
    """The schema and the reader take the same documents."""
    shape = schema.Schema(SOURCE / "schemas/workflows/workflow.schema.json")
    for path in [*(HERE / name for name in OWN), *(SOURCE / "schemas/workflows" / n for n in ("three-party.json", "beijing.json"))]:
        wrong = shape.faults(json.loads(path.read_text(encoding="utf-8")))
        check(f"the schema takes {path.name}", not wrong, wrong[:3])
    for name in OWN:
        answer = ask("rules-check", "rules", "check", HERE / name, "--bodies", HERE / "bodies.json")[0]
        check(f"{name} is clean", answer["ok"] and not answer["findings"], answer)
    answer = ask("rules-check", "rules", "check", HERE / "cold-rooms.json", "--bodies", HERE / "cold-bodies.json")[0]
    check("cold-rooms.json is clean", answer["ok"] and not answer["findings"], answer)
    (told,) = ask("scenario-run", "scenario", "run", HERE / "cold-rooms.scenario")
    check("rooms are warmed, joined, handed on and measured", told["ok"] and len(told["checks"]) > 10, told)
    text = (HERE / "repair.json").read_text(encoding="utf-8")
    broken = {
        "unknown field": (text.replace('"opens": true', '"opens": true, "colour": 1'), "unknown-member"),
        "wrong type": (text.replace('"version": 1', '"version": "1"', 1), "wrong-type"),
        "missing stage": (text.replace('"to": "TO_BE_SEEN"', '"to": "NOWHERE"'), "unknown-stage"),
        "include": (text.replace('"note"', '"include": ["a.json"], "note"'), "no-includes"),
        "10 MB": (text.replace('"note": "', '"note": "' + "x" * 10_000_000), "too-large"),
        "deep expression": (text.replace("\"cmd.good\"", '"' + "!" * 10_000 + 'cmd.good"'), "cel-too-large"),
        "deep brackets": (text.replace('"note"', '"x": ' + "[" * 10_000 + "]" * 10_000 + ', "note"'), "too-deep"),
        "duplicate key": (text.replace('"kind": "workflow"', '"kind": "workflow", "kind": "workflow"', 1), "duplicate-member"),
        "not UTF-8": (text.encode("utf-8").replace("报修".encode("utf-8"), b"\xff\xfe", 1), "not-utf8"),
    }
    data = scratch / "bad"
    call("init", data, "--clock", "virtual", "--lanes", "2")
    for what, (content, code) in broken.items():
        path = scratch / "broken.json"
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        answer = ask("rules-check", "rules", "check", path, code=8)[0]
        check(f"{what} is found", any(f["code"] == code and f["line"] >= 1 and f["column"] >= 1 and f["text"] for f in answer["findings"]), answer)
        for verb in (("directory", "publish", HERE / "places.json"), ("rules", "publish")):
            refused = call(*verb, path, data=data)
            told = re.search(re.escape(str(path)) + r":([0-9]+):([0-9]+): \S.* \S+", refused.stderr)
            check(f"{what} is not published, and its place told", refused.returncode == 2 and told and "0" not in told.groups(), refused.stderr)
    check("nothing was published", call("directory", "list", "--json", data=data).stdout == "")
    slip = scratch / "bodies.json"
    slip.write_text((HERE / "bodies.json").read_text(encoding="utf-8").replace('"kind": "CREW"', '"kind": "CREWS"'), encoding="utf-8")
    refused = call("directory", "publish", slip, data=data)
    check("a slip in bodies is told with its place", refused.returncode == 2 and "bodies.json:5:" in refused.stderr, refused.stderr)


def run_cases(data, scratch):
    call("init", data, "--clock", "virtual", "--lanes", "4")
    files = [HERE / n for n in ("places.json", "bodies.json", *OWN)] + [SOURCE / "schemas/directory/calendar-2025-2026.json"]
    published = ask("directory-publish", "directory", "publish", *files, "--activate", data=data)
    check("all are published", len(published) == len(files), published)
    answer = ask("rules-check", "rules", "check", HERE / "repair.json", data=data)[0]
    check("clean against the roles of the folder", answer["ok"], answer)
    (opened,) = submit(data, {"command": "AskRepair", "actor": DESK, "at": "2026-03-02T09:00:00+08:00", "idempotency_key": "a",
                              "data": {"place": "990100001", "urgency": "PLAIN", "text": "The lamp is dark."}})
    check("a case is opened", opened["status"] == "accepted", opened)
    case = opened["case"]
    refused = submit(data, {"command": "SendCrew", "case": case, "actor": DESK, "data": {"lead": "WARDEN-990100001"}}, code=1)
    check("a requirement refuses in its own words", refused[0]["reason"]["code"] == "no-crew", refused)
    refused = submit(data, {"command": "SendCrew", "case": case, "actor": CREW, "data": {"lead": "CREW-990100001"}}, code=1)
    check("another role is refused", refused[0]["reason"]["code"] == "forbidden-role", refused)
    submit(data, {"command": "SendCrew", "case": case, "actor": DESK, "data": {"lead": "CREW-990100001", "parts_days": 5}})
    (shown,) = ask("case-show", "case", "show", case, data=data)
    clocks = {c["name"]: c for c in shown["clocks"]}
    check("it waits, its clock suspended", shown["stage"] == "WAITS_FOR_PARTS" and clocks["mend"]["state"] == "suspended", shown)
    submit(data, {"command": "PartsCame", "case": case, "actor": CREW, "at": "2026-03-05T09:00:00+08:00", "data": {}},
           {"at": "2026-03-20T09:00:00+08:00", "command": "AdvanceClock"})
    (shown,) = ask("case-show", "case", "show", case, data=data)
    clocks = {c["name"]: c for c in shown["clocks"]}
    check("the ladder climbed twice and ended", shown["level"] == 2 and clocks["next_desk"]["state"] == "breached", shown)
    check("nobody came: supervised", shown["supervision"] == 1 and clocks["be_there"]["state"] == "breached", shown)
    picture = [{"sha256": "a" * 64, "mime": "image/jpeg"}]
    submit(data, {"command": "SayDone", "case": case, "actor": CREW, "data": {"text": "done", "evidence": picture}},
           {"command": "LookAtIt", "case": case, "actor": WARDEN, "data": {"good": False, "reason": "STILL_DARK"}},
           {"command": "SayDone", "case": case, "actor": CREW, "data": {"text": "done", "evidence": picture}},
           {"command": "LookAtIt", "case": case, "actor": WARDEN, "data": {"good": True}})
    (shown,) = ask("case-show", "case", "show", case, data=data)
    check("it is mended", shown["stage"] == "MENDED" and shown["workflow"] == {"id": "mill-repair", "version": 1}, shown)
    submit(data, {"at": "2026-04-30T09:00:00+08:00", "command": "AdvanceClock"})
    (shown,) = ask("case-show", "case", "show", case, data=data)
    check("a clock shelves it", shown["stage"] == "SHELVED", shown)

    (question,) = submit(data, {"command": "PutQuestion", "actor": WARDEN, "data": {"place": "990100001", "question": "When?"}})
    submit(data, {"command": "LookUp", "case": question["case"], "actor": DESK, "data": {}},
           {"command": "Tell", "case": question["case"], "actor": DESK, "data": {"text": "On Monday."}})
    (shown,) = ask("case-show", "case", "show", question["case"], data=data)
    check("three stages do", shown["stage"] == "TOLD" and shown["workflow"]["id"] == "mill-question", shown)
    (way,) = submit(data, {"command": "BeginLongWay", "actor": DESK, "data": {"place": "990100001", "long_way": True}})
    submit(data, *[{"command": "GoOn", "case": way["case"], "actor": DESK, "data": {}} for _ in range(39)])
    (shown,) = ask("case-show", "case", "show", way["case"], data=data)
    check("forty stages do", shown["stage"] == "S40" and shown["workflow"]["id"] == "mill-long-way", shown)
    change_rules(data, scratch)


def change_rules(data, scratch):
    """A draft is compared, drawn, tried, published from an instant on; an open case is moved to it."""
    (opened,) = submit(data, {"command": "AskRepair", "actor": DESK, "at": "2026-05-06T09:00:00+08:00",
                              "data": {"place": "990100001", "urgency": "PLAIN", "text": "A door."}},)
    case = opened["case"]
    text = (HERE / "repair.json").read_text(encoding="utf-8")
    draft = scratch / "draft.json"
    draft.write_text(text.replace('"version": 1', '"version": 2', 1).replace('"n": 10, "unit": "WD"', '"n": 4, "unit": "WD"')
                     .replace("ASKED", "NOTED").replace("be_there", "on_site"), encoding="utf-8")
    check("the draft is another", draft.read_text(encoding="utf-8") != text)
    (compared,) = ask("rules-diff", "rules", "diff", HERE / "repair.json", draft, code=8)
    words = " ".join(c["text"]["en"] for c in compared["changes"])
    check("the change of the limit is said", '"10 WD if case.urgency != \'BURST\'" became "4 WD' in words, words)
    check("in Chinese too", any("删去" in c["text"]["zh"] for c in compared["changes"]), compared)
    (same,) = ask("rules-diff", "rules", "diff", HERE / "repair.json", HERE / "repair.json")
    check("a workflow is as it is", same["same"] and not same["changes"])
    (tried,) = ask("rules-try", "rules", "try", draft, code=8, data=data)
    check("the draft would shorten what waits", tried["cases"] == 4 and tried["waited"] >= 1 and tried["ended"] >= 1, tried)
    (unchanged,) = ask("rules-try", "rules", "try", HERE / "repair.json", data=data)
    check("the workflow itself changes nothing", unchanged["differing"] == 0 and unchanged["newly_refused"] == 0, unchanged)
    drawn = call("rules", "draw", draft, "--format", "mermaid", "--lang", "en")
    check("Mermaid is drawn", drawn.returncode == 0 and drawn.stdout.startswith("stateDiagram-v2"), drawn.stderr)
    drawn = call("rules", "draw", draft)
    if shutil.which("dot"):
        check("SVG is drawn", drawn.returncode == 0 and "</svg>" in drawn.stdout, drawn.stderr)
    else:
        check("without Graphviz that is said", drawn.returncode == 3 and "graphviz" in drawn.stderr, drawn.stderr)

    (published,) = ask("directory-publish", "rules", "publish", draft, "--from", "2026-05-10T00:00:00+08:00", data=data)
    check("the new version is published", published["version"] == 2, published)
    (before,) = submit(data, {"command": "AskRepair", "actor": DESK, "at": "2026-05-09T09:00:00+08:00",
                              "data": {"place": "990100001", "urgency": "PLAIN", "text": "A."}})
    (after,) = submit(data, {"command": "AskRepair", "actor": DESK, "at": "2026-05-10T09:00:00+08:00",
                             "data": {"place": "990100001", "urgency": "PLAIN", "text": "B."}})
    versions = [ask("case-show", "case", "show", c["case"], data=data)[0]["workflow"]["version"] for c in (before, after)]
    check("it rules from its instant on", versions == [1, 2], versions)
    planned = ask("rules-migrate", "rules", "migrate", "mill-repair@2", "--dry-run", data=data, code=8)
    check("a stage that is gone needs a mapping", {p["reason"]["code"] for p in planned} == {"unknown-stage"} and len(planned) == 2, planned)
    refused = ask("rules-migrate", "rules", "migrate", "mill-repair@2", "--reason", "LIMIT_2026", data=data, code=1)
    check("nothing is moved by half", len(refused) == 2, refused)
    mapped = ("--map", "ASKED=NOTED")
    planned = ask("rules-migrate", "rules", "migrate", "mill-repair@2", *mapped, "--dry-run", data=data)
    check("the dry run says what ends", all(p["clocks_ended"] == ["be_there"] and p["new_stage"] == "NOTED" for p in planned), planned)
    (shown,) = ask("case-show", "case", "show", case, data=data)
    check("a dry run changes nothing", shown["workflow"]["version"] == 1, shown)
    moved = ask("rules-migrate", "rules", "migrate", "mill-repair@2", *mapped, "--reason", "LIMIT_2026", "--by", "p9", data=data)
    check("both are moved", [m["status"] for m in moved] == ["migrated", "migrated"], moved)
    (shown,) = ask("case-show", "case", "show", case, data=data)
    check("the case follows the new version", shown["workflow"]["version"] == 2 and shown["stage"] == "NOTED", shown)
    last = ask("case-history", "case", "history", case, data=data)[-1]
    check("its history says why", last["type"] == "WorkflowMigrated" and last["data"]["reason"] == "LIMIT_2026", last)
    submit(data, {"command": "SendCrew", "case": case, "actor": DESK, "data": {"lead": "CREW-990100001"}})
    outside = submit(data, {"command": "MigrateCase", "case": case, "actor": DESK,
                            "data": {"workflow": "mill-repair", "version": 1, "reason": "X"}}, code=1)
    check("nobody migrates from outside", outside[0]["status"] == "rejected", outside)
    (audited,) = ask("audit-redecide", "audit", "redecide", data=data)
    check("an auditor decides the same", audited["different"] == 0 and audited["equal"] > 60, audited)


def main():
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        documents_hold(scratch)
        run_cases(scratch / "d", scratch)
    for claim in FAILED:
        print("✗", claim)
    print(f"own workflows: {CHECKS} checks, {len(FAILED)} failed")
    return 1 if FAILED else 0


sys.exit(main())
