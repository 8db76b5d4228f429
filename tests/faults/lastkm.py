"""Drives the program as its users do: verbs as processes, a served folder, callers at its socket."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HOTLINE = {"body": "HOTLINE-510108", "role": "AGENT", "person": "P-1"}
PLACE = "5101080170060001"


class Fault(Exception):
    """What must not be, in one sentence."""


class Program:
    """The program of one build, perhaps with a disk under it (disk.cpp) or a crash point."""

    def __init__(self, path, source, **variables):
        self.path, self.source, self.variables = str(path), pathlib.Path(source), variables

    def having(self, **variables):
        return Program(self.path, self.source, **{**self.variables, **variables})

    def environment(self):
        out = {k: v for k, v in os.environ.items() if not k.startswith(("LASTKM_", "DISK_"))}
        # The program may be a sanitized one, and then a preloaded library comes before its runtime.
        out["ASAN_OPTIONS"] = out.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        return {**out, **self.variables}

    def run(self, *words, text=None):
        return subprocess.run([self.path, *map(str, words)], input=text, capture_output=True, text=True, encoding="utf-8",
                              env=self.environment(), timeout=600)

    def must(self, *words, text=None, codes=(0,)):
        done = self.run(*words, text=text)
        if done.returncode not in codes:
            raise Fault(f"lastkm {' '.join(map(str, words))}: exit code {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return done.stdout

    def lines(self, *words, text=None, codes=(0,)):
        return [json.loads(line) for line in self.must(*words, "--json", text=text, codes=codes).splitlines()]

    def make(self, folder, clock="virtual", lanes=4):
        """A folder with the shipped calendars, catalogue, district and workflow in force."""
        self.must("init", folder, "--lanes", lanes, "--clock", clock)
        self.must("directory", "publish", "--shipped", "--activate", "--data", folder, "--quiet")

    def submit(self, folder, lines):
        """The outcomes by line, and the exit code; fewer outcomes than lines where the program died."""
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        done = self.run("submit", "-", "--data", folder, "--json", text=text)
        return [json.loads(line) for line in done.stdout.splitlines() if line.endswith("}")], done

    def dump(self, folder):
        """The records of commands, and of decisions."""
        with tempfile.TemporaryDirectory(prefix="lastkm-dump-") as into:
            self.must("log", "dump", "--into", into, "--data", folder)
            return [(pathlib.Path(into) / f"{topic}.jsonl").read_text(encoding="utf-8").splitlines() for topic in ("commands", "decisions")]

    def audited(self, folder):
        """Every decision made again from the commands: no byte may differ and none be missing."""
        audit = self.lines("audit", "redecide", "--data", folder, codes=(0, 8))[0]
        if audit["different"] or audit["undecided"]:
            raise Fault(f"P3: re-decided otherwise: {audit}")
        return audit


def register(key, **more):
    return {"command": "RegisterCase", "idempotency_key": key, "actor": HOTLINE,
            "data": {"type": "COMPLAINT", "category": "C01", "urgency": "NORMAL", "place": PLACE, "text": f"request {key}"}, **more}


def accepted(records):
    """The accepted sequence of each lane, as bytes: of each ordinal the first decision of a live epoch. Restated here so that
    it owes nothing to the program."""
    lanes = {}
    for text in records:
        data = json.loads(text)["data"]
        if "ordinal" not in data:
            continue
        lane = lanes.setdefault(data["lane"], [])
        if data["ordinal"] == len(lane) + 1:
            lane.append(text)
    return lanes


def by_lane(commands):
    lanes = {}
    for text in commands:
        lanes.setdefault(json.loads(text)["data"]["lane"], []).append(text)
    return lanes


class Served:
    """A process that serves a folder."""

    def __init__(self, program, folder, *words, wait=True):
        self.folder = str(folder)
        self.said = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([program.path, "serve", "--data", self.folder, "--workers", "2", *words],
                                        stdout=subprocess.PIPE, stderr=self.said, text=True, env=program.environment())
        self.ready = False
        if not wait:
            return
        if not self.process.stdout.readline():
            raise Fault(f"lastkm serve: exit code {self.process.wait()}: {self.words()}")
        self.ready = True

    def signal(self, which):
        self.process.send_signal(which)

    def kill(self):
        self.process.kill()
        self.process.communicate()
        self.said.close()

    def stop(self, codes=(0,)):
        self.process.terminate()
        self.process.communicate(timeout=120)
        if self.process.returncode not in codes:
            raise Fault(f"lastkm serve stopped with exit code {self.process.returncode}: {self.words()}")
        self.said.close()

    def words(self):
        self.said.seek(0)
        return self.said.read()[-2000:]


def ask(folder, argv, text="", patience=60):
    """One call through the socket of a served folder: (lines of the answer, exit code or None where the server went away)."""
    link = socket.socket(socket.AF_UNIX)
    link.settimeout(patience)
    try:
        at = os.open(folder, os.O_PATH)
        try:
            link.connect(f"/proc/self/fd/{at}/lastkm.sock")
        finally:
            os.close(at)
        link.sendall((json.dumps({"argv": argv, "cwd": "/", "out_is_terminal": False, "err_is_terminal": False}) + "\n").encode())
        if "-" in argv:  # only then: who needs no input answers and hangs up, and sending would fail before the answer is read
            link.sendall((json.dumps({"in_hex": text.encode().hex()}) + "\n" + '{"in_end":true}\n').encode())
        out, code = "", None
        with link.makefile("r", encoding="utf-8") as answers:
            for line in answers:
                if not line.endswith("\n"):
                    break
                message = json.loads(line)
                out += message.get("out", "")
                if "exit" in message:
                    code = message["exit"]
                    break
        return [json.loads(line) for line in out.split("\n")[:-1]], code
    except (OSError, ValueError):
        return [], None
    finally:
        link.close()


def copy(folder, to):
    shutil.rmtree(to, ignore_errors=True)
    subprocess.run(["cp", "-a", str(folder), str(to)], check=True)
    for name in ("lastkm.sock", "owner"):
        pathlib.Path(to, name).unlink(missing_ok=True)


def main(checks, only=""):
    """Runs named checks, or those whose name holds `only`; prints what failed. The exit code of the test."""
    failed = 0
    checks = [(name, check) for name, check in checks if only in name]
    for name, check in checks:
        began = time.monotonic()
        try:
            said = check()
            print(f"ok   {name}{': ' + said if said else ''} ({time.monotonic() - began:.1f} s)", flush=True)
        except Fault as fault:
            failed += 1
            print(f"FAIL {name}: {fault}", flush=True)
    print(f"{len(checks)} checks, {failed} failed")
    return 1 if failed else 0


__all__ = ["Fault", "Program", "Served", "HOTLINE", "PLACE", "accepted", "ask", "by_lane", "copy", "main", "register", "signal", "sys"]
