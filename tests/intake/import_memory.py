#!/usr/bin/env python3
"""Imports a large file and demands that the process never holds more memory than is allowed, and how fast it went.

usage: import_memory.py LASTKM SOURCE MEGABYTES [LIMIT_MIB]      the folder for scratch files: TMPDIR
"""
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from program import HOTLINE_HEAD, PLACE, Program, check, finish  # noqa: E402


def write_rows(file, size, chance):
    """About `size` bytes of rows of a hotline; half of them open, one in five hundred very long, a few refused."""
    texts = ["小区电梯坏了三天没有人来修，老人上下楼很不方便。" * n for n in (1, 2, 4, 8, 16)]
    count = written = 0
    with open(file, "w", encoding="utf-8") as out:
        out.write(HOTLINE_HEAD)
        while written < size:
            lines = []
            for _ in range(500):
                count += 1
                lot = chance.random()
                text = chance.choice(texts) if lot > 0.002 else texts[4] * 22
                kind = "HELP,C05,NORMAL" if lot < 0.5 else ",,"
                place = "0000" if lot > 0.995 else PLACE
                closed = lot > 0.5
                lines.append(f"M-{count},CH-12345,2026-03-{1 + count % 28:02} 09:00:00,{kind},{place},一栋二单元{count}号,{text}{count},"
                             f"王{count},138{count:08},,,{'closed' if closed else 'open'},{'2026-03-29 18:00:00' if closed else ''}\n")
            block = "".join(lines)
            written += len(block.encode())
            out.write(block)
    return count


def watch(program, arguments):
    """Runs to the end; exit code, highest resident memory in MiB, seconds."""
    began = time.monotonic()
    process = subprocess.Popen([program.program, *map(str, arguments)], stdout=subprocess.DEVNULL, env=program.environment())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss / 1024, time.monotonic() - began


def main():
    size = int(float(sys.argv[3]) * 1e6)
    limit = int(sys.argv[4]) if len(sys.argv) > 4 else 256
    with tempfile.TemporaryDirectory(prefix="lastkm-memory-") as scratch:
        program = Program(sys.argv[1], sys.argv[2], scratch)
        file = pathlib.Path(scratch) / "rows.csv"
        rows = write_rows(file, size, random.Random(7))
        data = program.folder("large")
        for what, options in (("dry run", ["--dry-run"]), ("import", []), ("import again", [])):
            code, peak, seconds = watch(program, ["import", "--format", "hotline-csv", file, "--data", data, "--json", *options])
            print(f"{what}: {rows} rows, {size / 1e6:.0f} MB, {seconds:.1f} s, {rows / seconds:.0f} rows/s, "
                  f"{size / 1e6 / seconds:.2f} MB/s, at most {peak:.0f} MiB")
            check(f"{what} ends well", code == 1, code)
            check(f"{what} holds at most {limit} MiB", peak <= limit, f"{peak:.0f} MiB")
    finish()


if __name__ == "__main__":
    main()
