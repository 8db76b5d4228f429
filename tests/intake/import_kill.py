#!/usr/bin/env python3
"""Kills an import at random places, runs it again until it ends, and demands the cases of an undisturbed run.

usage: import_kill.py LASTKM SOURCE [ROUNDS]      LASTKM_SEED=n repeats a run
"""
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from program import HOTLINE_HEAD, PLACE, Program, check, finish  # noqa: E402

ROWS = 3000


def write_rows(file, chance):
    """Rows as a hotline has them: open and closed, some sent twice, some changed, some refused."""
    references, lines = [], []
    with open(file, "w", encoding="utf-8") as out:
        out.write(HOTLINE_HEAD)
        for n in range(ROWS):
            lot = chance.random()
            reference = chance.choice(references) if lot < 0.1 and references else f"K-{n}"
            references.append(reference)
            text = f"request {n if lot < 0.05 else 0} " + "很急 " * chance.randrange(30)
            known = chance.random() < 0.5
            closed = chance.random() < 0.5
            place = "0000" if chance.random() < 0.03 else PLACE if known else ""
            day = chance.randrange(1, 28)
            lines.append(f"{reference},CH-12345,2026-03-{day:02} 09:00:00,{'HELP' if known else ''},{'C05' if known else ''},"
                         f"{'NORMAL' if known else ''},{place},,{text},,,,,{'closed' if closed else 'open'},"
                         f"{f'2026-03-{day:02} 18:00:00' if closed else ''}\n")
            out.write(lines[-1])
            if chance.random() < 0.05:
                out.write(chance.choice(lines))


def killed(program, file, data, after_s):
    """Starts the import and kills it after a while; whether it was still running."""
    process = subprocess.Popen([program.program, "import", "--format", "hotline-csv", str(file), "--data", str(data), "--json"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=program.environment())
    try:
        process.wait(timeout=after_s)
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True


def main():
    seed = int(os.environ.get("LASTKM_SEED", random.SystemRandom().randrange(1 << 31)))
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 2
    print(f"LASTKM_SEED={seed}")
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="lastkm-kill-") as scratch:
        program = Program(sys.argv[1], sys.argv[2], scratch)
        file = pathlib.Path(scratch) / "rows.csv"
        write_rows(file, chance)
        data = program.folder("undisturbed")
        began = time.monotonic()
        report = program.imports("hotline-csv", file, data)
        whole_s = time.monotonic() - began
        check("rows of each kind are there", all(report[k] for k in ("created", "same", "supplemented", "refused")), report)
        expected = program.must("case", "list", "--json", data=data)
        for number in range(rounds):
            kills, within_s = 0, whole_s
            while kills == 0:
                # The first try may have been slower than this one: aim earlier until a kill hits.
                data = program.folder("killed")
                within_s *= 0.7
                while kills < 8 and killed(program, file, data, chance.uniform(0.05, 1.0) * within_s):
                    kills += 1
            again = program.imports("hotline-csv", file, data)
            check("the rows that are refused are the same", again["refused"] == report["refused"])
            got = program.must("case", "list", "--json", data=data)
            check(f"seed {seed}, round {number}, {kills} kills: the cases are those of an undisturbed run", got == expected,
                  "\n".join(sorted(set(got.splitlines()) ^ set(expected.splitlines())))[:2000])
            print(f"round {number}: killed {kills} times")
    finish()


if __name__ == "__main__":
    main()
