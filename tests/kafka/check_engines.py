#!/usr/bin/env python3
"""Several engines share the partitions of one deployment on real brokers while they are killed, stopped and continued, come and
go, and brokers die under them; many clients send to any of them and re-send what they have no answer to. The whole history is
judged at the end (tests/faults/history.py, by the names of Jepsen's Kafka checker), every decision made again, views compared.

    check_engines.py LASTKM SOURCE [--engines 3] [--clients 12] [--seed N] [--faults kill,stop,join,outage,broker,roll] [--rounds 1]
                     [--limits]              also fails where an engine's death is felt for more than 12 s, a broker's for more than 5 s
                     [--expect ANOMALY…]     a control: exits 0 only where the checker finds one of them
    (through with_kafka; the faults broker and roll need three nodes, outage is for one)
"""
import argparse
import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "faults"))
import history
import kills
from lastkm import Fault, Program, ask

PARTITIONS = 8
ENGINE_DIES, BROKER_DIES = "kill -9 of an engine", "kill -9 of a broker"
LIMITS = {ENGINE_DIES: 12, BROKER_DIES: 5}  # seconds
BROKERS, CLUSTER = os.environ["LASTKM_KAFKA_BROKERS"], os.environ["LASTKM_KAFKA_DIR"]


class Engine:
    """A process that serves, on a folder of its own."""

    def __init__(self, program, folder, vault):
        self.program, self.folder, self.vault = program, folder, vault
        self.process, self.stopped = None, False

    def start(self):
        self.said = open(f"{self.folder}.log", "a")
        self.process = subprocess.Popen(
            [self.program.path, "serve", "--data", str(self.folder), "--log", "kafka", "--brokers", BROKERS, "--prefix", "engines",
             "--vault", str(self.vault), "--workers", "2"], stdout=subprocess.PIPE, stderr=self.said, text=True, env=self.program.environment())
        return self

    def ready(self):
        if not self.process.stdout.readline():
            raise Fault(f"an engine does not start: exit code {self.process.wait()}: {pathlib.Path(str(self.folder) + '.log').read_text()[-2000:]}")
        return self

    def send(self, number):
        self.process.send_signal(number)
        self.stopped = number == signal.SIGSTOP

    def end(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
        self.process.communicate(timeout=120)
        self.said.close()
        return self.process.returncode


class Client(kills.Client):
    """Asks any engine; whom it gets no answer from it leaves."""

    def __init__(self, number, trial, stop):
        super().__init__(number, None, trial.given.seed, stop)
        self.trial = trial

    def send(self, op, line):
        engine = self.random.choice(self.trial.engines)
        if engine.stopped or engine.process.poll() is not None:
            return None
        began = time.monotonic()
        rows, _ = ask(engine.folder, ["submit", "-", "--data", str(engine.folder), "--json"], json.dumps(line) + "\n", patience=20)
        if not rows:
            op.unknown += 1
            return None
        op.answered(rows[0])
        self.answers += 1
        if rows[0]["status"] != "recorded" and rows[0]["command_id"]:
            self.trial.acknowledged(rows[0]["lane"] % PARTITIONS, began, time.monotonic())
        return rows[0]


class Trial:
    def __init__(self, given, scratch):
        self.given, self.scratch, self.random = given, scratch, random.Random(given.seed)
        self.program = Program(given.program, given.source)
        self.vault = scratch / "vault"
        self.lock = threading.Lock()
        self.acks = collections.defaultdict(list)  # partition -> (sent, answered)
        self.engines = [Engine(self.program, scratch / f"e{n}", self.vault) for n in range(given.engines)]
        first = self.engines[0].folder
        self.program.must("init", first, "--log", "kafka", "--brokers", BROKERS, "--prefix", "engines", "--partitions", PARTITIONS, "--vault", self.vault)
        self.program.must("directory", "publish", "--shipped", "--activate", "--data", first, "--quiet")
        self.worst = collections.defaultdict(list)

    def acknowledged(self, partition, sent, answered):
        with self.lock:
            self.acks[partition].append((sent, answered))

    def cluster(self, *words):
        subprocess.run([os.environ["LASTKM_KAFKA_SCRIPT"], *map(str, words), "--dir", CLUSTER], check=True, stdout=subprocess.DEVNULL)

    def until_all_answer(self, since, what, at_most=60):
        """Waits until every partition has answered something that was sent after `since`; notes the longest that it took."""
        while True:
            with self.lock:
                first = [min((a for s, a in self.acks[p] if s >= since), default=None) for p in range(PARTITIONS)]
            if None not in first:
                self.worst[what].append(max(first) - since)
                return
            if time.monotonic() > since + at_most:
                raise Fault(f"P12: {what}: partitions {[p for p, a in enumerate(first) if a is None]} answer nothing for {at_most} s")
            time.sleep(0.05)

    # What befalls them.
    def kill(self):
        one = self.random.choice(self.engines)
        since = time.monotonic()
        one.end(signal.SIGKILL)
        self.until_all_answer(since, ENGINE_DIES)
        one.start().ready()

    def stop(self):
        one = self.random.choice(self.engines)
        since = time.monotonic()
        one.send(signal.SIGSTOP)
        self.until_all_answer(since, "SIGSTOP of an engine")
        one.send(signal.SIGCONT)
        self.until_all_answer(time.monotonic(), "SIGCONT of the zombie")

    def join(self):
        more = Engine(self.program, self.scratch / "more", self.vault).start().ready()
        self.engines.append(more)
        self.until_all_answer(time.monotonic(), "one more engine")
        time.sleep(1)
        self.engines.remove(more)
        since = time.monotonic()
        if more.end() != 0:
            raise Fault("an engine that is asked to end does not end well")
        self.until_all_answer(since, "an engine ends")

    def broker(self):
        node = self.random.randint(1, 3)
        since = time.monotonic()
        self.cluster("kill", node)
        self.until_all_answer(since, BROKER_DIES)
        self.cluster("restart", node)
        time.sleep(3)

    def outage(self):
        """No broker for longer than an append waits: what was under way is unknown, and all begins anew without a restart."""
        self.cluster("kill", 1)
        time.sleep(20)
        self.cluster("restart", 1)
        self.until_all_answer(time.monotonic(), "20 s without the broker")

    def roll(self):
        for node in (1, 2, 3):
            since = time.monotonic()
            self.cluster("restart", node)
            self.until_all_answer(since, "restart of brokers in a row")
            time.sleep(3)

    def run(self):
        for engine in self.engines:
            engine.start()
        for engine in self.engines:
            engine.ready()
        stop = threading.Event()
        clients = [Client(n, self, stop) for n in range(self.given.clients)]
        for client in clients:
            client.start()
        try:
            self.until_all_answer(time.monotonic(), "start")
            for _ in range(self.given.rounds):
                for fault in self.given.faults:
                    getattr(self, fault)()
        finally:
            stop.set()
            for client in clients:
                client.join(120)
        return clients

    def heal(self, clients):
        """Faults are over: everything that has no answer yet gets one (P12)."""
        for client in clients:
            if client.open is None:
                continue
            op, line = client.open
            until = time.monotonic() + 60
            while op.decided() is None:
                client.send(op, line)
                if time.monotonic() > until:
                    raise Fault(f"P12: key {op.key} gets no answer after everything is healed")
        for engine in self.engines:
            if engine.end() != 0:
                raise Fault(f"{engine.folder} does not end well: {pathlib.Path(str(engine.folder) + '.log').read_text()[-2000:]}")

    def judge(self, clients):
        operations = [op for client in clients for op in client.operations]
        folder = self.engines[0].folder
        commands, decisions = self.program.dump(folder)
        wrong = history.check(operations, commands, decisions)
        acknowledged = sum(op.acknowledged for op in operations)
        print(f"{len(self.engines)} engines, seed {self.given.seed}: {len(operations)} operations, {acknowledged} acknowledged, "
              f"{sum(op.unknown for op in operations)} times unknown, {len(commands)} commands, {len(decisions)} decision records")
        for what, seconds in self.worst.items():
            print(f"  {what}: every partition answers again after at most " + ", ".join(f"{s:.1f}" for s in seconds) + " s")
        if acknowledged < 50:
            raise Fault("too little happened for this to show anything")
        return wrong

    def whole(self):
        if self.given.limits:
            for what, limit in LIMITS.items():
                if max(self.worst[what], default=0) > limit:
                    raise Fault(f"{what} is felt for more than {limit} s")
        self.program.audited(self.engines[0].folder)
        digests = [self.program.lines("view", "digest", "--data", engine.folder) for engine in self.engines]
        if any(digest != digests[0] for digest in digests):
            raise Fault("P4: the views of the engines differ")
        self.program.must("view", "rebuild", "--data", self.engines[0].folder)
        if self.program.lines("view", "digest", "--data", self.engines[0].folder) != digests[0]:
            raise Fault("P4: the views differ from a rebuild")
        print("no anomaly; every decision is made again byte for byte; views of all engines and a rebuild are equal")

    def end(self):
        for engine in self.engines:
            if engine.process and engine.process.poll() is None:
                engine.end(signal.SIGKILL)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=os.path.abspath)
    parser.add_argument("source")
    parser.add_argument("--engines", type=int, default=3)
    parser.add_argument("--clients", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=20261125)
    parser.add_argument("--faults", type=lambda text: text.split(","), default=["kill", "stop", "join"])
    parser.add_argument("--limits", action="store_true")
    parser.add_argument("--expect", nargs="+", default=[])
    parser.add_argument("--keep", action="store_true", help="leave the folders behind where something is wrong")
    given = parser.parse_args()
    return kills.conclude(given, "lastkm-engines-", lambda scratch: Trial(given, scratch))


if __name__ == "__main__":
    sys.exit(main())
