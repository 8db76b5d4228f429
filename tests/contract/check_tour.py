#!/usr/bin/env python3
"""Takes the tour of README.md and README.zh-CN.md as a newcomer would: every command of the tour is run as it stands, and what
is printed must be what the README shows. Only ids may differ: case ids and reference numbers, lanes, the log's own id, and
the numbers of lines in published documents, which move with every change of a rule.

Usage: check_tour.py PROGRAM SOURCE-DIR [--write]      --write puts what is printed now into the READMEs
"""
import os
import pathlib
import re
import subprocess
import sys

import program

REFERENCE = re.compile(r"\b\d+-\d{6}\b")
# What is different in every deployment.
IDS = [(REFERENCE, "REF"), (re.compile(r"\b[0-9a-f]{32}\b"), "ID"), (re.compile(r"\b\d+:\d+(?= |$|\))"), "LANE:ORDINAL"),
       (re.compile(r"\bline \d+"), "line N"), (re.compile(r"第 ?\d+ ?行"), "第N行"), (re.compile(r"(@\d+):\d+"), r"\1:N")]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.S | re.M)


def commands_of(text):
    """(command with its here-document, output) of each `$ ` line in the console blocks."""
    for block in BLOCK.findall(text):
        lines, at = block.splitlines(), 0
        while at < len(lines):
            assert lines[at].startswith("$ "), lines[at]
            command = [lines[at][2:]]
            ending = re.search(r"<<'?(\w+)'?", lines[at])
            at += 1
            while ending and command[-1] != ending.group(1):
                command.append(lines[at])
                at += 1
            output = []
            while at < len(lines) and not lines[at].startswith("$ "):
                output.append(lines[at])
                at += 1
            yield "\n".join(command), output


def masked(lines):
    """Without what may differ, and without blanks: lines are wrapped elsewhere where a number has another length."""
    text = "\n".join(lines)
    for pattern, name in IDS:
        text = pattern.sub(name, text)
    return "".join(text.split())


def parts_of(lines):
    """The lines between those that are "…" alone, where the README leaves something out."""
    parts = [[]]
    for line in lines:
        parts.append([]) if line == "…" else parts[-1].append(line)
    return parts


def as_now(part, got):
    """The part as it is printed now: from the line that begins like its first to the next one that is not indented."""
    words = part[0].split()[:4]
    start = next((i for i, line in enumerate(got) if line.split()[:len(words)] == words), None)
    if start is None:
        return part
    end = next((i for i in range(start + 1, len(got)) if not got[i].startswith(" ")), len(got))
    return got[start:end]


def take(the, readme, folder):
    (folder / "build").mkdir(parents=True)
    (folder / "build" / "lastkm").symlink_to(pathlib.Path(the.program).resolve())
    environment = {k: v for k, v in os.environ.items() if k not in ("LASTKM_DATA", "LC_ALL", "LC_MESSAGES", "COLUMNS")} | {"LANG": "C.UTF-8"}
    text = (the.source / readme).read_text(encoding="utf-8")
    real = {}  # reference number of the README -> the one here
    ran = 0
    for command, expected in commands_of(text):
        ran += 1
        shown = command.splitlines()[0]
        here = REFERENCE.sub(lambda m: real.get(m.group(0), m.group(0)), command)
        done = subprocess.run(["bash", "-c", here], cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
        got = (done.stdout + done.stderr).splitlines()
        for written, found in zip(REFERENCE.findall("\n".join(expected)), REFERENCE.findall("\n".join(got))):
            real.setdefault(written, found)
        parts, rest = parts_of(expected), masked(got)
        for part in filter(None, parts):
            wanted = masked(part)
            the.check(f"{readme}: {shown} prints what it says", wanted in rest,
                      "\n  expected:\n    " + "\n    ".join(part) + "\n  got:\n    " + "\n    ".join(got))
            rest = rest.partition(wanted)[2]
        if len(parts) == 1:
            the.check(f"{readme}: {shown} prints nothing else", masked(expected) == masked(got), "\n    " + "\n    ".join(got))
        if "--write" in sys.argv and expected and done.returncode != 127:
            kept = [as_now(part, got) if part else part for part in parts] if len(parts) > 1 else [got]
            now = re.sub("^\n|\n$", "", "\n…\n".join("\n".join(part) for part in kept))
            text = text.replace("\n".join([command, *expected]), command + "\n" + now, 1)
    if "--write" in sys.argv:
        text = REFERENCE.sub(lambda m: real.get(m.group(0), m.group(0)), text)
        (the.source / readme).write_text(text, encoding="utf-8")
    the.check(f"{readme} has a tour", ran >= 7, str(ran))


def blocks_to_copy(text):
    """What is to be typed, without the remarks behind it: the blocks that are no tour."""
    blocks = re.findall(r"^```\n(.*?)^```$", BLOCK.sub("", text), re.S | re.M)
    return [re.split(r"\s+#", line)[0] for block in blocks for line in block.splitlines()]


def libraries(text):
    """The names in the last section, without what each is for in the brackets behind it."""
    section = re.sub(r"[(（][^)）]*[)）]", "", text[text.rindex("\n## "):].partition("\n\n")[2])
    return sorted(set(re.findall(r"[A-Za-z0-9-]{2,}", section)) - {"and", "Licence"})


def run(the, scratch):
    english, chinese = ((the.source / readme).read_text(encoding="utf-8") for readme in ("README.md", "README.zh-CN.md"))
    for what in (blocks_to_copy, libraries):
        the.check(f"the READMEs have the same {what.__name__}", what(english) == what(chinese) != [], str(set(what(english)) ^ set(what(chinese))))
    for readme in ("README.md", "README.zh-CN.md"):
        take(the, readme, scratch / readme)


if __name__ == "__main__":
    sys.exit(program.main("tour", run))
