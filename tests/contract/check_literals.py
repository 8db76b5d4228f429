#!/usr/bin/env python3
"""No stage, command, role, clock, mark, limit, reason or sentence of a shipped workflow, and no body kind or category of
a shipped directory, is a literal under engine/ (design, section 9).

    check_literals.py SOURCE-FOLDER
Collects what the shipped documents name, takes every string literal of the sources under engine/, and lists what is
in both. A word may mean something else there too: ALLOWED says what, and an entry that is not needed is a mistake.
"""

import json
import pathlib
import re
import sys

ALLOWED = {
    # words: (what they are there, folders of engine/ where they may stand)
    ("NM", "NH", "ND", "WM", "WH", "WD"): ("units of the workflow language", ["calendar", "cases", "directory", "rules"]),
    ("running", "suspended", "met", "breached"): ("a state of a clock, of the language", ["cases", "rules"]),
    ("none", "yellow", "red"): ("the card that the fixed events issue", ["cases", "rules", "intake"]),
    ("yes", "partly", "no", "basic"): ("answers to the three questions of a call-back, in the fixed event", ["cases", "rules", "intake"]),
    ("action", "evidence", "whistle"): ("members of documents, events and states, and a kind of field", ["cases", "directory", "rules"]),
    ("open",): ("'from': \"open\" of the language; a status in files of other systems", ["rules", "intake", "privacy"]),
    ("closed", "CLOSED", "Closed"): ("a status in files of other systems", ["intake"]),
    ("ImportCase",): ("the command that an import gives, by the contract for programs; a workflow that takes imports declares it", ["intake"]),
    ("response",): ("one of the rates that 'evaluation' of the language names", ["rules"]),
    ("skipped",): ("the reason of an operator's decision on a command that the engine cannot decide", ["lane"]),
    ("SYSTEM",): ("the engine as the one who acts, by the contract for programs", ["cases", "lane"]),
    ("forbidden-role",): ("a reason of the engine's own, by the contract for programs", ["cases"]),
}

IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
RAW = re.compile(r'R"([a-z]*)\((.*?)\)\1"', re.S)


def shipped(source):
    """word -> where it comes from."""
    words = {}

    def add(word, what):
        if isinstance(word, str) and re.search(r"\w", word):
            words.setdefault(word, what)

    for file in sorted((source / "schemas/workflows").glob("*.json")):
        document = json.loads(file.read_text(encoding="utf-8"))
        if document.get("kind") != "workflow":
            continue
        name = file.name
        add(document["id"], f"{name}: the workflow")
        add(document.get("profile"), f"{name}: its profile")
        for stage in document["stages"]:
            add(stage["id"], f"{name}: a stage")
        for clock in document["clocks"]:
            add(clock["id"], f"{name}: a clock")
            for mark in clock.get("marks", []):
                add(mark["id"], f"{name}: a mark")
        for command in document["commands"]:
            add(command["name"], f"{name}: a command")
            for role in command.get("roles", []):
                add(role, f"{name}: a role")
            for field in command["fields"]:
                for value in field.get("one_of", []):
                    add(value, f"{name}: a value of {command['name']}.{field['name']}")
            for transition in command["transitions"]:
                add(transition["id"], f"{name}: a transition")
                for requirement in transition.get("require", []):
                    add(requirement.get("code"), f"{name}: a reason of refusal")
        # 'words' name the codes above for people, in words that are everybody's.
        titles({k: v for k, v in document.items() if k != "words"}, lambda text: add(text, f"{name}: a text"))
        for expression in expressions(document):
            for literal in re.findall(r"'([^']+)'", expression):
                add(literal, f"{name}: in an expression")
    for file in sorted((source / "schemas/directory").glob("*.json")):
        document = json.loads(file.read_text(encoding="utf-8"))
        for body in document.get("bodies", []) if document.get("kind") == "bodies" else []:
            add(body["id"], f"{file.name}: a body")
            add(body["kind"], f"{file.name}: a kind of body")
        for category in document.get("categories", []) if document.get("kind") == "catalogue" else []:
            add(category["id"], f"{file.name}: a category")
        titles(document, lambda text: add(text, f"{file.name}: a text"))
    return words


def titles(value, add):
    if isinstance(value, dict):
        if set(value) == {"zh", "en"}:
            add(value["zh"])
            add(value["en"])
        for inner in value.values():
            titles(inner, add)
    elif isinstance(value, list):
        for inner in value:
            titles(inner, add)


def expressions(value):
    """Every text but titles and sentences, in which an apostrophe is no quote."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in ("zh", "en"):
                yield from expressions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from expressions(inner)
    elif isinstance(value, str):
        yield value


def literals(text):
    text = re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.S) if '"//' not in text else re.sub(r"^\s*//[^\n]*", "", text, flags=re.M)
    text = re.sub(r"^\s*#include[^\n]*", "", text, flags=re.M)
    for match in RAW.finditer(text):
        yield match.group(2)
    for match in LITERAL.finditer(RAW.sub('""', text)):
        yield match.group(1)


def main():
    source = pathlib.Path(sys.argv[1])
    words = shipped(source)
    found = {}
    for file in sorted((source / "engine").rglob("*")):
        if file.suffix not in (".h", ".cpp"):
            continue
        for literal in literals(file.read_text(encoding="utf-8")):
            for word in {literal, *IDENTIFIER.findall(literal)}:
                # A word of a sentence is only looked at where it cannot be plain English.
                whole = word == literal
                if word in words and (whole or re.search(r"[A-Z_]{2}|^[A-Z][a-z]+[A-Z]|-.*[0-9]", word)):
                    found.setdefault((word, str(file.relative_to(source))), words[word])
    wrong = []
    used = set()
    for (word, file), what in sorted(found.items()):
        exception = next((words for words in ALLOWED if word in words), None)
        if exception and file.split("/")[1] in ALLOWED[exception][1]:
            used.add((exception, file.split("/")[1]))
            continue
        wrong.append(f"{file}: \"{word}\" is {what}")
    for exception, (_, folders) in ALLOWED.items():
        for folder in folders:
            if (exception, folder) not in used:
                wrong.append(f"the exception for {', '.join(exception)} in engine/{folder} is not needed any more")
    for line in wrong:
        print(line)
    print(f"{len(words)} shipped words, {len(used)} exceptions, {len(wrong)} mistakes")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
