#!/usr/bin/env python3
"""A reader in another language: what `lastkm log dump` prints is re-encoded canonically (RFC 8785, integers only) and must
come out as the same bytes; the lane of each record and the chain of each aggregate are computed anew. With --schemas each
record is held against its JSON Schema, the data of each event against that of its type, and (where LASTKM_SHARED has it)
against the schema of CloudEvents itself.

Usage: check_records.py --lanes N COMMANDS DECISIONS DIRECTORY META  files as `lastkm log dump --from TOPIC` printed them
       check_records.py --program LASTKM --data DIR [--lanes N] [--schemas SCHEMAS] [--tamper]
                        dumps them itself; --tamper shows that one changed byte is found, at 50 places of each topic
       check_records.py --folders DIR …                              the same for each folder of DIR, with those files that are
                        inside: commands.jsonl and decisions.jsonl, perhaps directory.jsonl and meta.jsonl
       check_records.py --self-test
"""
import argparse
import hashlib
import json
import os
import pathlib
import random
import re
import subprocess
import sys

SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def canonical_text(text):
    return '"' + "".join(SHORT_ESCAPES.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in text) + '"'


def canonical(value):
    """RFC 8785 without floating point: members by UTF-16 code units, no spaces, shortest escapes."""
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return canonical_text(value)
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda m: m[0].encode("utf-16-be"))
        return "{" + ",".join(canonical_text(k) + ":" + canonical(v) for k, v in members) + "}"
    raise ValueError(f"a {type(value).__name__} has no place in a record")


def no_doubles(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a member name comes twice")
    return dict(pairs)


def refuse_float(text):
    raise ValueError(f"{text} is not an integer")


def parse(line):
    return json.loads(line, object_pairs_hook=no_doubles, parse_float=refuse_float, parse_constant=refuse_float)


def lane_of(aggregate, lanes):
    if aggregate.startswith("lane-"):
        return int(aggregate[5:])
    return int.from_bytes(hashlib.sha256(aggregate.encode()).digest()[:8], "big") % lanes


class Shapes:
    """The JSON Schemas of records, of the inputs of commands and of events, and that of CloudEvents where the shared data is."""

    def __init__(self, schemas):
        import schema
        self.commands = [schema.Folder(folder) for folder in sorted((schemas / "commands").iterdir())]
        self.records, self.events = schema.Folder(schemas / "records"), schema.Folder(schemas / "events")
        shared = pathlib.Path(os.environ.get("LASTKM_SHARED", "../shared")) / "data/conformance/cloudevents/cloudevents.schema.json"
        self.envelope = schema.Schema(shared) if shared.exists() else None
        self.seen = {}  # event type -> how many

    def faults(self, value):
        kind = re.sub(r"\.v[0-9]+$", "", value["type"].removeprefix("org.lastkm."))
        out = self.records.faults(kind, value)
        if self.envelope:
            out += self.envelope.faults(value)
        for event in value["data"].get("events", []):
            self.seen[event["type"]] = self.seen.get(event["type"], 0) + 1
            out += [f"{event['type']}: {fault}" for fault in self.events.faults(f"{event['type']}.v{event['version']}", event["data"])]
        return out

    def input_faults(self, command):
        """Of a command that was taken: its input is what one of those says that know it, each workflow having its own."""
        tried = [folder.faults(command["command"], command["input"]) for folder in self.commands if folder.knows(command["command"])]
        if not tried:
            return [f"there is no schema commands/*/{command['command']}"]
        return [] if [] in tried else [f"{command['command']}: {fault}" for fault in tried[-1]]


class Checker:
    def __init__(self, lanes, shapes=None):
        self.lanes = lanes
        self.shapes = shapes
        self.findings = []
        self.records = 0
        self.commands = {}   # lane -> (id, hash of the record) of each command, in order
        self.asked = {}      # id -> data of each command
        self.accepted = {}   # lane -> number of decisions accepted
        self.previous = {}   # aggregate -> hash of its last decision
        self.seq = {}        # aggregate -> seq of its last event

    def find(self, at, text):
        self.findings.append(f"{at}: {text}")

    def record(self, at, raw):
        self.records += 1
        try:
            value = parse(raw.decode("utf-8"))
            if canonical(value).encode("utf-8") != raw:
                self.find(at, "re-encoding gives other bytes")
        except (ValueError, UnicodeDecodeError) as error:
            self.find(at, f"cannot be read: {error}")
            return None
        for name, kind in (("specversion", str), ("type", str), ("source", str), ("id", str), ("data", dict)):
            if not isinstance(value.get(name), kind):
                self.find(at, f"no CloudEvent: {name} is missing")
                return None
        for fault in self.shapes.faults(value)[:3] if self.shapes else []:
            self.find(at, fault)
        return value

    def command(self, at, raw):
        value = self.record(at, raw)
        if value is None:
            return
        lane, aggregate = value["data"].get("lane"), value.get("subject", "")
        if lane != lane_of(aggregate, self.lanes):
            self.find(at, f"lane {lane} is not the lane of {aggregate}")
        self.commands.setdefault(lane, []).append((value["id"], hashlib.sha256(raw).hexdigest()))
        self.asked[value["id"]] = value["data"]

    def decision(self, at, raw):
        value = self.record(at, raw)
        if value is None or "decision" not in value["type"]:
            return
        data = value["data"]
        lane, ordinal, aggregate = data.get("lane"), data.get("ordinal", 0), value.get("subject", "")
        if lane != lane_of(aggregate, self.lanes):
            self.find(at, f"lane {lane} is not the lane of {aggregate}")
        if ordinal != self.accepted.get(lane, 0) + 1:
            if ordinal > self.accepted.get(lane, 0) + 1:
                self.find(at, f"ordinal {ordinal} of lane {lane} leaves a gap")
            return  # a repeat: outside the accepted sequence
        self.accepted[lane] = ordinal
        known = self.commands.get(lane, [])
        if ordinal > len(known):
            self.find(at, f"decides ordinal {ordinal} of lane {lane}, which has {len(known)} commands")
        elif known[ordinal - 1] != (data.get("command"), data.get("command_hash")):
            self.find(at, f"names another command than ordinal {ordinal} of lane {lane}")
        if self.shapes and data.get("events") and data.get("command") in self.asked:
            for fault in self.shapes.input_faults(self.asked[data["command"]])[:3]:
                self.find(at, fault)
        if data.get("prev", "") != self.previous.get(aggregate, ""):
            self.find(at, f"prev is not the hash of the previous decision of {aggregate}")
        if data.get("events") or aggregate in self.previous:  # what never began has nothing to be chained to
            self.previous[aggregate] = hashlib.sha256(raw).hexdigest()
        for event in data.get("events", []):
            if event.get("seq") != self.seq.get(aggregate, 0) + 1:
                self.find(at, f"event {event.get('seq')} of {aggregate} is out of order")
            self.seq[aggregate] = event.get("seq", 0)

    def document(self, at, raw):
        value = self.record(at, raw)
        if value is None:
            return
        data, content = value["data"], value["data"].get("content", {})
        for member, inside in (("kind", "kind"), ("document", "id"), ("version", "version")):
            if data.get(member) != content.get(inside):
                self.find(at, f"{member} is not what the content says")
        if value["subject"] != f"{data.get('kind')}/{data.get('document')}" or value["id"] != f"document-{data.get('ordinal')}":
            self.find(at, "subject and id are not those of the document")
        content = canonical(content).encode("utf-8")
        if hashlib.sha256(content).hexdigest() != value["data"].get("sha256"):
            self.find(at, "sha256 is not that of the content")


TOPICS = ("commands", "decisions", "directory", "meta")


def dumped(options, index, topic):
    if options.program:
        return subprocess.run([options.program, "log", "dump", "--from", topic, "--data", options.data],
                              check=True, stdout=subprocess.PIPE).stdout.split(b"\n")[:-1]
    if index < len(options.files):
        return pathlib.Path(options.files[index]).read_bytes().split(b"\n")[:-1]
    return []


def checked(dumps, lanes, shapes=None):
    checker = Checker(lanes, shapes)
    for topic, check in zip(TOPICS, (checker.command, checker.decision, checker.document, checker.record)):
        for number, raw in enumerate(dumps.get(topic, ()), 1):
            check(f"{topic}:{number}", raw)
    return checker


def tamper(dumps, lanes):
    """One changed digit or letter, at many places: each must be found. What a decision says is borne out by the next one of
    its aggregate, so the last of each is left to `audit redecide`."""
    dice, tried = random.Random(1), 0
    lane = {topic: [parse(raw)["data"].get("lane") for raw in dumps[topic]] for topic in TOPICS}
    last = {parse(raw)["subject"]: line for line, raw in enumerate(dumps["decisions"])}
    for topic in ("commands", "decisions", "directory"):
        lines = [n for n in range(len(dumps[topic])) if topic == "directory" or lane[topic][n] is not None]
        lines = [n for n in lines if topic != "decisions" or n not in last.values()]
        for _ in range(50):
            line = dice.choice(lines)
            raw = dumps[topic][line]
            # Nothing bears out when a document was published; what it says is hashed.
            end = raw.index(b'"document":') if topic == "directory" else len(raw)
            place = dice.choice([i for i, byte in enumerate(raw[:end]) if chr(byte).isalnum()])
            other = dice.choice([c for c in b"0123456789abcdefXYZ" if c != raw[place]])
            changed = raw[:place] + bytes([other]) + raw[place + 1:]
            # The lane of the record alone, as it was and with the change.
            beside = {t: [changed if (t, n) == (topic, line) else r for n, r in enumerate(dumps[t])
                          if t == topic == "directory" and n == line or lane[topic][line] is not None and lane[t][n] == lane[topic][line]]
                      for t in TOPICS}
            tried += 1
            if not checked(beside, lanes).findings:
                print(f"{topic}:{line + 1}: byte {place} changed to {chr(other)!r}, and nobody noticed: {raw[max(0, place - 40):place + 20]}")
                return 1
    print(f"records: each of {tried} changed bytes was found")
    return 0


def self_test():
    samples = ['{"a":1,"b":[true,null,"\\u0001\\n€"]}', '{"\\uD83D\\uDE02":1,"\ufb33":2}', '{"\\r":"\\"/\\\\"}']
    for sample in samples:
        once = canonical(parse(sample))
        assert canonical(parse(once)) == once, sample
    assert canonical(parse('{"\ufb33":2,"\\uD83D\\uDE02":1}')) == '{"😂":1,"\ufb33":2}', "UTF-16 order"
    for wrong in ('{"a":1.5}', '{"a":1,"a":2}', '{"a":NaN}', '{"a":1e3}'):
        try:
            parse(wrong)
        except ValueError:
            continue
        raise AssertionError(wrong)
    assert lane_of("lane-7", 64) == 7
    assert lane_of("0" * 32, 64) == int(hashlib.sha256(b"0" * 32).hexdigest()[:16], 16) % 64
    checker = Checker(1)
    checker.command("1", canonical({"specversion": "1.0", "type": "org.lastkm.command.v1", "source": "/s", "id": "c1",
                                    "subject": "a", "data": {"lane": 0}}).encode())
    assert not checker.findings, checker.findings
    checker.command("2", b'{"specversion": "1.0"}')
    assert len(checker.findings) == 2, checker.findings
    print("check_records: self-test passed")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("files", nargs="*")
    arguments.add_argument("--lanes", type=int, default=64)
    arguments.add_argument("--program")
    arguments.add_argument("--data")
    arguments.add_argument("--schemas")
    arguments.add_argument("--folders", type=pathlib.Path)
    arguments.add_argument("--tamper", action="store_true")
    arguments.add_argument("--self-test", action="store_true")
    options = arguments.parse_args()
    if options.self_test:
        return self_test()
    shapes = Shapes(pathlib.Path(options.schemas)) if options.schemas else None
    if options.folders:
        every = [{topic: (folder / f"{topic}.jsonl").read_bytes().split(b"\n")[:-1] for topic in TOPICS
                  if topic in TOPICS[:2] or (folder / f"{topic}.jsonl").exists()}
                 for folder in sorted(options.folders.iterdir()) if folder.is_dir()]
    else:
        every = [{topic: dumped(options, index, topic) for index, topic in enumerate(TOPICS)}]
    checkers = [checked(dumps, options.lanes, shapes) for dumps in every]
    findings = [finding for checker in checkers for finding in checker.findings]
    for finding in findings[:50]:
        print(finding)
    records = sum(checker.records for checker in checkers)
    decided = sum(sum(checker.accepted.values()) for checker in checkers)
    print(f"records: {records} re-encoded, {decided} decisions chained, {len(findings)} findings"
          + (f", {len(shapes.seen)} types of events valid" if shapes else ""))
    if findings or records == 0:
        return 1
    return tamper(every[0], options.lanes) if options.tamper else 0


if __name__ == "__main__":
    sys.exit(main())
