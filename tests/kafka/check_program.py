#!/usr/bin/env python3
"""The program on a real broker: a deployment is made, used, served, taken over and found whole; all scenarios are played.

Usage: check_program.py LASTKM SOURCE-DIR      (through with_kafka, which names brokers in the environment)
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

LASTKM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
BROKERS = os.environ["LASTKM_KAFKA_BROKERS"]
checks = 0


def check(what, ok, said=""):
    global checks
    checks += 1
    if not ok:
        print(f"FAILED: {what}\n{said}")
        sys.exit(1)


def run(*arguments, code=0, text=None, within=300):
    done = subprocess.run([LASTKM, *map(str, arguments)], input=text, capture_output=True, text=True, timeout=within)
    check(f"exit code of {arguments}", done.returncode in (code if isinstance(code, tuple) else (code,)), f"{done.returncode} {done.stdout[-2000:]} {done.stderr[-4000:]}")
    return done.stdout, done.stderr


def lines(out):
    return [json.loads(line) for line in out.splitlines()]


def request(n):
    return json.dumps({"command": "RegisterCase", "external": {"channel": "CH-12345", "reference": f"K{n}"},
                       "actor": {"body": "HOTLINE-510108", "role": "AGENT"},
                       "data": {"type": "COMPLAINT", "category": "C11", "urgency": "URGENT", "place": "5101080170060001",
                                "text": f"secret words {n}"}}) + "\n"


def submit(*where, text):
    """The answers. Who is told that a request was only recorded, or that its fate is unknown, asks again with its reference."""
    for _ in range(20):
        out, _ = run("submit", "-", *where, "--json", code=(0, 7), text=text)
        answers = lines(out)
        if len(answers) == text.count("\n") and all(a["status"] in ("accepted", "duplicate") for a in answers):
            return answers
    check("every request is answered in the end", False, out)


TOPICS = ("commands", "decisions", "directory", "meta")


def kafka_tool(name, *arguments):
    done = subprocess.run(["java", "-cp", str(SOURCE.resolve() / ".deps/kafka-4.3.1/*"), f"org.apache.kafka.tools.{name}", "--bootstrap-server", BROKERS,
                           *map(str, arguments)], capture_output=True, text=True)
    check(f"{name} {arguments}", done.returncode == 0, done.stderr)


def change_topics(what, *topics, partitions=None):
    """Deletes topics, or makes them with the settings that they must have, as somebody with the tools of Kafka does."""
    settings = {"retention.ms": -1, "retention.bytes": -1, "message.timestamp.after.max.ms": 5000, "max.message.bytes": 8912896}
    more = [] if partitions is None else ["--partitions", partitions, *(word for name, value in settings.items() for word in ("--config", f"{name}={value}"))]
    for topic in topics:
        kafka_tool("TopicCommand", what, "--topic", topic, *more)
    time.sleep(1)  # brokers take it up a moment later


class Serving:
    def __init__(self, folder, *options):
        self.process = subprocess.Popen([LASTKM, "serve", "--data", folder, "--json", *map(str, options)],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def ready(self):
        return "serving" in json.loads(self.process.stdout.readline())

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.communicate(timeout=60)
        return self.process.returncode


def main(scratch):
    kafka = ["--log", "kafka", "--brokers", BROKERS]
    one, two, vault = scratch / "one", scratch / "two", scratch / "vault"
    run("init", one, *kafka, "--prefix", "check", "--partitions", 8, "--vault", vault)
    _, said = run("init", scratch / "again", *kafka, "--prefix", "check", code=1)
    check("a second deployment on the same topics is refused", "log-not-empty" in said, said)
    _, said = run("serve", "--data", scratch / "none", *kafka, "--prefix", "nothing", code=3)
    check("topics that are not there are not made by serve", "no-log" in said, said)
    _, said = run("init", scratch / "fresh", *kafka, "--prefix", "no/name", code=2)
    check("a prefix that no topic can have is refused at once", "bad-prefix" in said and not (scratch / "fresh").exists(), said)
    _, said = run("init", scratch / "fresh", "--log", "kafka", "--brokers", "nobody.invalid:9092", code=7)
    check("why brokers cannot be reached is said", "resolve" in said.splitlines()[-1], said)
    (scratch / "file").touch()
    _, said = run("init", scratch / "file" / "fresh", *kafka, "--prefix", "late", "--partitions", 2, code=1)
    check("where there can be no folder the reason is said", "cannot-write" in said, said)
    run("init", scratch / "fresh", *kafka, "--prefix", "late", "--vault", vault, code=1)
    _, said = run("init", scratch / "fresh", *kafka, "--prefix", "late", "--replication", 9, code=1)
    check("more copies than brokers are refused with the way out", "topic-setting" in said and "--replication" in said and not (scratch / "fresh").exists(), said)
    _, said = run("serve", "--data", scratch / "none", *kafka, "--prefix", "late", code=3)
    check("and no topics are made", "no-log" in said, said)
    _, said = run("serve", "--data", scratch / "none", *kafka, "--prefix", "check", code=6)
    check("who joins without the vault is told how to name it", "vault-missing" in said and "--vault" in said, said)
    remembered = (one / "log.json").read_text()
    elsewhere = ["--data", one, "--log", "kafka", "--brokers", BROKERS.replace("127.0.0.1", "localhost"), "--prefix", "check"]
    run("config", *elsewhere)
    check("another way to the log is remembered by no passing verb", (one / "log.json").read_text() == remembered, remembered)
    served = Serving(*elsewhere[1:])
    check("a folder is served by another way", served.ready())
    served.end()
    check("which it remembers", json.loads((one / "log.json").read_text()) == {**json.loads(remembered), "brokers": elsewhere[5]}, remembered)
    run("directory", "publish", "--shipped", "--activate", "--data", one)
    out, _ = run("doctor", "--data", one, "--json")
    check("a folder whose log is elsewhere is sound", lines(out)[0]["ok"] and "brokers" in [c["check"] for c in lines(out)[0]["checks"]], out)

    out, _ = run("submit", "-", "--data", one, "--json", text="".join(request(n) for n in range(100)))
    answers = lines(out)
    check("every request is accepted", len(answers) == 100 and all(a["status"] == "accepted" for a in answers), out)
    check("requests spread over lanes of all partitions", len({a["lane"] % 8 for a in answers}) == 8, out)

    # What was deleted is not advised to be made anew, and what was made anew is named.
    for name in ("gone", "anew"):
        run("init", scratch / name, *kafka, "--prefix", name, "--partitions", 2)
    served = Serving(scratch / "anew")
    check("a deployment serves", served.ready())
    change_topics("--delete", *(f"gone.{topic}" for topic in TOPICS), "anew.commands")
    change_topics("--create", "anew.commands", partitions=2)
    out, _ = run("doctor", "--data", scratch / "gone", "--json", code=6)
    check("topics that are gone are to be restored", "topic-missing" in out and "lastkm init" not in out, out)
    for serving in (True, False):
        out, _ = run("doctor", "--data", scratch / "anew", "--json", code=6)
        text = lines(out)[0]["checks"][-1]["text"]
        check("the topic that was made anew is named, and no other", "log-recreated" in text and "commands=" in text and "decisions=" not in text, out)
        if serving:
            served.end()

    # Retention that ate the head is told before anything has to be made anew.
    run("init", scratch / "eaten", *kafka, "--prefix", "eaten", "--partitions", 2)
    run("directory", "publish", "--shipped", "--activate", "--data", scratch / "eaten")
    (scratch / "offsets.json").write_text(json.dumps({"partitions": [{"topic": "eaten.commands", "partition": 1, "offset": 2}], "version": 1}))
    kafka_tool("DeleteRecordsCommand", "--offset-json-file", scratch / "offsets.json")
    out, _ = run("doctor", "--data", scratch / "eaten", "--json", code=6)
    said = {one["check"]: one["text"] for one in lines(out)[0]["checks"] if one["state"] == "error"}
    check("with its place", "eaten.commands, partition 1, offset 0" in said["log"], out)

    # Two processes share the partitions: whoever is asked answers, and one goes on alone when the other is killed.
    first = Serving(one)
    check("the first serves", first.ready())
    second = Serving(two, *kafka, "--prefix", "check", "--vault", vault)
    check("the second serves beside it", second.ready())
    answers = submit("--data", one, text=request(500) + request(3))
    check("a served folder takes requests and knows repeats", answers[1]["status"] == "duplicate", answers)
    answers = submit("--data", two, text="".join(request(n) for n in range(480, 500)) + request(500))
    check("so does the other, for the lanes of both", answers[-1]["status"] == "duplicate" and len({a["lane"] % 8 for a in answers}) > 4, answers)
    _, said = run("case", "list", "--data", scratch / "three", *kafka, "--prefix", "check", "--vault", vault, code=5)
    check("a process that wants the deployment for itself is told who has it", "deployment-in-use" in said, said)
    (scratch / "beside").mkdir()
    out, _ = run("doctor", "--data", scratch / "beside", *kafka, "--prefix", "check", "--vault", vault, "--json", code=5)
    check("doctor sends to a folder that is served", "deployment-in-use" in out and "ask doctor of one of those" in out, out)
    started = time.monotonic()
    first.end(signal.SIGKILL)
    answers = submit("--data", two, text="".join(request(n) for n in range(501, 530)) + request(500))
    seconds = time.monotonic() - started
    check("the other knows what it did, and decides all lanes", answers[-1]["status"] == "duplicate", answers)
    print(f"kill -9 of one of two engines to acknowledgements on all partitions: {seconds:.1f} s")
    check("within 12 s", seconds < 12, str(seconds))

    # A zombie: stopped, taken over, continued. It follows, and nothing is written twice.
    heir = Serving(one)
    check("a second engine comes again", heir.ready())
    submit("--data", one, text=request(530))
    second.process.send_signal(signal.SIGSTOP)
    out, _ = run("submit", "-", "--data", one, "--json", code=(0, 7), text="".join(request(n) for n in range(200, 210)))
    receipts = [answer for answer in lines(out) if answer["status"] == "recorded"]
    check("what the other would decide is only recorded", receipts and all(receipt["command_id"] for receipt in receipts), out)
    for receipt in receipts:
        there = f"{receipt['lane']}:{receipt['ordinal']}"
        out, _ = run("case", "list", "--data", one, "--wait-for", there, "--wait-ms", 30000, "--json")
        check("who waits for a receipt's ordinal sees its case", receipt["case"] in {case["case"] for case in lines(out)}, f"{receipt} {out}")
    submit("--data", one, text="".join(request(n) for n in range(200, 210)))
    second.process.send_signal(signal.SIGCONT)
    answers = submit("--data", two, text="".join(request(n) for n in range(200, 210)) + request(531))
    check("the zombie knows what was decided meanwhile", {a["status"] for a in answers[:-1]} == {"duplicate"}, answers)
    reading = Serving(scratch / "views", *kafka, "--prefix", "check", "--vault", vault, "--roles", "projections")
    check("a process that keeps views alone serves", reading.ready())
    out, _ = run("submit", "-", "--data", scratch / "views", "--json", code=1, text=request(600))
    check("it takes no commands", lines(out)[0]["reason"]["code"] == "read-only", out)
    newest = answers[-1]
    out, _ = run("case", "list", "--data", scratch / "views", "--wait-for", f"{newest['lane']}:{newest['ordinal']}", "--json")
    check("its views follow", newest["case"] in {case["case"] for case in lines(out)}, out)
    for name, process in (("the zombie", second), ("the heir", heir), ("the reader", reading)):
        check(f"{name} ends well", process.end() == 0)

    out, _ = run("audit", "redecide", "--data", one, "--json")
    audit = lines(out)[0]
    check("every decision is made again, byte for byte", audit["different"] == 0 and audit["equal"] == audit["commands"] > 50, out)
    out, _ = run("case", "list", "--data", one, "--json")
    check("every case is there once", len(lines(out)) == 162, str(len(lines(out))))
    before, _ = run("view", "digest", "--data", one, "--json")
    run("view", "rebuild", "--data", two)
    after, _ = run("view", "digest", "--data", two, "--json")
    check("views of another folder are the same", lines(before)[0]["views"] == lines(after)[0]["views"], before + after)
    for topic in ("commands", "decisions"):
        out, _ = run("log", "dump", "--from", topic, "--data", one)
        check(f"no text lies open in {topic}", "secret words" not in out)

    # To a folder and back to other partitions: nothing is lost, nothing is changed.
    folder = scratch / "folder"
    out, _ = run("log", "copy", "--from", f"kafka:{BROKERS}/check", "--to", f"embedded:{folder}", "--vault", vault, "--json")
    check("a copy in a folder is the same", lines(out)[0]["redecided"]["different"] == 0 and lines(out)[0]["same_views"], out)
    _, said = run("case", "list", "--data", folder, *kafka, "--prefix", "check", "--vault", vault, code=1)
    check("a folder with a log of its own gets no other one", "log-elsewhere" in said and not (folder / "log.json").exists(), said)
    _, said = run("case", "list", "--data", one, "--log", "embedded", code=1)
    check("nor does one whose log is on Kafka", "log-elsewhere" in said, said)
    run("doctor", "--data", folder)
    _, said = run("log", "copy", "--from", f"kafka:{BROKERS}/check", "--to", f"embedded:{scratch / 'bare'}", code=2)
    check("a copy without keys is refused", "vault" in said and not (scratch / "bare").exists(), said)
    _, said = run("log", "copy", "--from", f"kafka:{BROKERS}/check", "--to", f"embedded:{scratch}", "--vault", vault, code=1)
    check("nothing is copied in among other files", "folder-not-empty" in said, said)
    _, said = run("log", "copy", "--from", f"kafka:{BROKERS}/check", "--to", f"embedded:{scratch / 'keys'}", "--vault", folder / "log", code=(3, 6))
    check("a copy without its vault is not begun", not (scratch / "keys").exists())
    run("log", "copy", "--from", f"kafka:{BROKERS}/check", "--to", f"embedded:{scratch / 'keys'}", "--vault", vault)
    run("doctor", "--data", scratch / "keys")
    run("log", "copy", "--from", f"embedded:{folder}", "--to", f"embedded:{folder}", code=2)
    run("serve", "--data", one, "--roles", "", code=2)
    dumped, _ = run("log", "dump", "--data", folder)
    onto_three = ["log", "copy", "--from", f"embedded:{folder}", "--to", f"kafka:{BROKERS}/three", "--partitions", 3, "--json"]
    for passing in (1, 4):  # killed: after the documents, and among commands and decisions
        died = subprocess.run([LASTKM, *map(str, onto_three)], capture_output=True, text=True, timeout=300,
                              env={**os.environ, "LASTKM_CRASH_AT": f"copy.appended:{passing}"})
        check("a copy is cut short", died.returncode == 137, f"{died.returncode} {died.stderr[-2000:]}")
    out, _ = run(*onto_three)
    copied = lines(out)[0]
    check("a copy that was cut short goes on", 10 < copied["had_before"] < copied["commands"] + copied["decisions"], out)
    check("a copy on 3 partitions is the same", copied["partitions"] == 3 and copied["same_views"] and copied["redecided"]["different"] == 0, out)
    three = ["--data", scratch / "three", *kafka, "--prefix", "three", "--vault", vault]
    again, _ = run("log", "dump", *three)
    check("every decision has its bytes", sorted(dumped.splitlines()) == sorted(again.splitlines()) and len(dumped) > 1000)
    out, _ = run("submit", "-", *three, "--json", text=request(300) + request(7))
    check("the copy goes on where the first stopped", [a["status"] for a in lines(out)] == ["accepted", "duplicate"], out)
    _, said = run("log", "copy", "--from", f"embedded:{folder}", "--to", f"kafka:{BROKERS}/three", "--partitions", 3, code=1)
    check("a deployment is not copied over", "log-not-empty" in said, said)

    # The folder of another deployment, and a vault that is another's.
    run("init", scratch / "other", *kafka, "--prefix", "other")
    _, said = run("case", "list", "--data", one, *kafka, "--prefix", "other", code=6)
    check("a folder of another log is refused", "foreign-log" in said, said)

    # All of them where there is time (.ci/run), else the long ones.
    every = os.environ.get("LASTKM_KAFKA") == "required"
    stories = sorted((SOURCE / "tests/scenarios").glob("*.scenario" if every else "s*.scenario"))
    out, _ = run("scenario", "run", *stories, *kafka, "--prefix", "story", within=1500)
    print(f"on Kafka, 8 partitions: {out.splitlines()[-1]}")
    print(f"{checks} checks hold")


with tempfile.TemporaryDirectory(prefix="lastkm-kafka-check-") as folder:
    main(pathlib.Path(folder))
