#!/usr/bin/env python3
"""Judges a history of clients against the logs that are left, with the anomaly names of Jepsen's Kafka checker. Nothing here
comes from the program: records are read as JSON, hashes are made anew.

    lost-write            acknowledged at a place that the lane has passed, and the command is not in the log
    unseen                acknowledged, not in the log, and the lane does not reach that place
    G1a                   refused for good before the log, and yet in it
    duplicate             a second effect of one key, or one key answered by two decisions
    inconsistent-offsets  an answer names a decision that says something else
    poll-skip             a gap in the ordinals of a lane or in the numbers of a case
    nonmonotonic-poll     numbers of a case that go back
    nonmonotonic-send     one client's later command lies before its earlier one in the lane

P1 is lost-write and unseen, P2 is duplicate, P5 is poll-skip and nonmonotonic-poll; P3 is `audit redecide` and, here, every
decision's hash of its command and chain to the decision before.
"""
import hashlib
import json
import sys

from lastkm import accepted, by_lane


def read(text):
    """A record's data, with its id and what it is about."""
    record = json.loads(text)
    return {**record["data"], "id": record.get("id"), "about": record.get("subject")}


class Operation:
    """One command of one client, sent as often as it took."""

    def __init__(self, client, key, sender=0):
        self.client, self.key = client, key  # as the log has them
        self.sender = sender                 # whoever sends one after the other
        self.answers = []     # (status, command id, lane, ordinal) of each answer that is one
        self.unknown = 0      # times that nobody could say
        self.refused = False  # refused before the log, for good
        self.acknowledged = False

    def answered(self, row):
        """Takes an outcome of `lastkm submit`."""
        if row["status"] == "recorded":
            self.unknown += 1
            if row["command_id"]:
                self.acknowledged = True
                self.answers.append(("recorded", row["command_id"], None, None))
        elif not row["command_id"]:
            if row["reason"]["code"] not in ("disk-full", "vault-io"):
                self.refused = True
        else:
            self.acknowledged = True
            self.answers.append((row["status"], row["command_id"], row["lane"], row["ordinal"]))

    def decided(self):
        return next((a for a in self.answers if a[0] != "recorded"), None)


def check(operations, commands, decisions):
    """What is wrong, as (anomaly, sentence)."""
    wrong = []
    lanes = accepted(decisions)
    sent = by_lane(commands)
    at = {}          # (lane, ordinal) -> decision
    places = {}      # command id -> ordinals of its decisions, in order of the log
    effects = {}     # (client, key) -> decisions with events
    keys = {}        # (client, key) -> command ids in the log
    for lane, records in sent.items():
        for text in records:
            data = read(text)
            if data.get("idempotency_key"):
                keys.setdefault((data["client"], data["idempotency_key"]), set()).add(data["id"])
    names = {data["id"]: (data["client"], data.get("idempotency_key", ""))
             for records in sent.values() for data in (read(text) for text in records)}

    beyond = {}
    for text in decisions:
        data = read(text)
        if "ordinal" in data and data["ordinal"] > beyond.get(data["lane"], 0) + 1:
            wrong.append(("poll-skip", f"decision {data['lane']}:{data['ordinal']} comes after {beyond.get(data['lane'], 0)}"))
        if "ordinal" in data:
            beyond[data["lane"]] = max(beyond.get(data["lane"], 0), data["ordinal"])

    last_seq, last_hash = {}, {}
    for lane, records in lanes.items():
        for n, text in enumerate(records):
            data = read(text)
            place = (lane, data["ordinal"])
            at[place] = data
            places.setdefault(data["command"], []).append(place)
            if n >= len(sent.get(lane, [])):
                wrong.append(("lost-write", f"decision {lane}:{n + 1} stands there and its command does not"))
            elif hashlib.sha256(sent[lane][n].encode()).hexdigest() != data["command_hash"]:
                wrong.append(("inconsistent-offsets", f"decision {lane}:{n + 1} answers another command than the one that stands there"))
            about = data["about"]
            if data.get("prev", "") != last_hash.get(about, ""):
                wrong.append(("poll-skip", f"decision {lane}:{n + 1} does not name the decision before it"))
            if data["events"] or about in last_seq:
                last_hash[about] = hashlib.sha256(text.encode()).hexdigest()
            if not data["events"]:
                continue
            owner = names.get(data["command"])
            if owner and owner[1]:
                effects.setdefault(owner, []).append(place)
            for event in data["events"]:
                expected = last_seq.get(about, 0) + 1
                if event["seq"] != expected:
                    kind = "poll-skip" if event["seq"] > expected else "nonmonotonic-poll"
                    wrong.append((kind, f"decision {lane}:{n + 1}: event {event['seq']} where {expected} is next"))
                last_seq[about] = max(event["seq"], expected)
        if len(records) < len(sent.get(lane, [])):
            wrong.append(("unseen", f"lane {lane}: {len(sent[lane]) - len(records)} commands without a decision"))

    for (client, key), where in effects.items():
        if len(where) > 1:
            wrong.append(("duplicate", f"key {key} of {client} has effects at {where}"))

    previous = {}
    for op in operations:
        in_log = keys.get((op.client, op.key), set())
        if op.refused and not op.acknowledged and in_log:
            wrong.append(("G1a", f"key {op.key} was refused before the log and is in it"))
        for status, command, lane, ordinal in op.answers:
            if command not in places and command not in in_log:
                passed = lane is not None and len(lanes.get(lane, [])) >= ordinal
                wrong.append(("lost-write" if passed else "unseen", f"key {op.key}, acknowledged as {status} at {lane}:{ordinal}"))
            elif lane is not None and at.get((lane, ordinal), {}).get("command") != command:
                wrong.append(("inconsistent-offsets", f"key {op.key} was told {lane}:{ordinal}, where {at.get((lane, ordinal), {}).get('command')} stands"))
        told = {a[2:] for a in op.answers if a[2] is not None}
        if len(told) > 1:
            wrong.append(("duplicate", f"key {op.key} was answered by {sorted(told)}"))
        answer = op.decided()
        if answer:
            who = (op.sender, answer[2])
            # A client sends its next command when the one before is answered.
            if previous.get(who, 0) > answer[3]:
                wrong.append(("nonmonotonic-send", f"key {op.key} lies at {answer[2]}:{answer[3]}, before {previous[who]}"))
            previous[who] = answer[3]
    return wrong


def self_test():
    """A small true history, and one fault of each name planted in it."""
    import copy

    def command(lane, n, key):
        return {"lane": lane, "id": f"c{n}", "client": "cli", "idempotency_key": key}

    def build(commands):
        texts, decisions, heads, ordinals, seqs = [], [], {}, {}, {}
        for data in commands:
            text = json.dumps({"id": data["id"], "data": data})
            texts.append(text)
            lane, case = data["lane"], f"a{data['lane']}"
            ordinals[lane] = ordinals.get(lane, 0) + 1
            seqs[case] = seqs.get(case, 0) + 1
            decision = json.dumps({"subject": case,
                                   "data": {"lane": lane, "ordinal": ordinals[lane], "command": data["id"],
                                            "command_hash": hashlib.sha256(text.encode()).hexdigest(), "prev": heads.get(case, ""),
                                            "events": [{"seq": seqs[case]}]}})
            heads[case] = hashlib.sha256(decision.encode()).hexdigest()
            decisions.append(decision)
        operations = []
        for data in commands:
            op = Operation("cli", data["idempotency_key"])
            op.acknowledged = True
            mine = next(json.loads(d)["data"] for d in decisions if json.loads(d)["data"]["command"] == data["id"])
            op.answers.append(("accepted", data["id"], mine["lane"], mine["ordinal"]))
            operations.append(op)
        return operations, texts, decisions

    plain = [command(n % 2, n, f"k{n}") for n in range(6)]
    found = {name for name, _ in check(*build(plain))}
    assert not found, found
    operations, commands, decisions = build(plain)

    def planted(name, change):
        mine = copy.deepcopy((operations, list(commands), list(decisions)))
        change(*mine)
        names = {anomaly for anomaly, _ in check(*mine)}
        assert name in names, f"{name} planted, {names} found"

    def lose(ops, sent, decided):  # a command and its decision are gone, the lane went on
        del sent[0], decided[0]
        for n, text in enumerate(decided):
            record = json.loads(text)
            if record["data"]["lane"] == 0:
                record["data"]["ordinal"] -= 1
                decided[n] = json.dumps(record)

    def forget_last(ops, sent, decided):
        del sent[-1], decided[-1]

    def refuse(ops, sent, decided):
        ops[2].refused, ops[2].acknowledged, ops[2].answers = True, False, []

    def double(ops, sent, decided):
        record = json.loads(sent[1])
        record["data"]["idempotency_key"] = "k3"
        sent[1] = json.dumps(record)

    def twice(ops, sent, decided):
        ops[0].answers.append(("accepted", "c0", 0, 3))

    def other(ops, sent, decided):
        ops[0].answers[0] = ("accepted", "c0", 0, 2)

    def gap(ops, sent, decided):
        del decided[2]

    def back(ops, sent, decided):
        record = json.loads(decided[4])
        record["data"]["events"][0]["seq"] = 1
        decided[4] = json.dumps(record)

    def turned(ops, sent, decided):
        ops[0], ops[4] = ops[4], ops[0]

    for name, change in (("lost-write", lose), ("unseen", forget_last), ("G1a", refuse), ("duplicate", double), ("duplicate", twice),
                         ("inconsistent-offsets", other), ("poll-skip", gap), ("nonmonotonic-poll", back), ("nonmonotonic-send", turned)):
        planted(name, change)
    print("the checker finds each anomaly that is planted, and none in a true history")


if __name__ == "__main__":
    if sys.argv[1:] != ["--self-test"]:
        sys.exit(__doc__)
    self_test()
