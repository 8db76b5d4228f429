#!/usr/bin/env python3
"""Imports files with the program and demands the reports, cases and events that they should give.

usage: import_check.py LASTKM SOURCE      (files of cities: LASTKM_SHARED, skipped loudly where absent)
"""
import json
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from program import HOTLINE_HEAD, PLACE, Program, check, finish  # noqa: E402

REHEARSED = 250  # rows: larger files have no dry run here

# format, file, created, same, refused {code: rows}, and some of what is cleaned
CITY_FILES = [
    ("nyc311", "311/nyc_2011_2000.csv", 2000, 0, {}, {"mojibake": 1, "null-date": 1, "null-token": 1}),
    ("nyc311", "311/nyc_2018-19_1000.csv", 1000, 0, {}, {"closed-before-created": 10, "open-with-closed-date": 17}),
    ("nyc311", "311/nyc_2013-10-31_199.csv", 199, 0, {}, {}),
    ("nyc311", "311/nyc_2024-05-27_1000.soda.json", 1000, 0, {}, {"time-without-zone": 1677}),
    ("austin311", "311/austin_A_5000.csv", 4998, 0, {"missing-text": [1], "marked-for-deletion": 1},
     {"location-elsewhere": 8, "without-date": 68, "closed-without-date": 1}),
    ("boston311", "311/boston/boston311-100.csv", 100, 0, {}, {}),
    ("boston311", "311/boston/boston311-100-bad.tsv", 99, 0, {"ragged-row": 1}, {}),
    ("boston311", "311/boston/boston311-100-with-nonascii.csv", 100, 0, {}, {}),
    ("boston311", "311/boston/boston311-dmy-100.csv", 100, 0, {}, {"day-and-month-by-file-order": 1}),
    ("boston311", "311/boston/boston311-100-notime.csv", 100, 0, {}, {"date-without-time": 1}),
    ("boston311", "311/boston/boston311-100-20dupes-random.csv", 80, 20, {}, {}),
    ("boston311", "311/boston/boston311-100-untrimmed.jsonl", 100, 0, {}, {}),
    ("boston311", "311/boston/boston311-100-with-fake-pii.csv", 100, 0, {}, {}),
    ("open311", "open311/chicago_with_notes_25.json", 25, 0, {}, {}),
    ("open311", "open311/cities/service_requests.json", 2, 0, {}, {}),
    ("open311", "open311/cities/requests_many.xml", 2, 0, {}, {}),
    ("open311", "open311/cities/requests_single.xml", 1, 0, {}, {}),
    ("open311", "open311/cities/sf_truncated_head.xml", 3, 0, {}, {"damaged-document": 1, "null-location": 2}),
    ("open311", "open311/sf/service_requests.xml", 2, 0, {}, {}),
    ("open311", "open311/sf/get_service_request.xml", 1, 0, {}, {}),
]


def by_code(refused):
    out = {}
    for one in refused:
        out.setdefault(one["code"], []).append(one["row"])
    return out


def contents(program, data):
    program.must("log", "dump", "--into", program.scratch / "dumped", data=data)
    return [(program.scratch / "dumped" / f"{topic}.jsonl").read_bytes() for topic in ("commands", "decisions")] + [
        (data / "vault" / "keys").stat().st_size]


def city_files(program):
    shared = pathlib.Path(os.environ.get("LASTKM_SHARED", f"{program.source}/../shared")) / "data"
    if not shared.is_dir():
        print(f"SKIPPED: {len(CITY_FILES)} files of cities: no test data at {shared}; set LASTKM_SHARED", file=sys.stderr)
        return
    for form, name, created, same, refused, cleaned in CITY_FILES:
        data = program.folder("city")
        file = shared / name
        rehearsed = created <= REHEARSED
        if rehearsed:
            empty = contents(program, data)
            foretold = program.imports(form, file, data, "--dry-run")
            check(f"{name}: a dry run writes nothing", contents(program, data) == empty)
        report = program.imports(form, file, data)
        if rehearsed:
            check(f"{name}: a dry run foretells the report", foretold == report, f"{foretold}\n  {report}"[:3000])
        check(f"{name}: created and same", (report["created"], report["same"]) == (created, same), report)
        rows = by_code(report["refused"])
        check(f"{name}: refused", set(rows) == set(refused) and all(
            rows[c] == n if isinstance(n, list) else len(rows[c]) == n for c, n in refused.items()), rows)
        for kind, least in cleaned.items():
            check(f"{name}: cleaned {kind}", report["cleaned"].get(kind, 0) >= least, report["cleaned"])
        before = contents(program, data)
        again = program.imports(form, file, data)
        check(f"{name}: again all is the same", again["same"] == created + same and again["created"] == 0
              and again["supplemented"] == 0 and again["refused"] == report["refused"], again)
        check(f"{name}: importing again leaves no trace", contents(program, data) == before, "the log has grown")
        if rehearsed:
            check(f"{name}: a dry run of it again foretells that too", program.imports(form, file, data, "--dry-run") == again)
        cases = program.cases(data)
        check(f"{name}: a case for each", len(cases) == created, len(cases))


def hotline(*rows):
    return (HOTLINE_HEAD + "".join(rows)).encode()


def row(reference, text="x", channel="CH-12345", occurred="2026-05-20T09:30:00+08:00", kind="", category="", urgency="",
        place="", address="", name="", phone="", anonymous="", confidential="", status="", closed=""):
    return ",".join([reference, channel, occurred, kind, category, urgency, place, address, text, name, phone, anonymous,
                     confidential, status, closed]) + "\n"


def the_same_reference_again(program):
    """Same content is the same; other content supplements the case; and so it is when the file comes again."""
    data = program.folder("again")
    first = hotline(row("A1", "tap drips"), row("A2", "lamp out"), row("A1", "tap drips"), row("A1", "now it pours"))
    report = program.imports("hotline-csv", "-", data, text=first)
    check("a repeat in the file is the same, a change supplements",
          (report["created"], report["same"], report["supplemented"]) == (2, 1, 1), report)
    again = program.imports("hotline-csv", "-", data, text=first)
    check("the file again is all the same", again["same"] == 4, again)
    third = program.imports("hotline-csv", "-", data, text=hotline(row("A1", "it still pours"), row("A3", "new")))
    check("changed content supplements, once more", (third["created"], third["supplemented"]) == (1, 1), third)
    other = program.imports("hotline-csv", "-", data, text=hotline(row("A1", "tap drips", channel="CH-MAYOR")))
    check("the same reference of another channel is another case", other["created"] == 1, other)
    cases = program.cases(data)
    check("four cases", len(cases) == 4, cases)
    events = [json.loads(line)["data"] for line in program.records(data, "decisions")]
    supplements = [e["type"] for d in events for e in d.get("events", []) if e["type"] == "SupplementReceived"]
    check("two supplements in the log", len(supplements) == 2, supplements)


def refused_rows(program):
    """A row that the rules refuse is refused again without a trace, and taken once the documents allow it."""
    data = program.folder("refused")
    rows = hotline(row("B1", place="0000"), row("B2", place=PLACE), row("B3", category="X99"))
    report = program.imports("hotline-csv", "-", data, text=rows)
    check("unknown codes are refused with their rows", [r["row"] for r in report["refused"]] == [1, 3], report)
    check("with the member that they stand in", [(r["line"], r["column"]) for r in report["refused"]] == [(2, "place"), (4, "category")]
          and "'0000'" in report["refused"][0]["text"] and "'X99'" in report["refused"][1]["text"], report)
    before = len(program.records(data, "commands"))
    again = program.imports("hotline-csv", "-", data, text=rows)
    check("again refused for the same reason", again["refused"] == report["refused"] and again["same"] == 1, again)
    check("and without a trace", len(program.records(data, "commands")) == before)
    other = program.imports("hotline-csv", "-", data, "--role", "HANDLER", text=rows)
    closed = hotline(row("B4", status="closed", closed="2199-01-01T09:00:00+08:00"), row("B5", occurred="2199-01-01T09:00:00+08:00"))
    future = program.imports("hotline-csv", "-", program.folder("refused"), text=closed)
    check("what is still to come is refused", [r["code"] for r in future["refused"]] == ["bad-data"] * 2, future)
    check("another actor is asked anew", {r["code"] for r in other["refused"]} == {"forbidden-role"}, other)


def times(program):
    """Each way of writing an instant; rows keep their own time, whatever the clock says."""
    data = program.folder("times")
    written = [("2026-05-20T09:30:00+08:00", "2026-05-20T01:30:00.000Z"), ("2026-05-20T09:30:00Z", "2026-05-20T09:30:00.000Z"),
               ("2026-05-20 09:30:00", "2026-05-20T01:30:00.000Z"), ("2014-05-21 14:18:20 UTC", "2014-05-21T14:18:20.000Z"),
               ("20/05/2026 21:30", "2026-05-20T13:30:00.000Z"), ("2022-01-21", "2022-01-20T16:00:00.000Z"),
               ("1642772820", "2022-01-21T13:47:00.000Z"), ("1642772820123", "2022-01-21T13:47:00.123Z")]
    rows = hotline(*[row(f"T{i}", occurred=text) for i, (text, _) in enumerate(written)])
    program.imports("hotline-csv", "-", data, text=rows)
    read = [event["occurred_at"] for line in program.records(data, "decisions")
            for event in json.loads(line)["data"].get("events", []) if event["type"] == "CaseRegistered"]
    check("each instant is read", sorted(read) == sorted(utc for _, utc in written), sorted(read))

    data = program.folder("zones")
    nyc = b"Unique Key,Created Date,Complaint Type\n1,03/04/2022 02:27:57 PM,Noise\n"
    program.imports("nyc311", "-", data, "--zone", "-04:00", "--dates", "day-first", text=nyc)
    check("--zone and --dates are obeyed", '"occurred_at":"2022-04-03T18:27:57.000Z"' in "".join(program.records(data, "decisions")))
    for options in (("--zone", "EST"), ("--dates", "ymd"), ("--zone", "")):
        done = program.run("import", "--format", "nyc311", "-", *options, data=data, text=nyc)
        check(f"{options} is refused", done.returncode == 2 or options[1] == "", done.stderr)


def clocks(program):
    """Closed cases start no clock; open ones at the import, or with --clocks business when they were made."""
    rows = hotline(row("C1", kind="HELP", category="C05", urgency="NORMAL", place=PLACE, occurred="2026-03-02T09:00:00+08:00"),
                   row("C2", kind="HELP", category="C05", urgency="NORMAL", place=PLACE, occurred="2026-03-02T09:00:00+08:00",
                       status="closed", closed="2026-03-04T09:00:00+08:00"))
    tick = json.dumps({"at": "2026-03-09T09:00:00+08:00", "command": "AdvanceClock"}).encode()
    dues = {}
    for mode in ("record", "business"):
        data = program.folder("clocks")
        program.must("submit", "-", data=data, text=tick)
        program.imports("hotline-csv", "-", data, "--clocks", mode, text=rows)
        found = {}
        for case in program.cases(data):
            shown = json.loads(program.must("case", "show", case["ref"], "--json", data=data))
            found[shown["stage"]] = {c["name"]: c for c in shown["clocks"]}
        check(f"{mode}: a closed case has no running clock",
              not [c for c in found["CLOSED"].values() if c["state"] == "running"], found)
        dues[mode] = found["REGISTERED"]["handle"]["due"]
    check("an open case's clock starts at the import", dues["record"] == "2026-03-19T00:00:00+08:00", dues)
    check("--clocks business: when it was made", dues["business"] == "2026-03-12T00:00:00+08:00", dues)


def odd_rows(program):
    """Faults of single rows, by name; the rows around them are taken."""
    data = program.folder("odd")
    long_text = "漏" * 9000
    rows = hotline(row("D1", '"two\nlines, ""quoted"""'), row("D2", long_text), "D3,CH-12345\n", row("D4", "a\x01\x02b"),
                   row("D5", "NULL"), row("D6", occurred="soon"), row("D7", "x" * 10001),
                   row("D8", closed="2026-05-19T09:30:00+08:00", status="closed"), row("D9", occurred="1900-01-01"),
                   row("D\u200b10"), row("D11", name="王\u202e五"), row("D12", "a" + "\u0301" * 9), row("", "x"))
    rows += b"D14,CH-12345,,,,,,,caf\xe9,,,,,,\n" + b"D15,CH-12345,,,,,,,\xc3\xa2\xc2\x80\xc2\x99,,,,,,\nD16,CH-12345,2026"
    report = program.imports("hotline-csv", "-", data, text=rows)
    check("each refused row by its reason", [(r["row"], r["code"]) for r in report["refused"]] == [
        (3, "ragged-row"), (5, "missing-text"), (6, "bad-date"), (7, "too-long"), (13, "missing-reference"), (14, "not-utf8"),
        (16, "truncated")], report["refused"])
    check("everything cleaned is counted", report["cleaned"] == {
        "control-characters": 2, "null-token": 1, "closed-before-created": 1, "null-date": 1, "without-date": 2,
        "date-without-time": 0, "hidden-characters": 2, "combining-marks": 1, "mojibake": 1} or
        {k: report["cleaned"].get(k) for k in ("control-characters", "null-token", "closed-before-created", "null-date",
                                               "hidden-characters", "combining-marks", "mojibake")} ==
        {"control-characters": 2, "null-token": 1, "closed-before-created": 1, "null-date": 1, "hidden-characters": 2,
         "combining-marks": 1, "mojibake": 1}, report["cleaned"])
    each = program.run("import", "--format", "hotline-csv", "-", "--json", "--each", data=data, text=rows)
    lines = [json.loads(line) for line in each.stdout.decode().splitlines()]
    check("--each gives a line a row, in order, and the report", [l["row"] for l in lines[:-1]] == list(range(1, 17))
          and lines[-1]["rows"] == 16, lines)
    check("--each says what was cleaned in which row", lines[3]["cleaned"] == {"control-characters": 2}, lines[3])
    for form, text, code in (("hotline-csv", b"a,b\n1,2\n", 2), ("nyc311", b"", 2), ("hotline-csv", b"\xff\xfea\0", 2)):
        done = program.run("import", "--format", form, "-", data=data, text=text)
        check(f"{text!r} is no {form}", done.returncode == code, done.stderr)
    done = program.run("import", "--format", "hotline-csv", "/nowhere", data=data)
    check("a missing file is said to be missing", done.returncode == 3 and b"no file" in done.stderr, done.stderr)


def main():
    with tempfile.TemporaryDirectory(prefix="lastkm-import-") as scratch:
        program = Program(sys.argv[1], sys.argv[2], scratch)
        for part in (the_same_reference_again, refused_rows, times, clocks, odd_rows, city_files):
            part(program)
    finish()


if __name__ == "__main__":
    main()
