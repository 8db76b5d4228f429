"""Calls the program as a user does and counts what holds: for the checks of this folder."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unicodedata

import schema


class Program:
    def __init__(self, program, source):
        self.program, self.source = program, pathlib.Path(source)
        self.schemas = schema.Folder(self.source / "schemas" / "cli")
        self.findings, self.checks = [], 0

    def check(self, claim, holds, detail=""):
        self.checks += 1
        if not holds:
            self.findings.append(f"{claim}: {detail}" if detail else claim)

    def call(self, *arguments, given="", data=None, env=None):
        """Bytes may be given; then what is printed is still text."""
        words = [self.program, *map(str, arguments)] + (["--data", str(data)] if data else [])
        unset = ("LASTKM_DATA", "LC_ALL", "LC_MESSAGES", "LANG", "COLUMNS")
        environment = {k: v for k, v in os.environ.items() if k not in unset} | (env or {})
        raw = given if isinstance(given, bytes) else given.encode("utf-8")
        done = subprocess.run(words, input=raw, capture_output=True, env=environment, timeout=300)
        for name in ("stdout", "stderr"):
            text = getattr(done, name).decode("utf-8", "replace")
            self.check(f"{' '.join(map(str, arguments))} prints UTF-8", "\ufffd" not in text, text[-300:])
            setattr(done, name, text)
        return done

    def ask(self, name, *arguments, code=0, **more):
        """Runs with --json; every line must fit schemas/cli/NAME; returns the lines."""
        done = self.call(*arguments, "--json", **more)
        self.check(f"{' '.join(map(str, arguments))} exits {code}", done.returncode == code,
                   f"exit {done.returncode}: {done.stderr.strip()[:400]}")
        lines = []
        for number, line in enumerate(done.stdout.splitlines(), 1):
            try:
                value = json.loads(line)
            except ValueError:
                self.check(f"{name} prints JSON", False, line[:200])
                continue
            lines.append(value)
            wrong = self.schemas.faults(name, value)
            self.check(f"{name} line {number} fits its schema", not wrong, "; ".join(wrong[:3]))
        return lines


def width(text):
    """Columns on a terminal."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def lines_of(*values):
    return "".join(json.dumps(v, ensure_ascii=False) + "\n" for v in values)


def main(title, run):
    """Runs `run(program, scratch)` with PROGRAM and SOURCE-DIR from the command line; the exit code says whether all holds."""
    program = Program(sys.argv[1], sys.argv[2])
    with tempfile.TemporaryDirectory() as scratch:
        run(program, pathlib.Path(scratch))
    for finding in program.findings:
        print("✗", finding)
    print(f"{title}: {program.checks} checks, {len(program.findings)} failed")
    return 1 if program.findings or program.checks == 0 else 0
