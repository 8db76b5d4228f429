#!/usr/bin/env python3
"""Records on Kafka through stock tools: the Python SDK of CloudEvents with confluent-kafka reads what the program wrote and writes
a command that the program decides; kcat prints both topics where it is installed; the parser of the AsyncAPI initiative reads
schemas/asyncapi.yaml. The tools are fetched into .deps once (PyPI, npm).

    check_interop.py LASTKM SOURCE      (through with_kafka)
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import venv

LASTKM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
BROKERS = os.environ["LASTKM_KAFKA_BROKERS"]
TOOLS = SOURCE / ".deps/interop"
PYTHON = TOOLS / "venv/bin/python"
PYPI = ["cloudevents==2.2.0", "confluent-kafka==2.16.1"]
NPM = "@asyncapi/parser@3"


def fetch():
    """The tools, fetched once; the rest of this program then runs in their Python."""
    if not (TOOLS / "complete").exists():
        TOOLS.mkdir(parents=True, exist_ok=True)
        venv.create(TOOLS / "venv", with_pip=True)
        for command in ([PYTHON, "-m", "pip", "-q", "install", *PYPI], ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", TOOLS, NPM]):
            if subprocess.run(command, stdout=subprocess.DEVNULL).returncode != 0:
                print(f"*** SKIPPED: {command[-1]} cannot be fetched, so nothing was read by stock tools ***")
                sys.exit(1 if os.environ.get("LASTKM_KAFKA") == "required" else 77)
        (TOOLS / "complete").touch()
    if pathlib.Path(sys.executable) != PYTHON:
        os.execv(PYTHON, [PYTHON, __file__, *sys.argv[1:]])


fetch()
from cloudevents.core.bindings.kafka import KafkaMessage, from_structured_event, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from confluent_kafka import Consumer, Producer, TopicPartition


def check(what, ok, said=""):
    if not ok:
        sys.exit(f"FAILED: {what}\n{said}")
    print(f"ok  {what}")


def run(*arguments, text=None, code=0):
    done = subprocess.run([LASTKM, *map(str, arguments)], input=text, capture_output=True, text=True, timeout=300)
    if done.returncode != code:
        sys.exit(f"FAILED: {arguments}: exit code {done.returncode}\n{done.stdout[-1000:]}\n{done.stderr[-2000:]}")
    return done.stdout


def messages(topic, partitions):
    """Every record of a topic, as a stock consumer gives it."""
    consumer = Consumer({"bootstrap.servers": BROKERS, "group.id": "stock", "enable.auto.commit": False, "auto.offset.reset": "earliest"})
    ends = {p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=10)[1] for p in range(partitions)}
    consumer.assign([TopicPartition(topic, p, 0) for p in range(partitions)])
    out, left = [], sum(ends.values())
    while len(out) < left:
        message = consumer.poll(10)
        if message is None:
            sys.exit(f"FAILED: {topic} gives {len(out)} of {left} records")
        out.append(message)
    consumer.close()
    return out


def plain(message):
    return KafkaMessage(headers={name: value for name, value in message.headers() or []}, key=message.key(), value=message.value())


class Canonical(JSONFormat):
    """The SDK's JSON in the form that records have: members in order, nothing between them, milliseconds; without the key."""

    def write(self, event):
        members = json.loads(super().write(event))
        members.pop("partitionkey", None)
        members["time"] = event.get_time().strftime("%Y-%m-%dT%H:%M:%S") + f".{event.get_time().microsecond // 1000:03d}Z"
        return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def main(scratch):
    folder, partitions = scratch / "d", 2
    run("init", folder, "--log", "kafka", "--brokers", BROKERS, "--prefix", "stock", "--partitions", partitions)
    run("directory", "publish", "--shipped", "--activate", "--data", folder, "--quiet")
    agent = {"body": "HOTLINE-510108", "role": "AGENT"}
    place = {"type": "COMPLAINT", "category": "C11", "urgency": "URGENT", "place": "5101080170060001"}
    asked = [{"command": "RegisterCase", "idempotency_key": f"i{n}", "actor": agent, "data": {**place, "text": "消防通道被堵"}} for n in range(3)]
    answers = [json.loads(line) for line in run("submit", "-", "--data", folder, "--json", text="".join(json.dumps(a) + "\n" for a in asked)).splitlines()]
    run("submit", "-", "--data", folder, text=json.dumps({"command": "AcceptCase", "case": answers[0]["case"], "idempotency_key": "a0", "actor": agent, "data": place}) + "\n")

    count, accept = 0, None
    for topic in ("commands", "decisions", "directory", "meta"):
        for message in messages(f"stock.{topic}", partitions if topic in ("commands", "decisions") else 1):
            event = from_structured_event(plain(message))  # the content type says so
            record = json.loads(message.value())
            headers = {name: value.decode() for name, value in message.headers()}
            if not headers["content-type"].startswith("application/cloudevents+json"):
                sys.exit(f"FAILED: content type {headers}")
            for name in ("id", "source", "type", "subject"):
                if getattr(event, f"get_{name}")() != record[name] or headers[f"ce_{name}"] != record[name]:
                    sys.exit(f"FAILED: {name} of {topic}@{message.offset()}: {event} {headers}")
            if event.get_data() != record["data"]:
                sys.exit(f"FAILED: data of {topic}@{message.offset()}")
            if Canonical().write(event) != message.value():
                sys.exit(f"FAILED: re-encoded {topic}@{message.offset()} differs:\n{Canonical().write(event)}\n{message.value()}")
            count += 1
            if record["type"].startswith("org.lastkm.command") and record["data"].get("idempotency_key") == "a0":
                accept = (message, event)
    check(f"the SDK of CloudEvents reads {count} records of four topics, attributes equal to the ce_ headers, and re-encodes them to the same bytes", count > 150)

    # A program that knows nothing of this one asks for the same step of another case.
    message, event = accept
    other = answers[1]
    data = dict(event.get_data())
    fresh = "f" * 31 + "1"
    was = json.dumps(data)
    data = json.loads(was.replace(answers[0]["case"], other["case"]).replace(event.get_id(), fresh))
    data["lane"], data["idempotency_key"] = other["lane"], "from-another-program"
    attributes = {**event.get_attributes(), "id": fresh, "subject": other["case"]}
    written = to_structured(CloudEvent(attributes=attributes, data=data), Canonical())
    producer = Producer({"bootstrap.servers": BROKERS})
    producer.produce("stock.commands", value=written.value, key=other["case"], partition=other["lane"] % partitions,
                     headers=[(name, value) for name, value in written.headers.items()])
    check("its record is written", producer.flush(20) == 0)
    shown = json.loads(run("case", "show", other["case"], "--data", folder, "--json"))
    check("the program decides what another program wrote", shown["stage"] == json.loads(run("case", "show", answers[0]["case"], "--data", folder, "--json"))["stage"], shown)
    audit = json.loads(run("audit", "redecide", "--data", folder, "--json"))
    check("and makes it again, byte for byte", audit["different"] == 0 and audit["equal"] == audit["commands"], audit)

    kcat = shutil.which("kcat")
    if kcat:
        for topic in ("commands", "decisions"):
            said = subprocess.run([kcat, "-b", BROKERS, "-C", "-e", "-q", "-t", f"stock.{topic}", "-f", "%h %s\n"], capture_output=True, text=True, timeout=60).stdout
            rows = [(line, json.loads(line[line.index(" {") + 1:])) for line in said.splitlines()]
            copied = sum(f"ce_type={record['type']}," in line + "," or f"ce_type={record['type']} " in line for line, record in rows)
            check(f"kcat prints {len(rows)} {topic} readably, with their headers", len(rows) > 60 and copied >= len(rows) - 1)  # one is the other program's
    else:
        print("*** SKIPPED: kcat is not installed (Debian: apt-get install kcat) ***")

    script = TOOLS / "asyncapi.mjs"
    script.write_text("import { Parser, fromFile } from '@asyncapi/parser';\n"
                      "const { document, diagnostics } = await fromFile(new Parser(), process.argv[2]).parse();\n"
                      "console.log(JSON.stringify({ valid: document !== undefined, diagnostics }));\n")
    said = json.loads(subprocess.run(["node", script, SOURCE / "schemas/asyncapi.yaml"], capture_output=True, text=True, timeout=120, check=True).stdout)
    worse = [one for one in said["diagnostics"] if one["severity"] < 2]
    check("schemas/asyncapi.yaml is valid", said["valid"] and not worse, worse)
    broken = scratch / "asyncapi.yaml"
    broken.write_text((SOURCE / "schemas/asyncapi.yaml").read_text().replace("action: receive", "action: recieve"))
    said = json.loads(subprocess.run(["node", script, broken], capture_output=True, text=True, timeout=120, check=True).stdout)
    check("and with a mistake it is not", not said["valid"])


with tempfile.TemporaryDirectory(prefix="lastkm-interop-") as folder:
    main(pathlib.Path(folder))
