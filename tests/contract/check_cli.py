#!/usr/bin/env python3
"""Drives the program as a caller does, in a folder of its own: every verb's JSON against its schema in schemas/cli, exit
codes, the served folder, and the records against check_records.py.

Usage: check_cli.py PROGRAM SOURCE-DIR
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import program  # noqa: E402

PROGRAM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
THE = program.Program(PROGRAM, SOURCE)
check, call, ask, lines_of = THE.check, THE.call, THE.ask, program.lines_of


def main():
    with tempfile.TemporaryDirectory() as scratch:
        run(pathlib.Path(scratch))
    for finding in THE.findings:
        print("✗", finding)
    print(f"cli: {THE.checks} checks, {len(THE.findings)} failed")
    return 1 if THE.findings else 0


def run(scratch):
    data = scratch / "d"
    usage()
    ask("init", "init", data, "--clock", "virtual", "--lanes", 4)
    check("init refuses a folder that is not empty", call("init", data).returncode == 1)
    documents = ask("directory-publish", "directory", "publish", "--shipped", "--activate", data=data)
    check("something is shipped", len(documents) > 3)
    again = ask("directory-publish", "directory", "publish", "--shipped", data=data)
    check("publishing twice gives the same ordinals", [d["ordinal"] for d in again] == [d["ordinal"] for d in documents])
    back = call("directory", "activate", 1, data=data)
    check("what is in force does not go back", back.returncode == 1 and f"up to {documents[-1]['ordinal']} is in force" in back.stderr, back.stderr)
    ask("directory-activate", "directory", "activate", documents[-1]["ordinal"], data=data)
    deciders = ask("config", "config", data=data)[-1]["deciders"]
    newest = deciders[-1]
    check("each decider that the program can run is named", deciders == list(range(1, newest + 1)) and newest > 2, str(deciders))
    check("a new deployment begins at the newest decider", ask("config", "config", data=data)[-1]["decider"] == newest)
    ask("decider-activate", "decider", "activate", newest, data=data)
    check("a decider does not go back", call("decider", "activate", newest - 1, data=data).returncode == 1)
    check("a decider of the future is refused", call("decider", "activate", newest + 1, data=data).returncode == 2)
    check("an unknown document is not found", call("directory", "show", "no-such", data=data).returncode == 3)
    case = submitting(data)
    reading(data, case)
    without_streams(data)
    served(data, case)
    quarantine(scratch)
    damage(scratch)
    many_cases(scratch)
    demonstrations(scratch, data)
    benches(scratch)
    records = subprocess.run([sys.executable, str(pathlib.Path(__file__).parent / "check_records.py"), "--program", PROGRAM,
                              "--data", str(data), "--lanes", "4"], capture_output=True, text=True)
    check("another reader re-encodes every record", records.returncode == 0, records.stdout[-600:] + records.stderr[-300:])


def demonstrations(scratch, others):
    """They are played where nothing but demonstrations is, and what is left of them is said."""
    before = call("log", "dump", "--from", "commands", data=others).stdout
    refused = call("demo", "--days", "1", data=others)
    check("no demonstration is played among the cases of others", refused.returncode == 1 and "others-cases" in refused.stderr, refused.stderr)
    check("and nothing is written there", call("log", "dump", "--from", "commands", data=others).stdout == before)
    own = scratch / "played"
    call("init", own, "--clock", "virtual", "--lanes", 2)
    call("directory", "publish", "--shipped", "--activate", data=own)
    for time_ in ("once", "again"):
        played = ask("demo", "demo", "--days", "1", "--per-day", "4", data=own)
        check(f"in a folder of its own it is played {time_}", bool(played) and played[0]["cases"] > 0, str(played))
    temporary = scratch / "temporary"
    temporary.mkdir()
    told = call("demo", "--days", "1", "--per-day", "4", env={"TMPDIR": str(temporary)}).stdout
    check("where it lies that was played without a folder is said", f"lies in {next(temporary.iterdir())}; remove it" in told, told[-300:])


def benches(scratch):
    under = scratch / "bench"
    common = ("--clients", 4, "--seconds", 1, "--scratch", under)
    lives = ask("bench", "bench", "lives", "--cases", 6, *common)
    check("bench lives counts nine steps a life", bool(lives) and lives[0]["n"] == 9 * lives[0]["lives"] > 0, str(lives))
    check("bench lives re-decides what it did", bool(lives) and lives[0]["redecided"] > lives[0]["n"] and lives[0]["digests_equal"], str(lives))
    resend = ask("bench", "bench", "resend", *common)
    check("bench resend sends more than takes effect", bool(resend) and resend[0]["n"] == resend[0]["took_effect"] + resend[0]["repeats"] + resend[0]["stale"], str(resend))
    check("a bench leaves nothing behind", not list(under.iterdir()))


def usage():
    done = call("submti")
    check("an unknown verb is usage", done.returncode == 2)
    check("an unknown verb suggests the nearest", "submit" in done.stderr, done.stderr)
    for typed, meant in (("lst", ["`lastkm case list`"]), ("show", ["`lastkm case show`", "`lastkm directory show`"]), ("sumbit", ["`lastkm submit`"]), ("xyzzy", [])):
        said = call(typed).stderr
        check(f"{typed} is near {meant}", all(one in said for one in meant) and ("Did you mean" in said) == bool(meant) and "hot" not in said, said)
    told = " ".join(call("case", "list", "--help").stdout.split())
    for name in ("lead", "holder", "type", "category", "urgency", "channel", "place", "community"):
        check(f"help says that {name} takes (none yet)", name in told.partition("(none yet)")[2], told)
    check("help says that no ended case has a holder", "no ended case has a holder" in told, told)
    done = call("case", "list")
    check("without --data the message says how", done.returncode == 2 and "--data" in done.stderr and "LASTKM_DATA" in done.stderr, done.stderr)
    check("an empty name is no folder to make", call("init", "").returncode == 2)
    done = call("case", "list", "--prefix", "zz", data="/nonexistent/x")
    check("what says where a log on Kafka lies is given whole", done.returncode == 2 and "--log kafka" in done.stderr and "--brokers" in done.stderr, done.stderr)
    nowhere = SOURCE / "CMakeLists.txt"
    for given in (["--vault", nowhere / "v"], ["--log", "embedded", "--vault", nowhere / "v"], ["--kafka-config", nowhere / "c"]):
        done = call("init", nowhere / "x", *given)
        check(f"{given} is refused for a log in the folder", done.returncode == 2 and given[-2] in done.stderr and "--log kafka" in done.stderr, done.stderr)
    done = call("init", nowhere / "x", "--log", "kafka", "--brokers", "nobody.invalid:9092", "--vault", SOURCE)
    check("a vault that is not empty is refused before a broker is asked", done.returncode == 1 and "vault-exists" in done.stderr and "--vault" in done.stderr, done.stderr)
    check("a folder that is none is not found", call("case", "list", data="/nonexistent/x").returncode == 3)
    with open("/dev/full", "w", encoding="utf-8") as full:
        cut = subprocess.run([PROGRAM, "completion", "bash"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=300)
    check("who cannot be told is not told that nothing was done", cut.returncode == 7 and "may have been done" in cut.stderr, cut.stderr)
    for shell in ("bash", "zsh"):
        script = call("completion", shell).stdout
        check(f"completion {shell} knows the verbs", "audit redecide" in script and "case show" in script)
    for shell in ("bash", "zsh", "fish"):
        if shutil.which(shell):
            syntax = subprocess.run([shell, "-n"], input=call("completion", shell).stdout, text=True, capture_output=True)
            check(f"{shell} reads the completion script", syntax.returncode == 0, syntax.stderr)
    for typed, wanted in ((["ca"], "case"), (["case", "s"], "show"), (["--data", "x", "case", "h"], "history"), (["init", "--clock", ""], "system virtual"),
                          (["audit", "explain", "--lang", "z"], "zh"), (["case", "list", "--wh"], "--where"), (["audit", "re"], "replay redecide")):
        words = " ".join(f"'{w}'" for w in ["lastkm", *typed])
        done = subprocess.run(["bash", "-c", f'{call("completion", "bash").stdout}\nCOMP_WORDS=({words}); COMP_CWORD={len(typed)}; _lastkm; echo "${{COMPREPLY[*]}}"'],
                              text=True, capture_output=True)
        check(f"completing {' '.join(typed)} gives {wanted}", done.stdout.strip() == wanted, done.stdout + done.stderr)


REGISTER = {"command": "RegisterCase", "at": "2026-05-18T09:00:00+08:00", "external": {"channel": "CH-12345", "reference": "A-1"},
            "actor": {"body": "HOTLINE-510108", "role": "AGENT", "person": "p-1"},
            "data": {"type": "COMPLAINT", "category": "C17", "urgency": "NORMAL", "place": "5101080170060001",
                     "text": "楼上装修噪声扰民", "caller": {"name": "王某", "phone": "028-00001234"}}}


def without_streams(data):
    """A standard stream that is closed is not taken for a file that is opened."""
    for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        for words in (("submit", "-"), ("log", "dump", "--from", "directory")):  # the second says more than is kept till the end
            done = subprocess.run(["sh", "-c", f'exec "$0" "$@" {closed}', PROGRAM, *words, "--data", data], input="", text=True, capture_output=True, timeout=300)
            wanted = 7 if ">&-" in closed.split() and words[0] == "log" or "<&-" in closed and words[0] == "submit" else 0
            check(f"{words[0]} with {closed} exits {wanted}", done.returncode == wanted, f"{done.returncode} {done.stderr}")
    whole = call("case", "list", data=data)
    check("nothing was written over by it", whole.returncode == 0, whole.stderr)
    for words in (("log", "dump", "--from", "directory"), ("case", "list", "--quiet"), ("submit", "-")):
        ours, reader = os.pipe()
        os.close(ours)
        done = subprocess.run([PROGRAM, *words, "--data", data], input="", stdout=reader, stderr=subprocess.PIPE, text=True, timeout=300)
        os.close(reader)
        check(f"{words[0]} ends quietly where nobody reads on", (done.returncode, done.stderr) == (0, ""), f"{done.returncode} {done.stderr}")
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([PROGRAM, *words, "--data", data], input=lines_of(REGISTER), stdout=full, stderr=subprocess.PIPE, text=True, timeout=300)
        check(f"{words[0]} tells of an answer that has no room", done.returncode == 7 and "output-failed" in done.stderr, f"{done.returncode} {done.stderr}")


def submitting(data):
    opened = ask("submit-outcome", "submit", "-", given=lines_of(REGISTER), data=data)
    check("a request is accepted", opened and opened[0]["status"] == "accepted", str(opened)[:600])
    case = opened[0]["case"] if opened else ""
    same = ask("submit-outcome", "submit", "-", given=lines_of(REGISTER | {"at": "2026-05-18T09:01:00+08:00"}), data=data)
    check("the same request again is a duplicate of the same case", same and same[0]["status"] == "duplicate" and same[0]["case"] == case, str(same)[:300])
    hotline = {"body": "HOTLINE-510108", "role": "AGENT", "person": "p-1"}
    accept = {"command": "AcceptCase", "case": case, "actor": hotline, "at": "2026-05-18T09:10:00+08:00",
              "data": {"category": "C17", "type": "COMPLAINT", "urgency": "NORMAL", "place": "5101080170060001"}}
    sign = {"command": "SignCase", "case": case, "actor": {"body": "PSC-5101080170060001", "role": "HANDLER", "person": "p-2"},
            "at": "2026-05-18T09:20:00+08:00", "data": {}}
    stale = accept | {"expected_version": 99, "at": "2026-05-18T09:05:00+08:00"}
    out = ask("submit-outcome", "submit", "-", given=lines_of(stale), code=4, data=data)
    check("a stale version is a conflict", out and out[0]["reason"] and out[0]["reason"]["code"] == "version-conflict", str(out)[:300])
    given = lines_of(accept, sign) + "this is no JSON\n" + lines_of(sign | {"surprise": 1})
    out = ask("submit-outcome", "submit", "-", given=given, code=1, data=data)
    check("all lines run, each has its answer", [o["line"] for o in out] == [1, 2, 3, 4], str([o.get("line") for o in out]))
    if len(out) == 4:
        check("an early signature is refused by the stage", out[1]["reason"] and out[1]["reason"]["code"] == "wrong-stage", str(out[1]))
        check("an unreadable line is a rejection that names the line", out[2]["status"] == "rejected" and "line 3" in out[2]["reason"]["text"] + out[2]["reason"]["path"], str(out[2]))
        check("an unknown member is refused with its path", out[3]["status"] == "rejected" and "surprise" in out[3]["reason"]["path"] + out[3]["reason"]["text"], str(out[3]))
    told = call("submit", "-", given=lines_of({"command": "AdvanceClock", "at": "2026-05-18T08:00:00+08:00"}), data=data)
    check("people read a refusal to its end, and times as everywhere", "which is after 2026-05-18T08:00:00+08:00 (/at)" in told.stdout, told.stdout)
    return case


def reading(data, case):
    shown = ask("case-show", "case", "show", case, data=data)
    check("the handling clock is due at the end of 8 June", shown and any(
        c["name"] == "handle" and c["due"] == "2026-06-09T00:00:00+08:00" for c in shown[0]["clocks"]), str(shown)[:800])
    told = call("case", "show", case, data=data).stdout
    check("to people case show says what was asked, where and when, and who holds it", all(any(line.split() == words.split() for line in told.splitlines()) for words in
          ("type COMPLAINT", "category C17", "urgency NORMAL", "place 5101080170060001", "channel CH-12345", "asked 2026-05-18 09:00", "holders HOTLINE-510108")), told)
    check("and has no row of which nothing is known", not any(len(line.split()) == 1 for line in told.splitlines()), told)
    by_ref = ask("case-show", "case", "show", shown[0]["ref"] if shown else "x", data=data)
    check("a case is found by its reference number", by_ref == shown)
    check("an unknown case is not found", call("case", "show", "0" * 32, data=data).returncode == 3)
    listed = ask("case-list", "case", "list", "--where", "category=C17", data=data)
    check("the list has the case", [c["case"] for c in listed] == [case])
    check("a filter that is none is bad input", call("case", "list", "--where", "colour=red", data=data).returncode == 2)
    history = ask("case-history", "case", "history", case, data=data)
    check("sequence numbers are dense", [e["seq"] for e in history] == list(range(1, len(history) + 1)))
    check("no personal data in the clear", "028-00001234" not in json.dumps(history) and "楼上" not in json.dumps(history, ensure_ascii=False))
    waiting = ask("worklist", "worklist", "HOTLINE-510108", data=data)
    check("an accepted case waits for the hotline", case in [w["case"] for w in waiting], str(waiting)[:300])
    check("a body that does not exist is not found", call("worklist", "NOBODY-1", data=data).returncode == 3)
    mine = ask("worklist", "worklist", "--person", "p-1", data=data)
    check("it is on the list of who acted last", case in [w["case"] for w in mine], str(mine)[:300])
    check("a worklist says whose", call("worklist", data=data).returncode == 2)
    both = call("worklist", "HOTLINE-510108", "--person", "p-1", data=data)
    check("and not that of two", both.returncode == 2 and "leave one out" in both.stderr, both.stderr)
    check("nothing waits for a person of whom nothing is known", "acted last in nothing" in call("worklist", "--person", "p-0", data=data).stdout)
    soon = ask("worklist", "due", "--before", "2027-01-01", data=data)
    check("what falls due is listed", case in [w["case"] for w in soon], str(soon)[:300])
    check("nothing is overdue yet", ask("worklist", "due", data=data) == [])
    check("and no clock says so", not any(c["overdue"] for c in ask("case-show", "case", "show", case, data=data)[0]["clocks"]))
    check("a table has no column in which nothing stands", "overdue" not in call("case", "show", case, data=data).stdout)
    late = ask("audit-replay", "audit", "replay", case, "--as-of", "2099-01-01T00:00:00+08:00", data=data)[0]["clocks"]
    check("later they are, where they run", [c["overdue"] for c in late] == [c["state"] == "running" for c in late] and any(c["overdue"] for c in late), str(late))
    for clock in ("record", "business"):
        ahead = call("audit", "replay", case, "--as-of", "2099-01-01", "--clock", clock, data=data)
        check(f"a time that lies ahead is said to ({clock})", ahead.returncode == 0 and "2099-01-01T00:00:00+08:00 lies ahead" in ahead.stderr, ahead.stderr)
    ahead = ask("audit-replay", "audit", "replay", case, "--as-of", "2099-01-01", data=data)[0]
    check("also to programs, and a date is a time", ahead.get("ahead") is True and ahead["as_of"] == "2099-01-01T00:00:00+08:00", str(ahead))
    told = call("audit", "replay", case, data=data).stderr
    check("now lies not ahead", "ahead" not in told and "ahead" not in ask("audit-replay", "audit", "replay", case, data=data)[0], told)
    table = call("audit", "replay", case, "--as-of", "2099-01-01T00:00:00+08:00", data=data).stdout
    check("and the table says so", table.count("yes") == sum(c["overdue"] for c in late) and "overdue" in table, table)
    none = call("case", "list", "--where", "stage=CLOSED", "category=C17", data=data)
    check("a term that no case holds is named", none.returncode == 0 and "stage=CLOSED" in none.stderr and "category=C17" not in none.stderr, none.stderr)
    for term in ("type=HELP", "category=C18", "urgency=CRITICAL", "channel=CH-GRID", "lead=STREET-510108017", "holder=STREET-510108017", "card=red",
                 "workflow=beijing", "workflow=beijing@1", "lead=(none yet)", "level=3"):
        check(f"{term} is known, with cases or without", call("case", "list", "--where", term, data=data).returncode == 0)
    for term, said in (("stage=CLOSD", "mean CLOSED?"), ("stage=signed", "mean SIGNED?"), ("type=HELO", "mean HELP?"), ("category=C99", "catalogue"),
                       ("urgency=URGNT", "mean URGENT?"), ("channel=CH-1234", "mean CH-12345?"), ("lead=PSC-9", "of kind bodies"),
                       ("holder=STREET-51010817", "mean STREET-510108017?"), ("card=blue", "no workflow knows the card blue"), ("workflow=beijing@9", "mean beijing@1?")):
        typo = call("case", "list", "--json", "--where", "open", term, data=data)
        is_complete = term.split("=")[0] in ("category", "lead", "holder")
        check(f"{term} is known by nothing, and that is said",
              typo.returncode == (3 if is_complete else 0) and term in typo.stderr and said.lower() in typo.stderr.lower(), typo.stderr)
    def places(*terms):
        return call("case", "list", "--json", "--where", *terms, data=data)
    for term in ("place=510108017", "place=51", "community=510108017006", "place=5101080170060001002", "place=510108017005"):
        check(f"{term} is a place, with cases or without", places(term).returncode == 0, places(term).stderr)
    both = places("place=510108", "community=510108017006")
    check("a place and a community may both be asked for", [json.loads(one)["case"] for one in both.stdout.splitlines()] == [case], both.stderr)
    for code in ("510109", "5101080170069999", "5101080179", "Tangyuan"):
        unknown = places(f"place={code}")
        check(f"{code} is no place, and that is said", unknown.returncode == 3 and code in unknown.stderr and "directory show" in unknown.stderr, unknown.stderr)
    hot = ask("hot", "hot", "--by", "category", data=data)
    for line in hot:
        counted = ask("hot-cases", "hot", "--cases", line["key"], "--month", line["month"], data=data)
        check(f"hot {line['key']} counts its cases", len(counted) == line["count"], str(counted))
    for by, key, said in (("category", "C00", "no category C00"), ("category", "C18", "no-such-line"), ("community", "C17", "C17 is a category"),
                          ("category", "510108017006", "510108017006 is a place"), ("community", "510108017005", "no-such-line")):
        none = call("hot", "--by", by, "--cases", key, data=data)
        check(f"hot by {by} knows no key {key}", none.returncode == 3 and said in none.stderr, none.stderr)
    both = call("hot", "--cases", "C17", "--top", "1", data=data)
    check("hot takes --top for lines, and not for the cases of one", both.returncode == 2 and "--top" in both.stderr, both.stderr)
    check("the hot category counts the case", [(h["key"], h["count"]) for h in hot] == [("C17", 1)], str(hot))
    check("one case repeats no other", ask("duplicates", "duplicates", data=data) == [])
    proof = ask("integrity", "integrity", data=data)
    check("every chain is whole", bool(proof) and proof[0]["broken"] == 0 and sum(l["last"] for l in proof[0]["lanes"]) > 0)
    ask("late", "integrity", "--late", data=data)
    position = shown[0]["position"]
    there = f"{position['lane']}:{position['ordinal']}"
    seen = call("case", "show", case, "--wait-for", there, "--json", data=data)
    check("an answer waits for what is there", seen.returncode == 0, seen.stderr)
    ahead = call("case", "show", case, "--wait-for", f"{position['lane']}:{position['ordinal'] + 1}", "--wait-ms", "50", data=data)
    check("what is not there in time is unknown", ahead.returncode == 7 and "views-behind" in ahead.stderr, ahead.stderr)
    check("a position that is none is bad input", call("case", "show", case, "--wait-for", "soon", data=data).returncode == 2)
    told = call("case", "list", "--positions", "--json", data=data)
    check("an answer says which ordinals it reflects", json.loads(told.stderr)["positions"][str(position["lane"])] == position["ordinal"], told.stderr)
    for verb in (("case", "show", case), ("case", "history", case), ("audit", "explain", case), ("audit", "replay", case), ("integrity",), ("rates",)):
        told = call(*verb, "--positions", data=data)
        check(f"{' '.join(verb[:2])} says it to people who ask", json.loads(told.stderr)["positions"][str(position["lane"])] == position["ordinal"], told.stderr)
    check("a forged cursor is refused", call("case", "list", "--limit", "1", "--cursor", "00.00", data=data).returncode == 2)
    check("what is asked for twice is refused", all("bad-filter" in call("case", "list", "--where", *terms, data=data).stderr
          for terms in (("open=yes", "open=no"), ("place=510108017", "place=510108017006"))))
    check("no list has a negative length", call("case", "list", "--limit", "-1", data=data).returncode == 2)
    check("a lane that there is not is bad input", call("case", "show", case, "--wait-for", "4:1", data=data).returncode == 2)
    late = call("audit", "replay", case, "--wait-for", f"{position['lane']}:999", "--wait-ms", "50", data=data)
    check("who reads the log waits too", late.returncode == 7 and "views-behind" in late.stderr, late.stderr)
    check("a month that is none is bad input", call("hot", "--month", "2026-13", data=data).returncode == 2)
    ask("rates", "rates", "--by", "month", data=data)
    check("a line of rates that there is not is not found", call("rates", "--cases", "1999-01", data=data).returncode == 3)
    files = {p for p in data.rglob("*.log")}
    for _ in range(3):
        call("case", "list", data=data)
    left = {p for p in data.rglob("*.log")}
    check("reading leaves no files behind", len(left) <= len(files), str(left))
    ask("view-status", "view", "status", data=data)
    before = ask("view-digest", "view", "digest", data=data)
    rebuilt = ask("view-status", "view", "rebuild", data=data)
    check("a rebuild compares every view", bool(rebuilt) and len(rebuilt[0]["compared"]) == len(rebuilt[0]["views"])
          and all(c["different"] == 0 for c in rebuilt[0]["compared"]), str(rebuilt)[:600])
    check("rebuilt views are the same", before == ask("view-digest", "view", "digest", data=data))
    same_case(case, data)
    early = ask("audit-replay", "audit", "replay", case, "--as-of", "2026-05-18T09:05:00+08:00", data=data)
    check("replay as of a time shows that time", bool(early) and early[0]["stage"] == "REGISTERED", str(early)[:200])
    happened = ask("case-history", "audit", "replay", case, "--clock", "business", data=data)
    check("by the business clock the same events stand in the order in which they happened", sorted(happened, key=lambda e: e["seq"]) == history
          and [e["occurred_at"] for e in happened] == sorted(e["occurred_at"] for e in happened))
    early = ask("case-history", "audit", "replay", case, "--clock", "business", "--as-of", "2026-05-18T09:05:00+08:00", data=data)
    check("only what had happened by then", early and all(e["occurred_at"] <= "2026-05-18T09:05:00+08:00" for e in early), str(early)[:200])
    for clock in ("record", "business"):
        done = call("audit", "replay", case, "--clock", clock, "--as-of", "2026-05-01T00:00:00+08:00", data=data)
        check(f"before its first record there is no case ({clock})", done.returncode == 3 and "2026-05-01" in done.stderr, done.stderr)
    steps = ask("audit-explain", "audit", "explain", case, data=data)
    check("every step names its rule", bool(steps) and all(s["text"] and (s["rule"] or s["kind"] != "event") for s in steps))
    sum_ = ask("audit-redecide", "audit", "redecide", data=data)
    check("every decision is made again alike", bool(sum_) and sum_[0]["different"] == 0 and sum_[0]["equal"] == sum_[0]["commands"] > 0, str(sum_))
    for topic in ("commands", "decisions", "directory"):
        dumped = call("log", "dump", "--from", topic, data=data).stdout
        check(f"log dump {topic} prints CloudEvents", dumped and all(not THE.schemas.faults("log-dump", json.loads(l)) for l in dumped.splitlines()))
        check(f"no plain text in {topic}", "028-00001234" not in dumped and "楼上装修" not in dumped)
    ask("quarantine-list", "quarantine", "list", data=data)
    check("skipping a lane that runs is refused", call("quarantine", "skip", "0:1", "--reason", "x", data=data).returncode == 1)
    ask("doctor", "doctor", data=data)
    ask("config", "config", data=data)
    table = call("worklist", "HOTLINE-510108", data=data).stdout.splitlines()
    check("tables have no colours where nobody sees them", not any("\x1b" in l for l in table))
    came_late(data)
    rules_check(data)
    scenario(data)
    importing(data)
    callers_numbers(data, case)


def callers_numbers(data, case):
    """A case is found by the number that the caller's own system gave it."""
    (shown,) = ask("case-show", "case", "show", case, data=data)
    for number in ("A-1", "CH-12345/A-1"):
        check(f"case show finds {number}", ask("case-show", "case", "show", number, data=data) == [shown])
        for name, *verb in (("case-history", "case", "history"), ("audit-replay", "audit", "replay"), ("audit-explain", "audit", "explain")):
            check(f"{' '.join(verb)} finds {number}", ask(name, *verb, number, data=data) == ask(name, *verb, case, data=data) != [])
    for number in ("A-1", "CH-12345/A-1", shown["ref"], case):
        check(f"case list finds ref={number}", [c["case"] for c in ask("case-list", "case", "list", "--where", f"ref={number}", data=data)] == [case])
    for number in ("CH-GRID/A-1", "A-11"):
        for verb in (("case", "show", number), ("case", "list", "--where", f"ref={number}")):
            none = call(*verb, data=data)
            check(f"{' '.join(verb)} says how cases are named", none.returncode == 3 and number in none.stderr and "CHANNEL/REFERENCE" in none.stderr, none.stderr)
    ask("submit-outcome", "submit", "-", given=lines_of(REGISTER | {"external": {"channel": "CH-GRID", "reference": "A-1"}, "at": "2026-05-30T09:00:00+08:00"}), data=data)
    both = call("case", "show", "A-1", data=data)
    check("of two channels that have a number the caller says which", both.returncode == 2 and "CH-12345/A-1 CH-GRID/A-1" in both.stderr, both.stderr)
    check("and finds it", ask("case-show", "case", "show", "CH-GRID/A-1", data=data)[0]["channel"] == "CH-GRID")
    other = REGISTER | {"external": {"channel": "CH-GRID", "reference": "B-1"}, "at": "2026-05-30T10:00:00+08:00", "data": REGISTER["data"] | {"text": "电梯停了"}}
    ask("submit-outcome", "submit", "-", given=lines_of(other), data=data)
    (twin,) = ask("duplicates", "duplicates", data=data)
    table = call("duplicates", data=data).stdout
    check("a case that reads otherwise may repeat one, and it is said why", twin["similarity"]["num"] == 0 and "text alike" in table
          and "same place and category" in table, f"{twin} {table}")
    check("what came late leaves imports out, and says so", "imports" in call("integrity", "--help").stdout and "2026-05-10" not in call("integrity", "--late", data=data).stdout)


def came_late(data):
    """What is recorded more than a day after it happened. Moves the lane of its case."""
    late_one = REGISTER | {"external": {"channel": "CH-12345", "reference": "LATE-1"}, "occurred_at": "2026-01-02T09:00:00+08:00"}
    late_one.pop("at", None)
    ask("submit-outcome", "submit", "-", given=lines_of(late_one), data=data)
    (came,) = ask("late", "integrity", "--late", data=data)
    check("what came late has the deployment's offset", came["occurred_at"] == "2026-01-02T09:00:00+08:00", str(came))
    table = call("integrity", "--late", data=data).stdout
    check("what came late is a table for people", "2026-01-02 09:00" in table and "{" not in table, table)


def rules_check(data):
    good = SOURCE / "schemas" / "workflows" / "three-party.json"
    out = ask("rules-check", "rules", "check", good)
    check("the shipped workflow has no findings", bool(out) and out[0]["ok"])
    bad = data.parent / "bad.json"
    bad.write_text(good.read_text(encoding="utf-8").replace('"REGISTERED"', '"REGISTRED"', 1), encoding="utf-8")
    out = ask("rules-check", "rules", "check", bad, code=8)
    check("a broken workflow is found with line and column", bool(out) and not out[0]["ok"] and out[0]["findings"][0]["line"] > 1, str(out)[:300])
    bad.write_text("{", encoding="utf-8")
    ask("rules-check", "rules", "check", bad, code=8)
    check("the roles of the shipped workflow are held against bodies", out_of(good)["roles_checked"])
    calendar = SOURCE / "schemas" / "directory" / "calendar-2025-2026.json"
    check("of a calendar no roles are told", "roles_checked" not in out_of(calendar))
    roles_unchecked(good, data.parent)
    bad.write_text(good.read_text(encoding="utf-8").replace('"n": 7, "unit": "ND"', '"n": 1.5, "unit": "ND"', 1), encoding="utf-8")
    (told,) = ask("rules-check", "rules", "check", bad, code=8)
    check("a limit of one and a half is told with what to do", "minutes for hours" in told["findings"][0]["text"], str(told))
    document = json.loads(good.read_text(encoding="utf-8"))
    document["clocks"][0]["colour"] = 1  # read behind the commands, stands before them
    document["commands"][0]["colour"] = 1
    bad.write_text(json.dumps(document, indent=1), encoding="utf-8")
    (told,) = ask("rules-check", "rules", "check", bad, code=8)
    lines = [(f["line"], f["column"]) for f in told["findings"]]
    check("findings come in the order of the lines", len(lines) > 1 and lines == sorted(lines), str(lines))
    warned = json.loads(good.read_text(encoding="utf-8"))
    warned["version"] += 1
    warned["stages"][0].pop("holders")
    bad.write_text(json.dumps(warned), encoding="utf-8")
    (told,) = ask("rules-check", "rules", "check", bad, code=8)
    check("a warning is told as one", [f["severity"] for f in told["findings"]] == ["warning"], str(told))
    nowhere = data.parent / "nowhere"
    check("a folder that is named and is none is not found", call("rules", "check", good, data=nowhere).returncode == 3)
    done = call("rules", "check", good, env={"LASTKM_DATA": str(nowhere)})
    check("one that only the environment names is told of, and not needed", done.returncode == 0 and "LASTKM_DATA" in done.stderr, done.stderr)
    check("a warning keeps nothing from being published", call("rules", "publish", bad, data=data).returncode == 0)


def same_case(case, data):
    """What the log replays is what the views show; "position" is the lane's in one and the case's in the other."""
    shown, replayed = ({k: v for k, v in ask(verb, *verb.split("-"), case, data=data)[0].items() if k not in ("position", "as_of")}
                       for verb in ("case-show", "audit-replay"))
    check(f"replay shows {shown['ref']} as the view does", shown == replayed, f"{shown} {replayed}")
    return shown


def out_of(document):
    return json.loads(call("rules", "check", document, "--json").stdout)


def roles_unchecked(workflow, folder):
    """A program that lies alone has no bodies to hold roles against, and says so."""
    alone = folder / "alone" / "lastkm"
    alone.parent.mkdir()
    try:
        os.link(PROGRAM, alone)
    except OSError:
        shutil.copy(PROGRAM, alone)
    done = subprocess.run([alone, "rules", "check", workflow, "--json"], capture_output=True, text=True, encoding="utf-8", timeout=300)
    check("that roles are not checked is a member of the answer", json.loads(done.stdout)["roles_checked"] is False, done.stdout)
    check("and a line beside it", done.returncode == 0 and "No bodies are at hand" in done.stderr, done.stderr)


STORY = """scenario S1 Noise above
2026-05-18 09:00 HOTLINE-510108 AGENT RegisterCase as noise type=COMPLAINT category=C17 urgency=NORMAL
      place=5101080170060001 text="楼上装修"
  S1.c1: expect clock handle due 2026-06-08T24:00
  expect stage %s
2026-05-18 09:05 PSC-5101080170060001 HANDLER SignCase
  expect refused wrong-stage
"""


def scenario(data):
    story = data.parent / "story.txt"
    story.write_text(STORY % "REGISTERED", encoding="utf-8")
    out = ask("scenario-run", "scenario", "run", story)
    check("a true story passes", bool(out) and out[0]["ok"] and out[0]["checks"][0]["id"] == "S1.c1", str(out))
    story.write_text(STORY % "CLOSED", encoding="utf-8")
    out = ask("scenario-run", "scenario", "run", story, code=8)
    check("a false story fails and says what was found", bool(out) and not out[0]["ok"] and any(c["got"] == "stage REGISTERED" for c in out[0]["checks"]), str(out))
    suspended = (SOURCE / "tests/scenarios/suspended.scenario").read_text(encoding="utf-8")
    story.write_text(suspended.replace("expect clock handle state met", "expect clock handle left 6 WD", 1), encoding="utf-8")
    out = ask("scenario-run", "scenario", "run", story, code=8)
    check("of what was suspended and then stopped nothing is left", [c["got"] for s in out for c in s["checks"] if not c["ok"]] == ["clock handle met"], str(out))
    story.write_text("scenario S1 x\nnonsense\n", encoding="utf-8")
    done = call("scenario", "run", story)
    check("a story that cannot be read names line and column", done.returncode == 2 and ":2:1" in done.stderr, done.stderr)


def importing(data):
    table = data.parent / "in.csv"
    table.write_text("reference,channel,text,occurred_at\nI-1,CH-12345,路灯不亮,2026-05-10 08:00\nI-2,CH-12345,,\n", encoding="utf-8")
    out = ask("import", "import", "--format", "hotline-csv", table, code=1, data=data)
    if out:
        report = out[0]
        check("every row is accounted for", report["rows"] == 2 == report["created"] + report["same"] + report["supplemented"] + len(report["refused"]), str(report))
        again = ask("import", "import", "--format", "hotline-csv", table, code=1, data=data)
        check("importing again creates nothing", bool(again) and again[0]["created"] == 0 and again[0]["same"] == report["created"], str(again))


def served(data, case):
    alone = ask("case-show", "case", "show", case, data=data)
    server = subprocess.Popen([PROGRAM, "serve", "--data", str(data)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        until = time.time() + 60
        while not (data / "lastkm.sock").exists() and server.poll() is None and time.time() < until:
            time.sleep(0.05)
        check("serve makes its socket", (data / "lastkm.sock").exists())
        check("the socket is the owner's alone", (os.stat(data / "lastkm.sock").st_mode & 0o077) == 0)
        check("a served folder answers as one that is opened", ask("case-show", "case", "show", case, data=data) == alone)
        check("errors keep their exit codes", call("case", "show", "0" * 32, data=data).returncode == 3)
        request = REGISTER | {"external": {"channel": "CH-12345", "reference": "A-2"}, "at": "2026-07-01T09:00:00+08:00"}
        out = ask("submit-outcome", "submit", "-", given=lines_of(request), data=data)
        check("a served folder takes requests", bool(out) and out[0]["status"] == "accepted", str(out)[:300])
        if out:
            ask("case-show", "case", "show", out[0]["case"], data=data)
        sum_ = ask("audit-redecide", "audit", "redecide", data=data)
        check("a served folder is audited in a process of its own", bool(sum_) and sum_[0]["different"] == 0, str(sum_))
        note = call("audit", "explain", case, data=data, env={"LC_ALL": "zh_CN.UTF-8"}).stdout
        check("the locale is the caller's, not the server's", "诉求已登记" in note, note[:300])
        workflow = SOURCE / "schemas" / "workflows" / "three-party.json"
        for where in ({"data": data}, {"env": {"LASTKM_DATA": str(data)}}):
            (told,) = ask("rules-check", "rules", "check", workflow, **where)
            check("a served folder says who plays the roles", told["roles_checked"], str(told))
        for where in ({"data": data}, {"env": {"LASTKM_DATA": str(data)}}):
            told = ask("doctor", "doctor", **where)
            check("doctor looks at a served folder wherever its name comes from", [one["ok"] for one in told] == [True], str(told))
        check("a folder is served once", call("serve", data=data).returncode == 5)
        callers = [subprocess.Popen([PROGRAM, "case", "list", "--data", str(data), "--json"], stdout=subprocess.PIPE, text=True) for _ in range(8)]
        answers = {c.communicate(timeout=120)[0] for c in callers}
        check("callers at once get the same answer", len(answers) == 1)
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            code = server.wait(timeout=60)
        except subprocess.TimeoutExpired:
            server.kill()
            code = "killed"
    check("SIGTERM stops the server cleanly", code == 0, f"{code}: {server.stderr.read()[-500:]}")
    check("the socket goes with the server", not (data / "lastkm.sock").exists())


def quarantine(scratch):
    """A command at which the engine dies stops its lane; what comes after is recorded, and decided once an operator has skipped it."""
    data = scratch / "q"
    call("init", data, "--clock", "virtual", "--lanes", 1)
    call("directory", "publish", "--shipped", "--activate", data=data)
    first = REGISTER | {"idempotency_key": "first"}
    for _ in range(2):
        died = call("submit", "-", given=lines_of(first), data=data, env={"LASTKM_CRASH_AT": "decide:1"})
        check("the engine dies at its crash point", died.returncode not in range(9), str(died.returncode))
    second = REGISTER | {"idempotency_key": "second", "external": {"channel": "CH-12345", "reference": "Q-2"}}
    out = ask("submit-outcome", "submit", "-", given=lines_of(second), code=7, data=data)
    check("a command in a stopped lane is recorded", bool(out) and out[0]["status"] == "recorded", str(out))
    told = call("submit", "-", given=lines_of(second), data=data)
    check("people are told to send it again, and how it is known", told.returncode == 7 and "Of 1 lines" in told.stderr and "idempotency_key" in told.stderr, told.stderr)
    receipt = out[0] if out else {}
    stopped = ask("quarantine-list", "quarantine", "list", data=data)
    check("the lane and ordinal are named", len(stopped) == 1 and stopped[0]["lane"] == 0, str(stopped))
    place = f"{stopped[0]['lane']}:{stopped[0]['ordinal']}" if stopped else "0:0"
    check("doctor says what to do", f"quarantine skip {place}" in call("doctor", data=data).stdout)
    ask("quarantine-skip", "quarantine", "skip", place, "--reason", "broken", data=data)
    out = ask("submit-outcome", "submit", "-", given=lines_of(second), data=data)
    check("sent again with its key, it returns its outcome", bool(out) and out[0]["status"] in ("accepted", "duplicate"), str(out))
    check("which stands where the receipt said", bool(out) and all(out[0][k] == receipt.get(k) for k in ("command_id", "case", "lane", "ordinal"))
          and out[0]["ordinal"] > 1, f"{receipt} {out}")
    other = call("quarantine", "redrive", f"{out[0]['lane']}:{out[0]['ordinal']}" if out else "0:0", data=data)
    check("what was decided is not sent again", other.returncode == 1 and "not-skipped" in other.stderr, other.stderr)
    again = ask("quarantine-redrive", "quarantine", "redrive", place, data=data)
    check("redriven, it is a new command that is taken", bool(again) and again[0]["status"] == "accepted", str(again))
    sum_ = ask("audit-redecide", "audit", "redecide", data=data)
    check("audits count the operator's decision as given", bool(sum_) and sum_[0]["given"] == 1 and sum_[0]["different"] == 0, str(sum_))
    moved = ask("log-copy", "log", "copy", "--from", f"embedded:{data}", "--to", f"embedded:{scratch / 'moved'}")
    check("a copy holds the same, also of what an operator gave", bool(moved) and moved[0]["same_views"] is True
          and moved[0]["redecided"] == {"equal": sum_[0]["equal"], "different": 0, "newer": 0, "given": 1}, str(moved))
    skipped = ask("audit-explain", "audit", "explain", place, data=data)
    check("and explain it", bool(skipped) and "broken" in skipped[0]["text"] and "operator" in skipped[0]["text"], str(skipped))


def damage(scratch):
    data = scratch / "e"
    call("init", data, "--clock", "virtual", "--lanes", 2)
    ask("doctor", "doctor", data=data)
    (data / "vault").rename(scratch / "away")
    done = call("doctor", "--json", data=data)
    none = scratch / "none"
    none.mkdir()
    told = ask("doctor", "doctor", data=none, code=3)
    advices = [one["advice"] for answer in told for one in answer["checks"] if one["advice"]]
    check("of a folder that is no deployment doctor says that alone", len(advices) == 1 and "lastkm init" in advices[0] and "backup" not in str(told), str(told))
    check("doctor finds a missing vault", done.returncode in (3, 6) and "vault" in done.stdout, f"{done.returncode} {done.stdout[:300]}")


def many_cases(scratch):
    """A demonstration: numbers and the orders that they are made of, and rows that cannot be read."""
    data = scratch / "many"
    check("a demonstration is played", call("demo", "--data", data, "--days", "10").returncode == 0)
    excluded, scored, nobody = 0, 0, 0
    for by in ("month", "body", "community"):
        for basis in ("callback", "close"):
            for line in ask("rates", "rates", "--by", by, "--basis", basis, data=data):
                orders = ask("rates-cases", "rates", "--by", by, "--basis", basis, "--cases", line["key"], data=data)
                if not line["key"]:
                    shown = call("rates", "--by", by, "--basis", basis, "--cases", "(none yet)", "--json", data=data).stdout.splitlines()
                    check("the key of no body may be given as it is shown", [json.loads(one) for one in shown] == orders)
                    nobody += 1
                check(f"the base of {line['key']} is that of its orders", sum(o["base"] for o in orders) == line["base"])
                for rate in ("response", "resolution", "satisfaction"):
                    counted = [o[rate] for o in orders if o[rate]]
                    check(f"{rate} of {line['key']} has its orders", (line[rate] is None) == (not counted))
                    if counted:
                        check(f"{rate} of {line['key']} is that of its orders",
                              sum(100 * o["num"] // o["den"] for o in counted) * line[rate]["den"] == line[rate]["num"] * 100 * len(counted))
                        scored += 1
                for one in line["excluded"]:
                    listed = sum(e["count"] for o in orders for e in o["excluded"] if (e["code"], e["approver"]) == (one["code"], one["approver"]))
                    check(f"what {line['key']} excludes is listed", listed == one["count"], f"{one} {listed}")
                    excluded += 1
    cases = ask("case-list", "case", "list", data=data)
    for by in ("category", "community"):
        lines = ask("hot", "hot", "--by", by, "--top", 0, data=data)
        check(f"hot by {by} counts every case", sum(line["count"] for line in lines) == len(cases), f"{len(cases)}")
        for line in lines:
            listed = ask("hot-cases", "hot", "--by", by, "--cases", line["key"] or "(none yet)", "--month", line["month"], data=data)
            check(f"hot by {by} lists what {line['key']} counts", len(listed) == line["count"])
    for version, code in ((1, "990100"), (2, "990200")):
        title = {"zh": "磨坊区", "en": "Mill district"}
        for kind, one in (("places", {"code": code, "title": title, "level": "district"}),
                          ("bodies", {"id": f"ULE-{code}", "kind": "ULE", "place": code, "title": title, "roles": ["HANDLER"]})):
            register = scratch / f"{kind}-{version}.json"
            register.write_text(json.dumps({"kind": kind, "id": f"mill-{kind}", "version": version, kind: [one]}))
            check(f"version {version} of a register of {kind} is published", call("directory", "publish", register, data=data).returncode == 0)
    for term in ("place=990100", "lead=ULE-990100"):
        check(f"what an older version of a register knew is known: {term}", call("case", "list", "--where", term, data=data).returncode == 0)
    check("there were rates and exclusions to look at", scored > 10 and excluded > 3 and nobody > 0, f"{scored} {excluded} {nobody}")
    parked, shared = (next(c["case"] for c in cases if fits(c)) for fits in (lambda c: c["stage"] == "PARKED", lambda c: c["co_handlers"]))
    check("a suspended clock has no due time", any(c["state"] == "suspended" and c["due"] is None for c in same_case(parked, data)["clocks"]))
    check("co-handlers are named", all(isinstance(c, str) for c in same_case(shared, data)["co_handlers"]))
    digest = ask("view-digest", "view", "digest", data=data)
    whole = scratch / "whole"
    shutil.copytree(data, whole)
    told = 0
    for table in sorted(p.name for p in (whole / "views").glob("*.sst")):
        shutil.rmtree(data)
        shutil.copytree(whole, data)
        broken = data / "views" / table
        bytes_ = bytearray(broken.read_bytes())
        for i in range(len(bytes_) // 5, len(bytes_) // 5 + 4):
            bytes_[i] ^= 0xFF
        broken.write_bytes(bytes_)
        rebuilt = call("view", "rebuild", "--json", data=data)
        views = json.loads(rebuilt.stdout)
        told += any(c["unreadable"] for c in views["compared"]) or any(v["incident"] for v in views["views"])
        if any((v["incident"] or "").startswith("its rows") for v in views["views"]):
            check(f"damage of {table} is a difference that was found", rebuilt.returncode == 8, f"{rebuilt.returncode}")
            check(f"damage of {table} is told once", call("view", "rebuild", data=data).returncode == 0)
        check(f"views with {table} damaged are made anew", ask("view-digest", "view", "digest", data=data) == digest)
        broken = data / "views" / max((p for p in (data / "views").glob("*.sst")), key=lambda p: p.stat().st_size).name
        broken.write_bytes(broken.read_bytes()[:-2000] + bytes(2000))
        check("who reads what is damaged gets the right answer all the same", ask("view-digest", "view", "digest", data=data) == digest)
    check("a rebuild tells which rows could not be read", told > 6, str(told))


if __name__ == "__main__":
    sys.exit(main())
