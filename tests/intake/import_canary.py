#!/usr/bin/env python3
"""Puts a canary into every personal field of every format, and of submit, and demands that no byte under the data folder
holds one: not in plain, not encoded, not hashed without a key.

usage: import_canary.py LASTKM SOURCE
"""
import base64
import csv
import hashlib
import io
import json
import pathlib
import random
import string
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from program import HOTLINE_HEAD, PLACE, Program, check, finish  # noqa: E402

TOPICS = ("commands", "decisions", "directory")


class Canaries:
    """Words of which no four letters occur elsewhere, so that compression leaves them as they are, and coordinates."""

    def __init__(self):
        self.words = {}
        self.places = []
        self.chance = random.Random(7351)
        self.control = "".join(self.chance.choices(string.ascii_letters, k=24))  # stands in clear, as a reference

    def word(self, field):
        word = "".join(self.chance.choices(string.ascii_letters, k=24))
        self.words[word] = field
        return word

    def degrees(self, whole):
        self.places.append(f"{whole}.{self.chance.randrange(1000000, 9999999)}")
        return self.places[-1]

    def traces(self):
        """What must not be found: each word and its halves in plain, lower-case, backwards, as base64 at each offset; its
        plain hashes."""
        out = {}
        for word, field in self.words.items():
            plain = word.encode()
            for part in (plain, plain[:12], plain[12:], plain.lower(), plain[::-1]):
                out[part] = f"{field} ({word})"
            for shift in range(3):
                text = base64.b64encode(b"\0" * shift + plain)[(0, 2, 3)[shift]:].rstrip(b"=")[:-1]
                out[text] = out[text.translate(bytes.maketrans(b"+/", b"-_"))] = f"base64 of {field} ({word})"
            for name in ("md5", "sha1", "sha256", "sha512", "blake2b"):
                digest = hashlib.new(name, plain)
                out[digest.digest()[:12]] = out[digest.hexdigest().encode()[:24]] = f"{name} of {field} ({word})"
        for degrees in self.places:
            out[degrees.encode()] = out[degrees.replace(".", "").encode()] = f"coordinate {degrees}"
        return out


def table(columns, *rows):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue().encode()


def files(canary):
    word, degrees = canary.word, canary.degrees
    hotline = HOTLINE_HEAD.strip().split(",")
    yield "hotline-csv", table(hotline, [canary.control, "CH-12345", "2026-05-20T09:30:00+08:00", "HELP", "C05", "NORMAL", PLACE, word("address"),
                                         word("text"), word("name"), word("phone"), "", "", "open", ""])
    # A row that the rules refuse is in the log too.
    yield "hotline-csv", table(hotline, ["H2", "CH-12345", "", "", "", "", "0000", word("address"), word("text"), word("name"),
                                         word("phone"), "", "", "", ""])
    yield "hotline-jsonl", (json.dumps({"reference": "J1", "channel": "CH-12345", "text": word("text"), "address": word("address"),
                                        "caller_name": word("name"), "caller_phone": word("phone")}) + "\n").encode()
    yield "nyc311", table(
        ["Unique Key", "Created Date", "Complaint Type", "Descriptor", "Resolution Description", "Incident Address",
         "Street Name", "Cross Street 1", "Cross Street 2", "Intersection Street 1", "Landmark", "Latitude", "Longitude", "Location"],
        ["1", "03/01/2011 02:27:57 PM", "Noise", word("descriptor"), word("resolution"), word("address"), word("street"), word("cross"),
         word("cross"), word("corner"), word("landmark"), degrees(40), degrees(-73), word("location")],
        ["2", "03/01/2011 02:27:57 PM", "Noise", "", "", "", "", word("cross"), word("cross"), "", "", "", "", ""])
    yield "austin311", table(
        ["unique_key", "created_date", "complaint_description", "owning_department", "incident_address", "street_number",
         "street_name", "latitude", "longitude", "location"],
        ["1", "2014-05-21 14:18:20 UTC", "Loose Dog", word("department"), word("address"), word("number"), word("street"), degrees(30),
         degrees(-97), word("location")])
    yield "boston311", table(
        ["case_enquiry_id", "open_dt", "type", "case_title", "closure_reason", "location", "latitude", "longitude"],
        ["1", "2022-01-21 13:47:00", "Needle Pickup", word("title"), word("closure"), word("location"), degrees(42), degrees(-71)])
    request = {"service_request_id": "1", "requested_datetime": "2014-07-12T10:58:43-05:00", "service_name": "Alley Light",
               "status": "open"}
    told = {**request, "description": word("description"), "status_notes": word("statusnotes"), "address": word("address"),
            "notes": [{"summary": word("note")}], "attributes": [{"label": word("label"), "name": word("value")}]}
    yield "open311", json.dumps([{**told, "lat": float(degrees(41)), "long": float(degrees(-87))}]).encode()
    yield "open311", ("<service_requests><request>" + "".join(f"<{k}>{v}</{k}>" for k, v in {
        **request, "service_request_id": "2", "description": word("description"), "address": word("address"), "lat": degrees(41),
        "long": degrees(-87)}.items()) + "</request></service_requests>").encode()


def submissions(canary):
    word = canary.word
    actor = {"body": "HOTLINE-510108", "role": "AGENT"}
    external = {"channel": "CH-12345", "reference": "S1"}
    lat, lon = (int(canary.degrees(n).replace(".", "")) for n in (30, 104))
    yield {"command": "RegisterCase", "external": external, "actor": actor, "data": {
        "type": "COMPLAINT", "category": "C11", "urgency": "URGENT", "place": PLACE, "text": word("text"), "address": word("address"),
        "caller": {"name": word("name"), "phone": word("phone")}, "location": {"lat": lat, "long": lon}}}
    yield {"command": "AcceptCase", "external": external, "actor": actor, "data": {
        "type": "COMPLAINT", "category": "C11", "urgency": "URGENT", "place": PLACE}}
    yield {"command": "DispatchCase", "external": external, "actor": {**actor, "role": "DISPATCHER"},
           "data": {"lead": "PSC-5101080170060001"}}
    handler = {"body": "PSC-5101080170060001", "role": "HANDLER"}
    yield {"command": "SignCase", "external": external, "actor": handler, "data": {}}
    yield {"command": "RecordAct", "external": external, "actor": handler, "data": {
        "kind": "arrived", "text": word("text"), "evidence": [{"sha256": "ab" * 32, "mime": "image/png"}]}}
    # What no command knows is refused, and in the log all the same.
    yield {"command": "SignCase", "external": external, "actor": handler, "data": {
        "note": word("note"), "phone": word("phone"), "name": word("name"), "remark": f"see {word('remark')}", "list": [f"of {word('item')}"],
        "evidence": [{"note": word("note")}]}}
    yield {"command": "NoSuchCommand", "external": external, "actor": handler, "data": {"text": word("text"), "address": word("address")}}


def main():
    canary = Canaries()
    with tempfile.TemporaryDirectory(prefix="lastkm-canary-") as scratch:
        program = Program(sys.argv[1], sys.argv[2], scratch)
        data = program.folder("canary")
        for form, text in files(canary):
            for options in (("--dry-run",), (), ()):
                report = program.imports(form, "-", data, *options, text=text)
                check(f"{form}: the rows are read", report["created"] + report["same"] > 0 or b",0000," in text, report)
        lines = "".join(json.dumps(line) + "\n" for line in submissions(canary)).encode()
        outcomes = [json.loads(l) for l in program.must("submit", "-", "--json", data=data, text=lines, codes=(1,)).splitlines()]
        check("submit: taken but for what is no command", [o["status"] for o in outcomes] == ["accepted"] * 5 + ["rejected"] * 2, outcomes)
        program.cases(data)
        for case in program.cases(data):
            program.must("case", "history", case["ref"], "--json", data=data)
        program.must("view", "rebuild", data=data)

        seen = {f"log dump of {topic}": "\n".join(program.records(data, topic)).encode() for topic in TOPICS}
        for path in sorted(data.rglob("*")):
            if path.is_file():
                seen[str(path.relative_to(data))] = path.read_bytes()
        check("log, state, views and vault are looked at", {"log", "state", "views", "vault"} <= {n.split("/")[0] for n in seen}, list(seen))
        check("the log holds the rows", seen["log dump of commands"].count(b'"sealed"') > 30)
        found = [name for name, text in seen.items() if canary.control.encode() in text]
        check("what stands in clear is found, in the dump and in the files", {"log", "log dump of commands"} <=
              {name.split("/")[0] for name in found}, found)
        traces = canary.traces()
        for name, text in seen.items():
            for trace, what in traces.items():
                check(f"{name} holds no {what}", trace not in text, text[max(0, text.find(trace) - 200):text.find(trace) + 80])
        print(f"{len(canary.words)} words and {len(canary.places)} coordinates looked for in {len(seen)} files and dumps, "
              f"{sum(map(len, seen.values()))} bytes")
    finish()


if __name__ == "__main__":
    main()
