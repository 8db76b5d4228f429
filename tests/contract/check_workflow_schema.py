#!/usr/bin/env python3
"""The JSON Schema of workflows refuses what the reader refuses, where a schema can say it, and takes what is shipped. The bad
documents are the reader's own table (tests/rules/read_workflow_test.cpp), written out by its test.

Usage: check_workflow_schema.py TEST-RULES SOURCE-DIR
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import schema

TABLE = "read_workflow: everything that is wrong*"
# What a schema can say. All other findings need more than one place of the document, or the meaning of an expression.
SAYS = {"unknown-kind", "missing-member", "out-of-range", "unknown-member", "wrong-type", "unknown-unit", "no-event", "no-role", "duplicate-entry",
        "no-transition", "unknown-operation", "no-clock", "bad-code", "bad-name"}
# Where a finding with one of these codes compares two members.
BEYOND = {"a range of nothing"}


def main():
    program, source = sys.argv[1], pathlib.Path(sys.argv[2])
    shape = schema.Schema(source / "schemas/workflows/workflow.schema.json")
    failed, refused, beyond = [], 0, 0
    right = [source / "schemas/workflows" / name for name in ("three-party.json", "beijing.json")]
    right += [source / "tests/e2e" / name for name in ("repair.json", "three-stages.json", "forty-stages.json", "cold-rooms.json")]
    for path in right:
        faults = shape.faults(json.loads(path.read_text(encoding="utf-8")))
        if faults:
            failed.append(f"{path.name} is refused: {faults[:2]}")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, TABLE], env={**os.environ, "LASTKM_BAD_DOCUMENTS": folder}, capture_output=True)
        rows = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(pathlib.Path(folder).iterdir())]
    for row in rows:
        faults = shape.faults(row["document"])
        codes = {finding.split(" ")[0] for finding in row["findings"]}
        if not row["findings"] and faults:
            failed.append(f"{row['what']}: right, but refused: {faults[:2]}")
        elif codes & SAYS and row["what"] not in BEYOND:
            refused += 1
            if not faults:
                failed.append(f"{row['what']}: the schema takes it; the reader finds {row['findings']}")
        else:
            beyond += 1
    for line in failed:
        print("✗", line)
    print(f"workflow schema: {refused} bad documents refused, {beyond} that no schema can refuse, {len(failed)} failed")
    return 1 if failed or refused < 30 else 0


sys.exit(main())
