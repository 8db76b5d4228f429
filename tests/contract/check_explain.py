#!/usr/bin/env python3
"""Explains a case, its refusals and a request that never became a case, and holds what is said against the published document,
the calendar and the log: the named line holds the rule, the days that were skipped are the days that were off.

Usage: check_explain.py PROGRAM SOURCE-DIR
"""
import json
import sys

import program
from program import lines_of

HOTLINE, PSC = "HOTLINE-510108", "PSC-5101080170060001"


def command(name, at, body, role, case=None, external=None, **data):
    line = {"command": name, "at": f"{at}:00+08:00", "actor": {"body": body, "role": role, "person": "p-1"}, "data": data}
    return line | ({"case": case} if case else {}) | ({"external": {"channel": "CH-12345", "reference": external}} if external else {})


CLASS = {"category": "C17", "type": "COMPLAINT", "urgency": "NORMAL", "place": "5101080170060001"}


def play(the, data):
    """A case with refusals of every kind, an extension, a suspension over the National Day, a breach and an escalation."""
    the.call("init", data, "--clock", "virtual", "--lanes", 4)
    the.call("directory", "publish", "--shipped", "--activate", data=data)
    opened = the.ask("submit-outcome", "submit", "-", data=data, given=lines_of(
        command("RegisterCase", "2026-09-18T09:00", HOTLINE, "AGENT", external="E-1", text="楼上装修噪声", **CLASS)))
    case = opened[0]["case"]
    lines = [
        command("SignCase", "2026-09-18T09:05", PSC, "HANDLER", case),                               # wrong-stage
        command("AcceptCase", "2026-09-18T09:06", PSC, "HANDLER", case, **CLASS),                    # forbidden-role
        command("AcceptCase", "2026-09-18T09:07", HOTLINE, "AGENT", case, **(CLASS | {"urgency": "SOON"})),  # bad-data
        command("Dance", "2026-09-18T09:08", HOTLINE, "AGENT", case),                                # unknown-command
        command("AcceptCase", "2026-09-18T09:10", HOTLINE, "AGENT", case, **CLASS),
        command("DispatchCase", "2026-09-18T09:20", HOTLINE, "DISPATCHER", case, lead=PSC),
        command("SignCase", "2026-09-18T09:30", "OC-5101080170060001", "HANDLER", case),             # the workflow's own: not-lead
        command("SignCase", "2026-09-18T09:40", PSC, "HANDLER", case) | {"idempotency_key": "k1"},
        command("SignCase", "2026-09-18T09:40", PSC, "HANDLER", case) | {"idempotency_key": "k1"},   # a repeat
        command("RecordAct", "2026-09-18T10:00", PSC, "HANDLER", case, kind="arrived", text="x") | {"expected_version": 1},
    ]
    out = the.ask("submit-outcome", "submit", "-", given=lines_of(*lines), data=data, code=4)
    lost = the.ask("submit-outcome", "submit", "-", data=data, code=1, given=lines_of(
        command("RegisterCase", "2026-09-18T10:05", HOTLINE, "HANDLER", external="E-2", text="x", **CLASS)))
    the.call("submit", "-", given=lines_of({"command": "AdvanceClock", "at": "2026-12-20T00:00:00+08:00"}), data=data)
    return case, out, lost


def rule_stands_there(the, data, step):
    """The named line of what `directory show` prints holds the rule."""
    place = step["place"]
    document = the.call("directory", "show", place["document"], data=data).stdout.splitlines()
    line = document[place["line"] - 1] if place["line"] <= len(document) else "(behind the end)"
    name = step["rule"].split("/")[-1]
    if step["kind"] == "refusal" and place["pointer"].endswith("/if"):
        wanted = '"if": '
    elif name == "due":
        wanted = '"on_due": '
    else:
        wanted = f'"{name}"'
    the.check(f"line {place['line']} of {place['document']} holds {step['rule']}", wanted in line, line)


def explained(the, data, case, language):
    steps = the.ask("audit-explain", "audit", "explain", case, "--lang", language, data=data)
    history = the.ask("case-history", "case", "history", case, data=data)
    the.check("every event is explained, in order", [s["seq"] for s in steps if s["kind"] == "event"] == [e["seq"] for e in history])
    the.check("decisions stand in their order", [int(s["decision"].split(":")[1]) for s in steps]
              == sorted(int(s["decision"].split(":")[1]) for s in steps))
    for step in steps:
        if step["place"]:
            rule_stands_there(the, data, step)
        the.check(f"step {step['decision']} by a workflow's rule names its place", bool(step["place"]) or "@" not in step["rule"], str(step)[:300])
        the.check("a sentence, not a code", len(step["text"]) > 30 and step["text"][-1] in ".。", step["text"])
        chinese = any("\u4e00" <= c <= "\u9fff" for c in step["text"])
        the.check(f"it is in {language}", chinese == (language == "zh"), step["text"])
    return steps


def run(the, scratch):
    data = scratch / "d"
    case, out, lost = play(the, data)
    steps = explained(the, data, case, "en")
    refusals(the, steps)
    clocks(the, steps)
    chinese = explained(the, data, case, "zh")
    text = "\n".join(s["text"] + "".join(c["how"] for c in s["clocks"]) for s in chinese)
    for word in ("国庆节", "个工作日", "周末", "不计入", "塘苑物业服务中心", "已签收", "未获准", "只有主办单位可以办理此步骤"):
        the.check(f"the Chinese note says {word}", word in text, text[:2000])
    by_locale = the.call("audit", "explain", case, "--json", data=data, env={"LC_ALL": "zh_CN.UTF-8"}).stdout
    the.check("the language follows the locale", by_locale == the.call("audit", "explain", case, "--json", "--lang", "zh", data=data).stdout)
    refused = next(o for o in out if o["reason"] and o["reason"]["code"] == "not-lead")
    one = the.ask("audit-explain", "audit", "explain", refused["explain"], data=data)
    the.check("the answer to submit names the explanation", len(one) == 1 and one[0]["refused"]["code"] == "not-lead", str(one))
    never = the.ask("audit-explain", "audit", "explain", lost[0]["explain"], data=data)
    the.check("a request that was refused at the door is explained", len(never) == 1 and never[0]["refused"]["code"] == "forbidden-role", str(never))
    the.check("also by its id", the.ask("audit-explain", "audit", "explain", lost[0]["case"], data=data) == never)
    the.check("an unknown case is not found", the.call("audit", "explain", "f" * 32, data=data).returncode == 3)
    the.check("an unknown decision is not found", the.call("audit", "explain", "0:999999", data=data).returncode == 3)
    bare_refusals(the, data, scratch)
    one_day_left(the, scratch / "one")
    standing_still(the, scratch / "standing")
    shown = the.call("audit", "explain", case, "--lang", "en", data=data).stdout
    the.check("sealed text is said to be sealed", "(sealed)" in shown and "楼上" not in shown)
    the.check("paragraphs keep within the columns", all(program.width(line) <= 100 for line in shown.splitlines()[:-1]),
              max(shown.splitlines(), key=program.width))


MINI = {
    "kind": "workflow", "id": "mini", "version": 1, "title": {"zh": "简", "en": "Mini"}, "applies": "actor.kind == 'PSC'",
    "stages": [{"id": "NEW", "title": {"zh": "新", "en": "New"}, "holders": "''"}, {"id": "DONE", "title": {"zh": "结", "en": "Done"}, "ends": True}],
    "clocks": [],
    "commands": [
        {"name": "AskMini", "title": {"zh": "问", "en": "Ask"}, "opens": True, "roles": ["AGENT", "HANDLER"], "fields": [],
         "transitions": [{"id": "M1", "to": "NEW", "events": [{"type": "CaseRegistered"}]}]},
        {"name": "EndMini", "title": {"zh": "止", "en": "End"}, "roles": ["HANDLER"], "fields": [],
         "transitions": [{"id": "M2", "from": ["NEW"], "to": "DONE", "require": [{"if": "case.evidence > 0", "code": "no-proof"}],
                          "events": [{"type": "CaseClosed"}]}]}]}


def bare_refusals(the, data, scratch):
    """A requirement that gives a code alone, and a request that no workflow takes."""
    document = scratch / "mini.json"
    document.write_text(json.dumps(MINI), encoding="utf-8")
    the.check("the small workflow is published", the.call("rules", "publish", document, "--activate", data=data).returncode == 0)
    at = "2026-12-21T09:00"
    (opened,) = the.ask("submit-outcome", "submit", "-", data=data, given=lines_of(command("AskMini", at, PSC, "HANDLER")))
    (ended,) = the.ask("submit-outcome", "submit", "-", data=data, code=1, given=lines_of(command("EndMini", at, PSC, "HANDLER", opened["case"])))
    (untaken,) = the.ask("submit-outcome", "submit", "-", data=data, code=1, given=lines_of(command("AskMini", at, HOTLINE, "AGENT")))
    for language, words in {"en": "gives no reason but its code, no-proof.", "zh": "其代码为 no-proof。"}.items():
        (step,) = the.ask("audit-explain", "audit", "explain", ended["explain"], "--lang", language, data=data)
        the.check(f"a code stands for the reason that is not given ({language})", words in step["text"] and "  " not in step["text"], step["text"])
    (step,) = the.ask("audit-explain", "audit", "explain", untaken["explain"], "--lang", "en", data=data)
    the.check("what `applies` looked at is told", step["facts"] == {"actor.kind": "HOTLINE"} and "The rule looked at" in step["text"], str(step))
    the.check("and what it demands", "mini@1" in step["refused"]["needed"] and "actor.kind == 'PSC'" in step["refused"]["needed"], str(step))


def standing_still(the, data):
    """A limit that is suspended while its case is reported on and comes back, and a step that is told of before the request."""
    the.call("init", data, "--clock", "virtual", "--lanes", 4)
    the.call("directory", "publish", "--shipped", "--activate", data=data)
    opened = command("RegisterCase", "2026-09-18T09:00", HOTLINE, "AGENT", external="E-1", text="楼上装修噪声", **CLASS)
    (opened,) = the.ask("submit-outcome", "submit", "-", data=data, given=lines_of(opened | {"occurred_at": "2026-08-31T18:00:00+08:00"}))
    case = opened["case"]
    accepted = command("AcceptCase", "2026-09-18T09:10", HOTLINE, "AGENT", case, **CLASS)
    (early,) = the.ask("submit-outcome", "submit", "-", data=data, code=1, given=lines_of(accepted | {"occurred_at": "2026-08-31T17:59:00+08:00"}))
    the.check("a step before the request is refused, and says what to do", early["reason"]["code"] == "before-opening" and early["reason"]["path"] == ""
              and "2026-08-31T18:00:00+08:00" in early["reason"]["text"] and "leave occurred_at out" in early["reason"]["text"], str(early))
    the.ask("submit-outcome", "submit", "-", data=data, given=lines_of(
        accepted, command("DispatchCase", "2026-09-18T09:20", HOTLINE, "DISPATCHER", case, lead=PSC), command("SignCase", "2026-09-18T09:30", PSC, "HANDLER", case),
        command("MakeFirstContact", "2026-09-18T09:40", PSC, "HANDLER", case, channel="phone"),
        command("SuspendClock", "2026-09-18T10:00", "STREET-510108017", "SUPERVISOR", case, clock="handle", reason="STATUTORY_PROCESS", text="x"),
        command("SubmitFeedback", "2026-09-19T10:00", PSC, "HANDLER", case, text="x", evidence=[{"sha256": "ab" * 32, "mime": "image/jpeg"}]),
        command("RejectFeedback", "2026-11-20T10:00", HOTLINE, "AGENT", case, reason="THIN")))
    for language, words in {"en": ("It stopped while it was suspended, with 15 working days left of it, and counts as met.",
                                   "It is suspended again, as it was when it stopped, with 15 working days left of it."),
                            "zh": ("停止计时（暂停期间），视为按期完成；尚余15个工作日。", "恢复为暂停状态，尚余15个工作日。")}.items():
        steps = explained(the, data, case, language)
        handle = [c for s in steps for c in s["clocks"] if c["name"] == "handle"]
        the.check(f"what is left of a suspended limit is told when it is stopped and restored ({language})",
                  [(c["change"], c["due"], c["how"]) for c in handle[-2:]] == list(zip(("stopped", "restored"), (None, None), words)), str(handle[-2:]))
        refused = next(s for s in steps if s["kind"] == "refusal")
        for word in {"en": ("what is told of lies before the request", "31 August 2026 at 18:00 or later"), "zh": ("所述时间早于诉求发生时间", "不得早于2026年8月31日")}[language]:
            the.check(f"why what is told of as earlier was refused: {word}", word in refused["text"], refused["text"])


def one_day_left(the, data):
    """Of one day is told as of one."""
    the.call("init", data, "--clock", "virtual", "--lanes", 1)
    the.call("directory", "publish", "--shipped", "--activate", data=data)
    (opened,) = the.ask("submit-outcome", "submit", "-", data=data, given=lines_of(
        command("RegisterCase", "2026-09-18T09:00", HOTLINE, "AGENT", external="E-1", text="楼上装修噪声", **CLASS)))
    case, center = opened["case"], "DISTRICT_CENTER-510108"
    the.ask("submit-outcome", "submit", "-", data=data, given=lines_of(
        command("AcceptCase", "2026-09-18T09:10", HOTLINE, "AGENT", case, **CLASS), command("DispatchCase", "2026-09-18T09:20", HOTLINE, "DISPATCHER", case, lead=PSC),
        command("SignCase", "2026-09-18T09:30", PSC, "HANDLER", case),
        command("SuspendClock", "2026-10-14T10:00", center, "SUPERVISOR", case, clock="handle", reason="STATUTORY_PROCESS", text="x"),
        command("ResumeClock", "2026-10-16T10:00", center, "SUPERVISOR", case, clock="handle")))
    told = {c["change"]: c["how"] for s in explained(the, data, case, "en") for c in s["clocks"] if c["name"] == "handle"}
    for change, words in {"suspended": "due by the end of 15 October 2026, with 1 working day left of it.", "resumed": "the 1 working day left of it, from"}.items():
        the.check(f"one day is told as one when a limit is {change}", words in told.get(change, ""), str(told))


def refusals(the, steps):
    refused = [s for s in steps if s["kind"] == "refusal"]
    the.check("refusals stand at their place", [s["refused"]["code"] for s in refused]
              == ["wrong-stage", "forbidden-role", "bad-data", "unknown-command", "not-lead", "version-conflict"],
              str([s["refused"]["code"] for s in refused]))
    needed = {s["refused"]["code"]: s["refused"]["needed"] for s in refused}
    for code, words in {"wrong-stage": ["Dispatched, waiting for signature", "Registered"], "forbidden-role": ["call agent"],
                        "bad-data": ["critical", "normal", "urgency"], "unknown-command": ["AcceptCase", "Registered"],
                        "not-lead": ["actor.body == case.lead"], "version-conflict": ["1"]}.items():
        for word in words:
            the.check(f"what {code} would have needed: {word}", word in needed.get(code, ""), str(needed.get(code)))
    own = next((s for s in refused if s["refused"]["code"] == "not-lead"), None)
    the.check("the guard that said no tells what it saw", own and own["facts"] == {"actor.body": "OC-5101080170060001", "case.lead": PSC}
              and "Only the lead takes this step" in own["text"] and "Tangyuan Owner Committee" in own["text"], str(own))
    the.check("a repeat is told", [s["kind"] for s in steps].count("repeat") == 1)


def clocks(the, steps):
    told = [(s, c) for s in steps for c in s["clocks"]]
    changes = {c["change"] for _, c in told}
    the.check("clocks start, stop and run out", {"started", "stopped", "breached"} <= changes, str(changes))
    handle = next(c for s, c in told if c["name"] == "handle" and c["change"] == "started")
    # 15 working days from Friday 18 September 2026: 20 September is a make-up Sunday, 25 to 27 are Mid-Autumn, 1 to 7 October National
    # Day, 10 October a make-up Saturday.
    the.check("the handling limit is due at the end of 15 October", handle["due"] == "2026-10-16T00:00:00+08:00", str(handle))
    for word in ("15 working days", "18 September 2026 at 09:00", "National Day", "make-up working day", "20 September 2026",
                 "cn@1", "does not count", "2 days of ordinary weekends"):
        the.check(f"how the handling limit was computed: {word}", word in handle["how"], handle["how"])
    breach = next(s for s, c in told if c["name"] == "handle" and c["change"] == "breached")
    the.check("a clock's own act is told as one", breach["who"].startswith("SYSTEM") and "ran out" in breach["text"], breach["text"])


if __name__ == "__main__":
    sys.exit(program.main("explain", run))
