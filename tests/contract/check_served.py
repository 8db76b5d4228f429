#!/usr/bin/env python3
"""A served folder under callers that wait, break off, or never read: nothing of their input is lost without a word, and the
server stops when it is told to.

Usage: check_served.py PROGRAM SOURCE-DIR
"""
import contextlib
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import time

import program

IDLE_SECONDS = 63  # longer than a caller may take to say what it wants


def request(number, text="x"):
    return {"command": "RegisterCase", "at": "2026-05-18T09:00:00+08:00", "external": {"channel": "CH-12345", "reference": f"S-{number}"},
            "actor": {"body": "HOTLINE-510108", "role": "AGENT"},
            "data": {"type": "COMPLAINT", "category": "C17", "urgency": "NORMAL", "place": "5101080170060001", "text": text}}


@contextlib.contextmanager
def serving(the, data):
    """The server, its words in DATA.said; it must stop by itself when it is told to."""
    said = data.with_suffix(".said")
    with said.open("w") as words:
        server = subprocess.Popen([the.program, "serve", "--data", str(data)], stdout=subprocess.DEVNULL, stderr=words)
    until = time.time() + 60
    while not (data / "lastkm.sock").exists() and server.poll() is None and time.time() < until:
        time.sleep(0.05)
    try:
        yield server
        server.send_signal(signal.SIGTERM)
        begun = time.time()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=60)
        the.check(f"{data.name}: SIGTERM stops the server", server.returncode == 0, f"{server.returncode} after {time.time() - begun:.0f} s: {said.read_text()[-500:]}")
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()


def calling(data, *words):
    """A caller that speaks the protocol by itself and has said what it wants."""
    caller = socket.socket(socket.AF_UNIX)
    caller.settimeout(60)
    caller.connect(str(data / "lastkm.sock"))
    send(caller, {"argv": list(words), "cwd": "/", "locale": "", "columns": 0, "out_is_terminal": False, "err_is_terminal": False})
    return caller


def send(caller, message):
    caller.sendall(json.dumps(message).encode() + b"\n")


def answer(caller):
    """(exit code, output, errors)"""
    with caller, caller.makefile("r", encoding="utf-8") as lines:
        messages = [json.loads(line) for line in lines]
    code = next((m["exit"] for m in messages if "exit" in m), None)
    return code, "".join(m.get("out", "") for m in messages), "".join(m.get("err", "") for m in messages)


def broken_off(the, data):
    """Input that ends before {"in_end"}: what was whole is done, what was cut is not, and the answer is not "ok"."""
    whole, cut = (program.lines_of(request(n)).encode() for n in ("whole", "cut"))
    caller = calling(data, "submit", "-", "--json")
    send(caller, {"in_hex": (whole + cut[:-1]).hex()})
    caller.shutdown(socket.SHUT_WR)
    code, out, err = answer(caller)
    outcomes = [json.loads(line) for line in out.splitlines()]
    the.check("a broken submit is unknown", code == 7 and "read-failed" in err, f"{code} {err}")
    the.check("its whole lines are answered, and no other", [o["status"] for o in outcomes] == ["accepted"], out)

    caller = calling(data, "import", "-", "--format", "hotline-csv", "--json")
    send(caller, {"in_hex": "reference,channel,text\nS-one,CH-12345,路灯不亮\nS-two,CH-12345,路灯".encode().hex()})
    caller.shutdown(socket.SHUT_WR)
    code, out, err = answer(caller)
    the.check("a broken import is unknown", code == 7 and "read-failed" in err and "1 rows" in err, f"{code} {out} {err}")
    cases = the.ask("case-list", "case", "list", data=data)
    the.check("its whole rows are there, and no other", len(cases) == 2, str([c["ref"] for c in cases]))

    for verb in (("submit", "-"), ("import", "-", "--format", "hotline-csv")):
        folder = os.open(data, os.O_RDONLY)  # which can be opened, and not read
        done = subprocess.run([the.program, *verb, "--data", str(data)], stdin=folder, capture_output=True, text=True, timeout=60)
        os.close(folder)
        the.check(f"{verb[0]} of what cannot be read is unknown", done.returncode == 7 and "read-failed" in done.stderr, f"{done.returncode} {done.stderr}")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def no_descriptors(the, data):
    """Without a free descriptor callers wait, the server rests meanwhile, and says so once."""
    the.call("init", data, "--lanes", 1)
    with serving(the, data) as server:
        time.sleep(1)
        used = {int(name) for name in os.listdir(f"/proc/{server.pid}/fd")}
        free = next(n for n in range(len(used) + 1) if n not in used)
        before = resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (free, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        caller = calling(data, "case", "list")
        begun = cpu_seconds(server.pid)
        time.sleep(2)
        spent = cpu_seconds(server.pid) - begun
        the.check("a server without descriptors rests", spent < 0.8, f"{spent} s of CPU in 2 s")
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, before)
        code, out, err = answer(caller)
        the.check("who waited is answered", code == 0, f"{code} {out[-300:]} {err[-300:]}")
        said = data.with_suffix(".said").read_text()
        the.check("it says so once", said.count("callers have to wait") == 1, said[-500:])


def run(the, scratch):
    data = scratch / "d"
    the.call("init", data, "--clock", "virtual", "--lanes", 2)
    the.call("directory", "publish", "--shipped", "--activate", data=data)
    with serving(the, data):
        slow = subprocess.Popen([the.program, "submit", "-", "--json", "--data", str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        slow.stdin.write(program.lines_of(request("early")))
        slow.stdin.flush()
        begun = time.time()
        answered, _, _ = select.select([slow.stdout], [], [], 30)
        the.check("a line is answered before the next is written", bool(answered))
        no_descriptors(the, scratch / "quiet")
        time.sleep(max(0.0, begun + IDLE_SECONDS - time.time()))
        out, _ = slow.communicate(program.lines_of(request("late")), timeout=60)
        outcomes = [json.loads(line)["status"] for line in out.splitlines()]
        the.check("input that pauses is read to its end", slow.returncode == 0 and outcomes == ["accepted", "accepted"], f"{slow.returncode} {out}")
        # More than a socket holds.
        the.call("submit", "-", given=program.lines_of(*(request(n, "长" * 5000) for n in range(60))), data=data)
        size = len(the.call("log", "dump", "--from", "commands", data=data).stdout)
        the.check("there is much to read", size > 1 << 20, str(size))
        deaf = calling(data, "log", "dump", "--from", "commands")
        mute = calling(data, "submit", "-")
        time.sleep(1)
    deaf.close()
    mute.close()
    fresh = scratch / "e"
    the.call("init", fresh, "--clock", "virtual", "--lanes", 2)
    the.call("directory", "publish", "--shipped", "--activate", data=fresh)
    with serving(the, fresh):
        broken_off(the, fresh)


if __name__ == "__main__":
    sys.exit(program.main("served", run))
