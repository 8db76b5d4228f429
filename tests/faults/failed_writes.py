#!/usr/bin/env python3
"""Lets writes and syncs of a served folder fail for a while, under clients that re-send what they have no answer to, beside what
a supervisor does: a process that has ended is started again, and nothing else is done. Demands that each process that cannot go
on ends by itself and says why, that all goes on once the fault is over (P12), and a whole history (history.py).

    failed_writes.py LASTKM SOURCE DISK_LIBRARY [PART-OF-A-NAME]
"""
import errno
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import history
from kills import Client
from lastkm import Fault, Program, Served, ask, main

REFUSED, UNKNOWN = 1, 7
CLIENTS = 8
FAULT_SECONDS = 3
AGAIN_SECONDS = 0.2
PATIENCE = 60


class Patient(Client):
    """Notes how long it has waited for an answer, and what it was refused for."""

    longest = 0.0

    def __init__(self, *words):
        super().__init__(*words)
        self.codes = set()

    def send(self, op, line):
        began = time.monotonic()
        row = super().send(op, line)
        self.longest = max(self.longest, time.monotonic() - began)
        if row and row["reason"]:
            self.codes.add(row["reason"]["code"])
        return row


class Supervised:
    """A served folder whose process is started again when it ends."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.served, self.codes = Served(program, folder), []

    def look(self):
        code = self.served.process.poll()
        if code is None:
            return
        said = self.served.words()
        self.served.kill()
        if not (code == UNKNOWN and "This process ends" in said) and not (code == REFUSED and "lastkm: " in said):
            raise Fault(f"a process ended with {code} and said: {said}")
        self.codes.append(code)
        time.sleep(AGAIN_SECONDS)
        self.served = Served(self.program, self.folder, wait=False)

    def end(self):
        if self.served.process.poll() is None:
            self.served.kill()

    def until(self, reached, seconds):
        """Looks after the process until then, or for so long; whether it was reached."""
        over = time.monotonic() + seconds
        while not reached():
            self.look()
            if time.monotonic() > over:
                return False
            time.sleep(0.02)
        return True


class Trial:
    def __init__(self, program, library, scratch):
        self.program, self.scratch = program, scratch
        self.faults = scratch / "faults"
        self.failing = program.having(LD_PRELOAD=library, DISK_FAILS=str(self.faults))

    def run(self, folder, hurt, heal, rounds=1, views=True):
        """The exit codes of the processes, and what clients were refused for."""
        shutil.rmtree(folder, ignore_errors=True)
        self.program.make(folder, clock="system")
        if views:
            self.program.must("case", "list", "--data", folder)
        kept, stop = Supervised(self.failing, folder), threading.Event()
        clients = [Patient(n, folder, 1, stop) for n in range(CLIENTS)]

        def decided(more):
            def count(client):
                return sum(op.decided() is not None for op in list(client.operations))

            least = [count(client) + more for client in clients]
            return lambda: all(count(client) >= n for client, n in zip(clients, least))

        try:
            if views:
                for client in clients:
                    client.start()
                if not kept.until(decided(5), PATIENCE):
                    raise Fault("nothing is answered before the fault")
            for _ in range(rounds):
                hurt()
                if not clients[0].is_alive():
                    for client in clients:
                        client.start()
                kept.until(lambda: False, FAULT_SECONDS)
                heal()
                if not kept.until(decided(5), PATIENCE):
                    raise Fault(f"P12: after the fault no more is decided, exit codes {kept.codes}: {kept.served.words()}")
            if ask(folder, ["case", "list", "--data", str(folder), "--json"])[1] != 0:
                raise Fault(f"P12: after the fault the views do not answer: {kept.served.words()}")
            stop.set()
            for client in clients:
                client.join(PATIENCE)
            self.give_rest(kept, clients)
        finally:
            heal()
            stop.set()
            kept.end()
        longest = max(client.longest for client in clients)
        if longest > PATIENCE / 3:
            raise Fault(f"a caller waited for {longest:.1f} s")
        self.judge(folder, clients)
        return kept.codes, set().union(*(client.codes for client in clients))

    @staticmethod
    def give_rest(kept, clients):
        """Whatever has no answer yet gets one, then the process is stopped."""
        for op, line in (client.open for client in clients if client.open):
            if not kept.until(lambda c=clients[op.sender], o=op, l=line: c.send(o, l) and o.decided(), PATIENCE):
                raise Fault(f"P12: key {op.key} gets no answer after the fault")
        kept.served.stop()

    def judge(self, folder, clients):
        operations = [op for client in clients for op in client.operations]
        wrong = history.check(operations, *self.program.dump(folder))
        if wrong:
            raise Fault(f"{wrong[0][0]}: {wrong[0][1]}")
        self.program.audited(folder)
        before = self.program.lines("view", "digest", "--data", folder)
        self.program.must("view", "rebuild", "--data", folder)
        if self.program.lines("view", "digest", "--data", folder) != before:
            raise Fault("P4: the views differ from a rebuild")

    def failing_calls(self, *calls, views=True):
        def hurt():
            coming = self.faults.with_suffix(".new")
            coming.write_text("".join(call + "\n" for call in calls))
            coming.rename(self.faults)

        return self.run(self.scratch / "d", hurt, lambda: self.faults.unlink(missing_ok=True), views=views)

    def ends(self, *calls, **how):
        """A process that was served when the fault came ends, and says so."""
        codes, _ = self.failing_calls(*calls, **how)
        if UNKNOWN not in codes[:1]:
            raise Fault(f"the process did not end for it: {codes}")
        return f"{len(codes)} processes ended"

    def goes_on(self, *calls):
        """Commands are refused while it lasts, by a process that stays."""
        codes, refused = self.failing_calls(*calls)
        if codes or "vault-io" not in refused:
            raise Fault(f"processes ended with {codes}; commands were refused for {refused}")

    def full(self):
        disk = self.scratch / "small"
        disk.mkdir()
        if os.getuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m", "none", disk], capture_output=True).returncode != 0:
            return "SKIPPED: a small disk cannot be mounted here"
        try:
            with open(disk / "ballast", "wb") as ballast:
                def fill():
                    # In halves, for others write meanwhile.
                    while (free := os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize) > 0:
                        try:
                            os.posix_fallocate(ballast.fileno(), os.fstat(ballast.fileno()).st_size, max(free // 2, 4096))
                        except OSError as full:
                            if full.errno != errno.ENOSPC:
                                raise

                codes, refused = self.run(disk / "d", fill, lambda: os.truncate(disk / "ballast", 0), rounds=3)
                return f"{len(codes)} processes ended, commands were refused for {', '.join(sorted(refused)) or 'nothing'}"
        finally:
            subprocess.run(["umount", "-l", disk], check=False)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="lastkm-writes-") as scratch_name:
        trial = Trial(Program(sys.argv[1], sys.argv[2]), os.path.abspath(sys.argv[3]), pathlib.Path(scratch_name))
        io, space = errno.EIO, errno.ENOSPC
        calls = {"writes of the log": (f"write /log/ {io}",), "syncs of the log": (f"sync /log/ {io}",),
                 "room for the log": (f"write /log/ {space}",), "syncs of the mark": (f"sync /acknowledged {io}",),
                 "writes of the state": (f"write /state/ {io}",), "room for the state": (f"write /state/ {space}",),
                 "writes of the views": (f"write /views/ {io}",), "room for the views": (f"write /views/ {space}",),
                 "the whole disk": (f"write /d/ {io}", f"sync /d/ {io}")}
        checks = [(name, lambda some=some: trial.ends(*some)) for name, some in calls.items()]
        checks.append(("room for views that are being made", lambda: trial.ends(f"write /views/MANIFEST {space}", views=False)))
        checks.append(("the vault", lambda: trial.goes_on(f"write /vault/ {io}", f"sync /vault/ {io}")))
        checks.append(("a disk that is full at once", trial.full))
        sys.exit(main(checks, *sys.argv[4:5]))
