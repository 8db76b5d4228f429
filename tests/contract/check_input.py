#!/usr/bin/env python3
"""Bad input, as the table D.6 of hostile inputs and a careless user give it: each is refused with what, where and what to do,
nothing is lost, and nothing is stored that should not be.

Usage: check_input.py PROGRAM SOURCE-DIR
"""
import json
import os
import subprocess
import sys

import program

GOOD = {"command": "RegisterCase", "at": "2026-05-18T09:00:00+08:00", "actor": {"body": "HOTLINE-510108", "role": "AGENT"},
        "data": {"type": "COMPLAINT", "category": "C17", "urgency": "NORMAL", "place": "5101080170060001", "text": "x"}}


def with_data(**data):
    return GOOD | {"data": GOOD["data"] | data}


def raw(value):
    return json.dumps(value, ensure_ascii=False)


# What is given, and words of which one must stand in the reason (code, text or path).
HOSTILE = [
    ("trailing garbage", "{} x", ["malformed-json"]),
    ("no JSON", "this is no JSON", ["malformed-json"]),
    ("100,000 open brackets", "[" * 100_000, ["too-deep"]),
    ("100,000 open objects", '{"a":' * 100_000, ["too-deep"]),
    ("a line over 8 MiB", raw(with_data(text="x" * (8 << 20))), ["too-large", "too-long"]),
    ("100,000 members", "{" + ",".join(f'"k{i}":1' for i in range(100_000)) + "}", ["too-many-members"]),
    ("a name of 64 KiB", raw(GOOD | {"k" * 65536: 1}), ["unknown-member", "too-long", "malformed-json"]),
    ("a member twice", '{"command":"RegisterCase","command":"CloseCase"}', ["duplicate-member"]),
    ("a member twice, deep", raw(GOOD).replace('"role": "AGENT"', '"role": "AGENT", "role": "SUPERVISOR"'), ["duplicate-member"]),
    ("-1 as a version", raw(GOOD | {"expected_version": -1}), ["expected_version"]),
    ("2^64", raw(GOOD).replace('"x"', "18446744073709551616"), ["not-an-integer", "out-of-range"]),
    ("1e400", raw(GOOD).replace('"x"', "1e400"), ["not-an-integer", "malformed-json"]),
    ("NaN", raw(GOOD).replace('"x"', "NaN"), ["malformed-json"]),
    ("Infinity", raw(GOOD).replace('"x"', "Infinity"), ["malformed-json"]),
    ("1.0", raw(GOOD | {"expected_version": 0}).replace('"expected_version": 0', '"expected_version": 1.0'), ["not-an-integer"]),
    ("a number for a text", raw(with_data(text=5)), ["/data/text"]),
    ("a text for a version", raw(GOOD | {"expected_version": "1"}), ["expected_version"]),
    ("a list for an object", raw(GOOD | {"data": []}), ["/data"]),
    ("an object for a text", raw(GOOD | {"command": {}}), ["/command"]),
    ("null for what is needed", raw(GOOD | {"actor": None}), ["actor"]),
    ("null for a field", raw(with_data(category=None)), ["category"]),
    ("an unknown member", raw(GOOD | {"created_by": "me"}), ["created_by"]),
    ("an unknown member of the actor", raw(GOOD | {"actor": GOOD["actor"] | {"org_id": 1}}), ["org_id"]),
    ("status from outside", raw(with_data(status="CLOSED")), ["/status"]),
    ("a sequence number from outside", raw(with_data(case_seq=1)), ["case_seq"]),
    ("half a surrogate pair", raw(GOOD).replace('"x"', '"\\ud800"'), ["malformed-json", "not-utf8"]),
    ("no UTF-8", raw(GOOD).encode().replace(b'"x"', b'"\xff\xfe"'), ["not-utf8", "malformed-json"]),
    ("overlong UTF-8", raw(GOOD).encode().replace(b'"x"', b'"\xc0\xaf"'), ["not-utf8", "malformed-json"]),
    ("UTF-16", raw(GOOD).encode("utf-16"), ["not-utf8", "malformed-json"]),
    ("a byte order mark", b"\xef\xbb\xbf" + raw(GOOD).encode(), ["malformed-json", "byte"]),
    ("U+0000 in a text", raw(GOOD).replace('"x"', '"a\\u0000b"'), ["control-character", "malformed-json"]),
    ("a raw control character", raw(GOOD).replace('"x"', '"a\x01b"'), ["control-character", "malformed-json"]),
    ("an escaped control character", raw(GOOD).replace('"x"', '"a\\u0007b"'), ["control"]),
    ("a bidi override in an identifier", raw(GOOD | {"idempotency_key": "k\u202e1"}), ["idempotency_key"]),
    ("a bidi override in a code", raw(GOOD | {"command": "Register\u202eCase"}), ["command"]),
    ("a zero-width blank in an identifier", raw(GOOD | {"external": {"channel": "CH-12345", "reference": "A\u200b1"}}), ["reference"]),
    ("a zero-width mark in a body", raw(GOOD | {"actor": {"body": "HOTLINE\ufeff-510108", "role": "AGENT"}}), ["/actor/body"]),
    ("a text of 20,001 bytes", raw(with_data(text="y" * 20_001)), ["too-long"]),
    ("a place that is none", raw(with_data(place="999999")), ["place"]),
    ("a time without a zone", raw(GOOD | {"at": "2026-05-18T09:00:00"}), ["/at"]),
    ("a date that is none", raw(GOOD | {"occurred_at": "2026-02-30T09:00:00+08:00"}), ["occurred_at"]),
    ("a sealed value from outside", raw(with_data(text={"sealed": "AAAA", "key": "k", "commit": "0" * 64})), ["/data/text", "/text"]),
]

FRIENDLY = [
    ("emoji, rare Han, Tibetan and Uyghur", "🙏 𠮷𬎆 བོད་ཡིག ئۇيغۇرچە"), ("HTML", "<img src=x onerror=alert(1)>"),
    ("a formula", "=cmd|' /C calc'!A0"), ("a format", "%n%s%x {}{0} ${jndi:ldap://x} {{7*7}}"),
    ("a bidi override in free text", "a\u202eb"), ("5,000 characters", "长" * 5_000), ("a tab and a line break", "a\tb\nc"),
]


def hostile(the, data):
    for name, given, words in HOSTILE:
        line = given if isinstance(given, bytes) else given.encode("utf-8")
        # Lines before and after it run.
        done = the.call("submit", "-", "--json", data=data, given=line + b"\n" + raw({"command": "AdvanceClock", "at": "2026-05-18T09:00:00+08:00"}).encode() + b"\n")
        answers = [json.loads(one) for one in done.stdout.splitlines()]
        reason = answers[0]["reason"] if answers else None
        the.check(f"{name} is refused", bool(reason) and answers[0]["status"] == "rejected" and done.returncode == 1,
                  f"exit {done.returncode} {str(answers)[:300]} {done.stderr[:200]}")
        if reason:
            said = reason["code"] + " " + reason["text"] + " " + reason["path"]
            the.check(f"{name} is named", any(word in said for word in words), said[:300])
            the.check(f"{name}: the message is short", len(said) < 600, f"{len(said)} characters")
        the.check(f"after {name} the next line runs", len(answers) == 2 and answers[1]["status"] == "accepted", str(answers[1:])[:300])
        for fault in (f for a in answers for f in the.schemas.faults("submit-outcome", a)):
            the.check(f"{name}: the answer fits its schema", False, fault)
    the.check("no case came of it", the.call("case", "list", "--json", data=data).stdout == "")


def friendly(the, data):
    for number, (name, text) in enumerate(FRIENDLY):
        line = with_data(text=text) | {"idempotency_key": f"friendly-{number}"}
        out = the.ask("submit-outcome", "submit", "-", given=program.lines_of(line), data=data)
        the.check(f"{name} is taken", bool(out) and out[0]["status"] == "accepted", str(out)[:300])


def careless(the, scratch, data):
    """The wrong folder, no folder, a file that is none: exit code, and a message that says what to do."""
    empty = scratch / "empty"
    empty.mkdir()
    cases = [
        (["case", "list"], None, 2, ["--data", "LASTKM_DATA"]), (["case", "list"], "/nonexistent/x", 3, ["lastkm init"]),
        (["case", "list"], empty, 3, ["lastkm init"]), (["audit", "redecide"], empty, 3, ["lastkm init"]),
        (["submit", "/nonexistent.jsonl"], data, 3, ["/nonexistent.jsonl"]), (["submit", scratch], data, 2, ["folder"]),
        (["case", "show", "nonsense"], data, 3, ["nonsense", "reference number"]), (["case", "show", "0-999999"], data, 3, ["0-999999"]),
        (["case", "history", "0" * 32], data, 3, ["0" * 32]), (["audit", "replay", "0" * 32], data, 3, ["0" * 32]),
        (["audit", "replay", "0" * 32, "--as-of", "yesterday"], data, 2, ["yesterday"]), (["worklist", "PSC"], data, 3, ["KIND-PLACE"]),
        (["case", "list", "--where", "stage"], data, 2, ["stage"]), (["directory", "activate", "999"], data, 3, ["999", "directory list"]),
        (["directory", "activate", "x"], data, 2, ["`lastkm directory activate --help`"]), (["rules", "try"], data, 2, ["DRAFT", "`lastkm rules try --help`"]), (["case"], data, 2, ["`lastkm case --help`"]), (["directory", "publish"], data, 2, ["--shipped"]),
        (["directory", "publish", "/nonexistent.json"], data, 3, ["/nonexistent.json"]), (["directory", "show", "no"], data, 3, ["directory list"]),
        (["quarantine", "skip", "x", "--reason", "r"], data, 2, ["LANE:ORDINAL"]), (["log", "dump", "--from", "x"], data, 2, ["commands"]),
        (["import", "--format", "x", "f"], data, 2, ["nyc311"]), (["import", "--format", "hotline-csv", "/nonexistent"], data, 3, ["/nonexistent"]),
        (["init", data], None, 1, ["not empty"]), (["init", scratch / "z", "--lanes", "0"], None, 2, ["1 to 1024"]), (["submit"], data, 2, ["--help"]),
        (["scenario", "run", "/nonexistent"], None, 3, ["/nonexistent"]), (["case", "shwo", "x"], data, 2, ["case show"]), ([], None, 2, ["--help"]),
        (["rates", "--cases=", "--json"], data, 3, ["(none yet)", "empty"]), (["hot", "--cases", ""], data, 3, ["(none yet)", "empty"]), (["rates", "--by=", "--json"], data, 2, ["--by", "empty"]),
        (["rates", "--from", ""], data, 2, ["--from", "empty"]), (["hot", "--month="], data, 2, ["--month", "empty"]), (["case", "show", ""], data, 2, ["ID", "empty"]),
        (["case", "list", "--where="], data, 2, ["--where", "empty"]), (["due", "--before="], data, 2, ["--before", "empty"]),
    ]
    for words, where, code, said in cases:
        done = the.call(*words, data=where)
        shown = "lastkm " + " ".join(map(str, words))
        the.check(f"{shown} exits {code}", done.returncode == code, f"exit {done.returncode}: {done.stdout[:100]} {done.stderr[:300]}")
        for word in said:
            the.check(f"{shown} says {word}", str(word) in done.stderr, done.stderr[:400])


def no_temporary_files(the, scratch, data):
    """Without a folder for temporary files: what needs one is refused and says why, and leaves nothing behind."""
    story, table = scratch / "story.txt", scratch / "in.csv"
    story.write_text("scenario S1 x\n2026-05-18 09:00 HOTLINE-510108 AGENT CloseCase\n", encoding="utf-8")
    table.write_text("reference,channel,text\nT-1,CH-12345,x\n", encoding="utf-8")
    workflow = the.source / "schemas" / "workflows" / "three-party.json"
    for words, where in [(["demo", "--days", "1"], None), (["scenario", "run", story], None), (["rules", "draw", workflow], None),
                         (["import", "--dry-run", "--format", "hotline-csv", table], data), (["bench", "lives"], None),
                         (["log", "copy", "--from", f"embedded:{data}", "--to", f"embedded:{scratch / 'copy'}"], None)]:
        done = the.call(*words, data=where, env={"TMPDIR": "/nonexistent"})
        shown = " ".join(map(str, words[:2]))
        the.check(f"{shown} without temporary files is refused", done.returncode == 1 and "cannot-write" in done.stderr, f"exit {done.returncode}: {done.stderr[:300]}")
        the.check(f"{shown} says what to set", "TMPDIR" in done.stderr, done.stderr[:300])
    quoted = scratch / "it's here"
    quoted.mkdir()
    (scratch / "bin").mkdir()
    painter = scratch / "bin" / "dot"
    painter.write_text('#!/bin/sh\ngrep -q digraph "$2" && echo "<svg>$2</svg>"\n', encoding="utf-8")
    painter.chmod(0o755)
    drawn = the.call("rules", "draw", workflow, env={"TMPDIR": str(quoted), "PATH": f"{painter.parent}:{os.environ['PATH']}"})
    the.check("a workflow is drawn where a path has a quote", drawn.returncode == 0 and f"<svg>{quoted}" in drawn.stdout, drawn.stdout[:300] + drawn.stderr)
    the.check("no temporary file stays", not list(quoted.iterdir()))


def too_large(the, scratch, data):
    """A file or an input over the limit is refused before it is in memory."""
    huge = scratch / "huge.json"
    with huge.open("wb") as file:
        file.truncate(8 << 30)  # of holes: it takes no room
    for name, given in ((str(huge), ""), ("-", b" " * ((64 << 20) + 1))):
        done = the.call("rules", "check", name, given=given)
        the.check(f"{name} over 64 MiB is too large", done.returncode == 2 and "too-large" in done.stderr and "64 MiB" in done.stderr, f"{done.returncode} {done.stderr[:300]}")


def damaged_document(the, scratch, data):
    before = the.call("directory", "list", "--json", data=data).stdout
    for name, text, word in [("twice.json", '{"kind":"bodies","kind":"places"}', ":1:"), ("cut.json", '{"kind":', "cut.json:1:"),
                             ("kind.json", '{"kind":"poem","id":"x","version":1}', "poem")]:
        (scratch / name).write_text(text, encoding="utf-8")
        done = the.call("directory", "publish", scratch / name, data=data)
        the.check(f"{name} is not published", done.returncode == 2 and word in done.stderr, f"{done.returncode} {done.stderr[:300]}")
    the.check("nothing was published", before == the.call("directory", "list", "--json", data=data).stdout)


def second_process(the, data):
    """While one process has the folder, another that needs it for itself is told who has it."""
    holder = subprocess.Popen([the.program, "submit", "-", "--data", str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        holder.stdin.write(b"{}\n")
        holder.stdin.flush()
        while holder.poll() is None and (data / "owner").read_text().strip() != str(holder.pid):
            pass
        done = the.call("case", "list", data=data)
        the.check("a second process is refused with exit 5", done.returncode == 5, f"{done.returncode} {done.stderr}")
        the.check("and told what to do", "serve" in done.stderr and str(holder.pid) in done.stderr, done.stderr)
        audit = the.call("audit", "redecide", "--json", data=data)
        the.check("an audit reads beside it", audit.returncode == 0 and json.loads(audit.stdout)["different"] == 0, audit.stderr)
    finally:
        holder.stdin.close()
        holder.wait(timeout=60)


def run(the, scratch):
    data = scratch / "d"
    the.call("init", data, "--clock", "virtual", "--lanes", 2)
    the.call("directory", "publish", "--shipped", "--activate", data=data)
    hostile(the, data)
    friendly(the, data)
    careless(the, scratch, data)
    no_temporary_files(the, scratch, data)
    too_large(the, scratch, data)
    damaged_document(the, scratch, data)
    second_process(the, data)
    sum_ = the.ask("audit-redecide", "audit", "redecide", data=data)
    the.check("everything can be decided again", bool(sum_) and sum_[0]["different"] == 0, str(sum_))


if __name__ == "__main__":
    sys.exit(program.main("input", run))
