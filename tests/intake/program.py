"""What the checks of `lastkm import` share: running the program, and folders to run it in."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

HOTLINE_HEAD = ("reference,channel,occurred_at,type,category,urgency,place,address,text,caller_name,caller_phone,"
                "anonymous,confidential,status,closed_at\n")
PLACE = "5101080170060001"

failures = []


def check(what, good, why=""):
    if not good:
        failures.append(what)
        print(f"FAILED: {what}\n  {str(why)[:1500]}", file=sys.stderr)


def finish():
    if failures:
        sys.exit(f"{len(failures)} checks failed")


class Program:
    def __init__(self, program, source, scratch):
        self.program = program
        self.source = source
        self.scratch = pathlib.Path(scratch)
        self.blank = None

    def environment(self):
        return {k: v for k, v in os.environ.items() if not k.startswith("LASTKM_")}

    def run(self, *arguments, data=None, text=None):
        where = ["--data", str(data)] if data else []
        return subprocess.run([self.program, *map(str, arguments), *where], input=text, capture_output=True,
                              env=self.environment(), timeout=600)

    def must(self, *arguments, data=None, text=None, codes=(0,)):
        done = self.run(*arguments, data=data, text=text)
        if done.returncode not in codes:
            sys.exit(f"lastkm {' '.join(map(str, arguments))}: exit code {done.returncode}\n"
                     f"{done.stdout[-2000:]!r}\n{done.stderr.decode(errors='replace')[-2000:]}")
        return done.stdout.decode()

    def folder(self, name):
        """A new deployment with a virtual clock and the shipped rules."""
        if self.blank is None:
            self.blank = self.scratch / "blank"
            self.must("init", self.blank, "--lanes", "8", "--clock", "virtual")
            self.must("directory", "publish", f"{self.source}/schemas/directory",
                      f"{self.source}/schemas/workflows/three-party.json", "--activate", data=self.blank)
        folder = self.scratch / name
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.blank, folder)
        return folder

    def imports(self, form, file, data, *options, text=None):
        """The report, and its exit code checked against it."""
        done = self.run("import", "--format", form, file, "--json", *options, data=data, text=text)
        try:
            report = json.loads(done.stdout.decode().splitlines()[-1])
        except (IndexError, ValueError):
            sys.exit(f"import --format {form} {file}: exit code {done.returncode}, no report\n"
                     f"{done.stderr.decode(errors='replace')[-2000:]}")
        check(f"{file}: the exit code tells of refused rows", done.returncode == (1 if report["refused"] else 0),
              done.returncode)
        total = report["created"] + report["same"] + report["supplemented"] + len(report["refused"])
        check(f"{file}: rows = created + same + supplemented + refused", report["rows"] == total, report)
        return report

    def cases(self, data):
        return [json.loads(line) for line in self.must("case", "list", "--json", data=data).splitlines()]

    def records(self, data, topic):
        return self.must("log", "dump", "--from", topic, data=data).splitlines()
