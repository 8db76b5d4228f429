#!/usr/bin/env python3
"""Kills a served engine again and again under many clients that re-send what they have no answer to, and judges the whole
history at the end (history.py): P1, P2, P3, P5, that every sealed text opens, and that views equal a rebuild.

    kills.py LASTKM SOURCE EDIT_FOLDER [--kills 12] [--clients 64] [--seed N]
             [--disk LIBRARY [--lies]]     each kill is a loss of power: what was not synced is gone (disk.cpp)
             [--expect ANOMALY…]           a control: exits 0 only where the checker finds one of them
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time

import history
from lastkm import HOTLINE, PLACE, Fault, Program, Served, ask, copy, register

LEAD = "PSC-5101080170060001"


def act(name, body, role, key, case, **data):
    return {"command": name, "case": case, "idempotency_key": key, "actor": {"body": body, "role": role, "person": "P-1"}, "data": data}


class Client(threading.Thread):
    """Leads cases to where acts can be recorded, one command after the other, each until it is answered."""

    def __init__(self, number, folder, seed, stop, again=0.25):
        super().__init__(daemon=True)
        self.number, self.folder, self.again, self.stop = number, folder, again, stop
        self.random = random.Random(f"{seed}/{number}")
        self.operations, self.open = [], None
        self.answers = 0

    def run(self):
        n = 0
        while not self.stop.is_set():
            n += 1
            key = f"u{self.number}-{n}"
            case = self.lead(register(key))
            if case is None:
                continue
            for step, line in enumerate((
                    act("AcceptCase", "HOTLINE-510108", "AGENT", f"{key}-a", case, type="COMPLAINT", category="C01", urgency="NORMAL", place=PLACE),
                    act("DispatchCase", "HOTLINE-510108", "DISPATCHER", f"{key}-d", case, lead=LEAD),
                    act("SignCase", LEAD, "HANDLER", f"{key}-s", case),
                    act("RecordAct", LEAD, "HANDLER", f"{key}-r1", case, kind="action", text=f"act one of {key}"),
                    act("RecordAct", LEAD, "HANDLER", f"{key}-r2", case, kind="action", text=f"act two of {key}"))):
                if self.lead(line) is None:
                    break

    def lead(self, line):
        """Sends until there is an answer; the case, or None once all is over."""
        op = history.Operation("cli", line["idempotency_key"], self.number)
        self.operations.append(op)
        self.open = (op, line)
        while not self.stop.is_set():
            row = self.send(op, line)
            if row is None or op.decided() is None:
                time.sleep(self.random.random() * 0.05)
                continue
            self.open = None
            if self.random.random() < self.again:
                self.send(op, line)  # asked again although it was answered: the answer must stay
            return row["case"]
        return None

    def send(self, op, line):
        rows, _ = ask(self.folder, ["submit", "-", "--data", str(self.folder), "--json"], json.dumps(line) + "\n")
        if not rows:
            op.unknown += 1
            return None
        op.answered(rows[0])
        self.answers += 1
        return rows[0]


class Trial:
    def __init__(self, given, scratch):
        self.given = given
        self.random = random.Random(given.seed)
        self.folder, self.disk = scratch / "d", scratch / "disk"
        self.program = Program(given.program, given.source)
        self.program.make(self.folder, clock="system")
        self.running = self.program
        if given.disk:
            variables = {"LD_PRELOAD": given.disk, "DISK_CACHE": str(self.folder), "DISK_DISK": str(self.disk)}
            if given.lies:
                variables["DISK_LIES"] = "1"
            self.running = self.program.having(**variables)
            copy(self.folder, self.disk)
        self.torn = 0

    def died(self):
        """After a kill: the folder as the next start finds it."""
        if not self.given.disk:
            return
        for file in self.disk.rglob("*.log"):
            cache = self.folder / file.relative_to(self.disk)
            unsynced = cache.stat().st_size - file.stat().st_size if cache.exists() else 0
            # A disk may have written some of what nobody asked it to sync, and stopped in the middle of a record.
            if unsynced > 0 and not self.given.lies and self.random.random() < 0.5:
                with open(cache, "rb") as source, open(file, "ab") as target:
                    source.seek(file.stat().st_size)
                    target.write(source.read(self.random.randint(1, unsynced)))
                self.torn += 1
        copy(self.disk, self.folder)

    def kill_while(self, clients):
        served = Served(self.running, self.folder, wait=self.random.random() > 0.15)
        if served.ready:
            before = sum(client.answers for client in clients)
            until = time.monotonic() + 20
            # Long enough that something is on its way; the moment itself is chance. A control has few kills, and lets
            # its clients come to where a second effect would show.
            least = len(clients) * 10 if self.given.expect else len(clients) // 2
            while sum(client.answers for client in clients) < before + least and time.monotonic() < until:
                time.sleep(0.002)
            time.sleep(self.random.random() * 0.15)
        else:
            time.sleep(self.random.random() * 0.3)
        served.kill()
        self.died()

    def run(self):
        stop = threading.Event()
        again = 1 if self.given.expect else 0.25  # a control has only a few kills to meet what it is for
        clients = [Client(n, self.folder, self.given.seed, stop, again) for n in range(self.given.clients)]
        for client in clients:
            client.start()
        try:
            for _ in range(self.given.kills):
                self.kill_while(clients)
        finally:
            stop.set()
            for client in clients:
                client.join(120)
        return clients

    def heal(self, clients):
        """Faults are over: everything that has no answer yet gets one (P12)."""
        served = Served(self.running, self.folder)
        for client in clients:
            if client.open is None:
                continue
            op, line = client.open
            for _ in range(20):
                if client.send(op, line) is not None and op.decided():
                    break
            else:
                raise Fault(f"P12: key {op.key} gets no answer after everything is healed")
        served.stop()

    def judge(self, clients):
        operations = [op for client in clients for op in client.operations]
        commands, decisions = self.program.dump(self.folder)
        wrong = history.check(operations, commands, decisions)
        acknowledged = sum(op.acknowledged for op in operations)
        print(f"{self.given.kills} kills, seed {self.given.seed}: {len(operations)} operations, {acknowledged} acknowledged, "
              f"{sum(op.unknown for op in operations)} times unknown, {len(commands)} commands, {len(decisions)} decision records"
              + (f", {self.torn} torn tails" if self.given.disk else ""), flush=True)
        if acknowledged < 4 * self.given.kills:
            raise Fault("too little happened for this to show anything")
        return wrong

    def whole(self):
        """What the logs do not show by themselves: re-deciding, sealed texts, views."""
        self.program.audited(self.folder)
        self.program.having().run("view", "status", "--data", self.folder)
        before = self.program.lines("view", "digest", "--data", self.folder)
        self.program.must("view", "rebuild", "--data", self.folder)
        if self.program.lines("view", "digest", "--data", self.folder) != before:
            raise Fault("P4: the views differ from a rebuild")
        opened = Program(self.given.edit_folder, self.given.source).must("open-sealed", self.folder)
        print(opened.strip())

    def end(self):
        """Each kill has ended its server; nothing is left."""


def conclude(given, prefix, make):
    """Runs the trial that `make` gives for a scratch folder, and judges it; the exit code of the test. With --expect it is a control."""
    scratch = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
    failed, trial = False, None
    try:
        trial = make(scratch)
        clients = trial.run()
        trial.heal(clients)
        wrong = trial.judge(clients)
        if given.expect:
            found = sorted({name for name, _ in wrong})
            print(f"control: found {found}, expected one of {given.expect}")
            failed = not set(found) & set(given.expect)
        else:
            for name, sentence in wrong[:40]:
                print(f"{name}: {sentence}")
            failed = bool(wrong)
            if not failed:
                trial.whole()
    except Fault as fault:
        print(f"FAIL: {fault}")
        failed = True
    finally:
        if trial:
            trial.end()
        if failed and given.keep:
            print(f"kept: {scratch}")
        else:
            shutil.rmtree(scratch, ignore_errors=True)
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=os.path.abspath)
    parser.add_argument("source")
    parser.add_argument("edit_folder")
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seed", type=int, default=20261125)
    parser.add_argument("--disk", default="")
    parser.add_argument("--lies", action="store_true")
    parser.add_argument("--expect", nargs="+", default=[])
    parser.add_argument("--keep", action="store_true", help="leave the folder behind where something is wrong")
    given = parser.parse_args()
    return conclude(given, "lastkm-kills-", lambda scratch: Trial(given, scratch))


if __name__ == "__main__":
    sys.exit(main())
