#!/usr/bin/env python3
"""Of a folder that the system keeps from its caller is said so, and whose it is: never that something is missing from it.

Usage: check_permissions.py PROGRAM SOURCE-DIR
"""
import json
import os
import pwd
import subprocess
import sys

import program

# Who asks as root does so without the right to pass over permissions, and the folder is another's.
AS_ROOT = os.geteuid() == 0
ASKING = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if AS_ROOT else []
OTHER = pwd.getpwnam("nobody")
MISLEADING = ("restore", "init", "missing from", "damaged:", "another process")


def ask(the, *words):
    done = subprocess.run([*ASKING, the.program, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def deny(path):
    """Nobody but another user may use it; its owner where nobody else can be made that."""
    before = path.stat()
    if AS_ROOT:
        os.chown(path, OTHER.pw_uid, -1)
    path.chmod(0o700 if AS_ROOT else 0)
    return lambda: (os.chown(path, before.st_uid, -1), path.chmod(before.st_mode))


def expect(the, path, verb, *words, code=1):
    got, said = ask(the, *words)
    the.check(f"{verb} without {path.name} exits {code}", got == code, f"exit {got}: {said[:300]}")
    whose = (f"belongs to the user {OTHER.pw_name}", f"run this as {OTHER.pw_name}") if AS_ROOT else ("although it is its own", "chmod u+rwX")
    for word in ("permission-denied", str(path), *whose):
        the.check(f"{verb} without {path.name} says {word}", word in said, said[:400])
    for word in MISLEADING:
        the.check(f"{verb} without {path.name} says nothing of '{word}'", word not in said, said[:400])


def served_lines(the, lines, data):
    """A file that who serves may not read, as who asks may: other advice is needed than to ask as somebody else."""
    server = subprocess.Popen([*ASKING, the.program, "serve", "--data", data], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        server.stdout.readline()
        again = deny(lines)
        done = the.call("submit", lines, data=data)
        again()
        the.check("what who serves may not read goes through the input", done.returncode == 1 and "give it on the input (-)" in done.stderr, done.stderr)
        the.check("and as nobody else", "run this as" not in done.stderr, done.stderr)
    finally:
        server.terminate()
        server.communicate(timeout=60)


def run(the, scratch):
    above = scratch / "above"
    above.mkdir()
    data = above / "d"
    the.call("init", data, "--clock", "virtual", "--lanes", 2)
    the.call("directory", "publish", "--shipped", "--activate", data=data)
    the.call("case", "list", data=data)  # makes the views
    (manifest,) = data.glob("log/MANIFEST*")
    of_writer = [data / "attempts", data / "vault", data / "vault" / "keys", data / "state", data / "state" / "LOCK", data / "views"]
    for path in [data, data / "log", data / "acknowledged", manifest, *of_writer]:
        again = deny(path)
        expect(the, path, "case list", "case", "list", "--data", data)
        expect(the, path, "doctor", "doctor", "--data", data, code=8)
        if path in of_writer:
            code, said = ask(the, "audit", "redecide", "--data", data)
            the.check(f"an audit has no need of {path.name}", code == 0, said[:300])
        else:
            expect(the, path, "audit redecide", "audit", "redecide", "--data", data)
        again()
    again = deny(data)
    expect(the, data, "init", "init", data)
    again()
    lines = scratch / "lines.jsonl"
    lines.write_text("")
    story = scratch / "story.scenario"
    story.write_text("scenario S1 x\n")
    for path, words in ((lines, ("submit", lines, "--data", data)), (story, ("scenario", "run", story))):
        again = deny(path)
        expect(the, path, words[0], *words)
        again()
    served_lines(the, lines, data)
    again = deny(above)
    for verb in ("case list", "audit redecide", "submit -"):
        expect(the, above, f"{verb} below", *verb.split(), "--data", data)
    again()
    code, said = ask(the, "doctor", "--data", data, "--json")
    the.check("nothing has come of it", code == 0 and json.loads(said)["ok"], said[:600])


if __name__ == "__main__":
    sys.exit(program.main("permissions", run))
