#!/usr/bin/env python3
"""Damages data folders in every way that the design names, and demands the answer: which exit code, which reason, which file,
what to do; and that nothing is written to a log that was refused.

    damaged_folders.py LASTKM SOURCE EDIT_FOLDER DISK_LIBRARY [PART-OF-A-NAME]
"""
import hashlib
import itertools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

from lastkm import HOTLINE, PLACE, Fault, Program, Served, accepted, ask, by_lane, copy, main, register

OK, REFUSED, IN_USE, INTEGRITY, DIFFERENCE = 0, 1, 5, 6, 8
AT = "2026-05-20T09:00:00+08:00"


def biggest(folder, pattern):
    return max(folder.glob(pattern), key=lambda file: file.stat().st_size)


def flip(file, at):
    with open(file, "r+b") as bytes_:
        bytes_.seek(at)
        was = bytes_.read(1)[0]
        bytes_.seek(at)
        bytes_.write(bytes([was ^ 0x40]))


def halve(file):
    os.truncate(file, file.stat().st_size // 2)


def empty(file):
    os.truncate(file, 0)


def flip_middle(file):
    flip(file, file.stat().st_size // 2)


def link(file):
    kept = file.with_suffix(".kept")
    file.rename(kept)
    file.symlink_to(kept)


def pipe(file):
    file.unlink(missing_ok=True)
    os.mkfifo(file)


def prints(folder, parts=("log", "vault", "acknowledged")):
    """Digests of what counts: the log's records and the mark, the vault."""
    out = {}
    for part in parts:
        for file in sorted([folder / part, *(folder / part).rglob("*")]):
            if file.is_file() and not file.is_symlink() and not file.name.startswith(("LOG", "LOCK", "OPTIONS")):
                out[file] = hashlib.sha256(file.read_bytes()).hexdigest()
    return out


def without_positions(cases):
    """The rows of `case list` without the ordinals that they reflect."""
    return [{k: v for k, v in json.loads(line).items() if k != "position"} for line in cases.splitlines()]


def in_partition(dump, partition):
    """The records of one partition, in their order. A dump goes partition by partition (here each has one lane), and an
    owner's start stands before the decisions that it comes with."""
    found, starts = [], []
    for text in dump:
        lane = json.loads(text)["data"].get("lane")
        if lane is None:
            starts.append(text)
            continue
        if lane == partition:
            found += starts + [text]
        starts = []
    return found


HURT = 2  # the lane, and the partition, whose records are hurt

# `audit redecide` is not among them: it opens the log alone.
OPENING = (["case", "list"], ["submit", "-"], ["doctor", "--json"])


class Folders:
    def __init__(self, program, edit, disk, scratch):
        self.program, self.edit, self.disk, self.scratch = program, edit, disk, scratch
        self.folder = scratch / "d"
        # As written, all in the WAL; and a folder opened since, in tables.
        self.fresh, self.table, self.other = scratch / "fresh", scratch / "table", scratch / "other"
        program.make(self.other, lanes=4)
        program.must("case", "list", "--data", self.other, "--json")  # makes its views
        self.old = scratch / "old"
        program.make(self.fresh, lanes=4)
        self.first = program.submit(self.fresh, [register(f"a{n}", at=AT) for n in range(12)])[0]
        copy(self.fresh, self.old)
        copy(self.fresh, self.table)
        program.submit(self.table, [register(f"b{n}", at=AT) for n in range(6)])
        more = itertools.count(6)
        while len(self.bytes_of(self.table)[0].get(HURT, [])) < 3:  # ids are hashes under a key of this folder
            program.submit(self.table, [register(f"b{next(more)}", at=AT)])
        self.cases = program.must("case", "list", "--data", self.table, "--json")
        self.bytes = self.bytes_of(self.table)
        self.digest = program.must("view", "digest", "--data", self.table, "--json")

    def bytes_of(self, folder):
        commands, decisions = self.program.dump(folder)
        return by_lane(commands), accepted(decisions)

    def with_disk(self, **variables):
        return self.program.having(LD_PRELOAD=self.disk, **variables)

    # `opens`: the database opens and only what is in it is refused; no record changes, but its files may.
    def refused(self, hurt, reason, *names, base=None, verbs=None, code=INTEGRITY, advice=("backup",), opens=False):
        """After `hurt`, verbs that read, write, audit and examine all say the same, and leave the log as it was."""
        copy(base or self.table, self.folder)
        hurt(self.folder)
        before = prints(self.folder)
        for verb in verbs or (["case", "list"], ["submit", "-"], ["audit", "redecide"], ["doctor", "--json"]):
            done = self.program.run(*verb, "--data", self.folder, text=json.dumps(register("new", at=AT)) + "\n")
            said = done.stdout + done.stderr
            if done.returncode != code:
                raise Fault(f"{' '.join(verb)}: exit code {done.returncode}, not {code}: {said[-400:]}")
            if not any(f"[{one}]" in said for one in (reason if isinstance(reason, tuple) else (reason,))):
                raise Fault(f"{' '.join(verb)} does not say {reason}: {said[-400:]}")
            plain = "".join(said.split())
            for name in names:
                if "".join(name.split()) not in plain:
                    raise Fault(f"{' '.join(verb)} does not name {name}: {said[-400:]}")
            if advice and not any(word in said for word in advice):
                raise Fault(f"{' '.join(verb)} does not say what to do: {said[-400:]}")
        if not opens and prints(self.folder) != before:
            raise Fault("a log that was refused before it was opened was written to")

    def healed(self, hurt, base=None):
        """After `hurt`, everything is as it was: state and views are made again."""
        copy(base or self.table, self.folder)
        hurt(self.folder)
        if self.program.must("case", "list", "--data", self.folder, "--json") != self.cases:
            raise Fault("other cases than before")
        if self.program.must("view", "digest", "--data", self.folder, "--json") != self.digest:
            raise Fault("other views than before")
        if self.bytes_of(self.folder) != self.bytes:
            raise Fault("other bytes than before")

    # --- the log ---------------------------------------------------------------------------------------------------------

    def log_checks(self):
        def in_log(act, pattern):
            return lambda folder: act(biggest(folder / "log", pattern))

        def remove(*names):
            def act(folder):
                for name in names:
                    for file in list(folder.glob(name)):
                        shutil.rmtree(file) if file.is_dir() else file.unlink()
            return act

        rollback, corrupt = "log-rollback", "log-corrupt"
        reading = (["log", "dump"], ["log", "dump", "--from", "commands"], ["audit", "redecide"])
        return [
            ("WAL deleted", lambda: self.refused(remove("log/*.log"), rollback, "acknowledged", base=self.fresh, opens=True)),
            ("WAL cut in half", lambda: self.refused(in_log(halve, "*.log"), rollback, "acknowledged", base=self.fresh, opens=True)),
            ("WAL emptied", lambda: self.refused(in_log(empty, "*.log"), rollback, "acknowledged", base=self.fresh, opens=True)),
            ("WAL byte flipped", lambda: self.refused(in_log(flip_middle, "*.log"), (corrupt, rollback), "/log", base=self.fresh)),
            ("table byte flipped", lambda: self.refused(in_log(lambda f: flip(f, f.stat().st_size // 3), "*.sst"), corrupt, "/log", verbs=reading, opens=True)),
            ("table emptied", lambda: self.refused(in_log(empty, "*.sst"), corrupt, "/log")),
            ("table deleted", lambda: self.refused(in_log(os.unlink, "*.sst"), corrupt, "/log")),
            ("MANIFEST deleted", lambda: self.refused(remove("log/MANIFEST*"), corrupt, "MANIFEST")),
            ("MANIFEST emptied", lambda: self.refused(in_log(empty, "MANIFEST*"), (corrupt, rollback), "/log")),
            ("CURRENT deleted", lambda: self.refused(remove("log/CURRENT"), (corrupt, rollback), "/log")),
            ("CURRENT and mark deleted", lambda: self.refused(remove("log/CURRENT", "acknowledged"), corrupt, "CURRENT")),
            ("CURRENT emptied", lambda: self.refused(in_log(empty, "CURRENT"), corrupt, "CURRENT")),
            ("log deleted", lambda: self.refused(remove("log"), rollback, "/log")),
            ("log and mark deleted", lambda: self.refused(remove("log", "acknowledged"), rollback, "'log'")),
            ("mark deleted", lambda: self.refused(remove("acknowledged"), "mark-missing", "acknowledged")),
            ("mark emptied", lambda: self.refused(lambda f: empty(f / "acknowledged"), "mark-damaged", "acknowledged")),
            ("mark a link", lambda: self.refused(lambda f: link(f / "acknowledged"), "foreign-file", "acknowledged")),
            ("mark a pipe", lambda: self.refused(lambda f: pipe(f / "acknowledged"), "foreign-file", "acknowledged")),
            ("CURRENT a pipe", lambda: self.refused(lambda f: pipe(f / "log/CURRENT"), "foreign-file", "CURRENT")),
            ("a table a link", lambda: self.refused(in_log(link, "*.sst"), "foreign-file", ".sst")),
            ("older log restored", lambda: self.refused(self.restore_old_log, rollback, "acknowledged", opens=True)),
            ("log of another deployment", lambda: self.refused(lambda f: self.swap(f, "log", "acknowledged"), "vault-foreign", "vault", advice=("restore", "put back"), opens=True, verbs=OPENING)),
        ]

    def swap(self, folder, *parts):
        for part in parts:
            target = folder / part
            shutil.rmtree(target) if target.is_dir() else target.unlink()
            subprocess.run(["cp", "-a", str(self.other / part), str(target)], check=True)

    def restore_old_log(self, folder):
        shutil.rmtree(folder / "log")
        subprocess.run(["cp", "-a", str(self.old / "log"), str(folder / "log")], check=True)

    # --- vault, state, views ---------------------------------------------------------------------------------------------

    def part_checks(self):
        def remove(name):
            return lambda folder: shutil.rmtree(folder / name)

        def in_part(part, act, pattern):
            return lambda folder: act(biggest(folder / part, pattern))

        def ahead(folder):  # an older backup of log and mark, with the state and views of today
            self.restore_old_log(folder)
            shutil.copy(self.old / "acknowledged", folder / "acknowledged")

        def old_backup():
            copy(self.table, self.folder)
            ahead(self.folder)
            cases = self.program.lines("case", "list", "--data", self.folder)
            if sorted(case["case"] for case in cases) != sorted(row["case"] for row in self.first):
                raise Fault("the cases are not those of the log")
            if self.bytes_of(self.folder) != self.bytes_of(self.old):
                raise Fault("the log was changed")
            self.program.audited(self.folder)

        def other_layout():
            self.healed(lambda folder: self.edit.must("old-state", folder))
            row = self.program.submit(self.folder, [register("b0", at=AT)])[0][0]
            if row["status"] != "duplicate":
                raise Fault(f"a command that was answered is not known any more: {row}")

        vault = ("restore", "put back")
        return [
            ("vault deleted", lambda: self.refused(remove("vault"), "vault-missing", "vault", advice=vault, opens=True, verbs=OPENING)),
            ("vault of another deployment", lambda: self.refused(lambda f: self.swap(f, "vault"), "vault-foreign", "vault", advice=vault, opens=True, verbs=OPENING)),
            ("master key emptied", lambda: self.refused(lambda f: empty(f / "vault/master.key"), "vault-damaged", "master.key", advice=vault, opens=True, verbs=OPENING)),
            ("keys emptied", lambda: self.refused(lambda f: empty(f / "vault/keys"), "vault-damaged", "keys", advice=vault, opens=True, verbs=OPENING)),
            ("keys a pipe", lambda: self.refused(lambda f: pipe(f / "vault/keys"), "foreign-file", "keys", verbs=OPENING)),
            ("state of another log", lambda: self.refused(lambda f: self.swap(f, "state"), "foreign-state", "state", advice=("move it away",), opens=True, verbs=OPENING)),
            ("views of another log", lambda: self.refused(lambda f: self.swap(f, "views"), "foreign-views", verbs=(["case", "list"],), advice=("move the folder away",), opens=True)),
            ("state of another layout", other_layout),
            ("state deleted", lambda: self.healed(remove("state"))),
            ("views deleted", lambda: self.healed(remove("views"))),
            ("state without MANIFEST", lambda: self.healed(in_part("state", os.unlink, "MANIFEST*"))),
            ("state's WAL emptied", lambda: self.healed(in_part("state", empty, "*.log"))),
            ("views without CURRENT's MANIFEST", lambda: self.healed(in_part("views", os.unlink, "MANIFEST*"))),
            ("log and mark of yesterday, state and views of today", old_backup),
        ]

    # --- records ---------------------------------------------------------------------------------------------------------

    def record_checks(self):
        def garbage_in_decisions():
            self.refused(lambda f: self.edit.must("put", f, "decisions", 1, "x", '{"hello":1}'), "foreign-record",
                         "decisions, partition 1, offset", verbs=(["case", "list"], ["submit", "-"], ["audit", "redecide"]), advice=(), opens=True)

        def garbage_in_commands():
            copy(self.table, self.folder)
            self.edit.must("put", self.folder, "commands", 1, "x", "\x01 no json")
            if without_positions(self.program.must("case", "list", "--data", self.folder, "--json")) != without_positions(self.cases):
                raise Fault("other cases than before")
            last = json.loads(accepted(self.program.dump(self.folder)[1])[1][-1])["data"]
            if last.get("rejection", {}).get("code") != "undecodable":
                raise Fault(f"the record is not answered by a rejection: {last}")
            self.program.audited(self.folder)

        def foreign_key():
            """A command whose key names no lane is its partition's first lane's to refuse, in a copy of the log too."""
            copy(self.table, self.folder)
            self.edit.must("put", self.folder, "commands", 1, "lane-x", "{}")
            self.program.must("case", "list", "--data", self.folder)
            other = self.folder.with_name("copied")
            shutil.rmtree(other, ignore_errors=True)
            copied = json.loads(self.program.must("log", "copy", "--from", f"embedded:{self.folder}", "--to", f"embedded:{other}", "--json"))
            if not copied["same_views"] or copied["redecided"]["different"]:
                raise Fault(f"the copy is another: {copied}")
            (commands, decisions), (there, answers) = self.program.dump(self.folder), self.program.dump(other)
            if commands != there or accepted(decisions) != accepted(answers):
                raise Fault("the copy holds other records")
            shutil.rmtree(other)

        def newer(before, becomes, views_too):
            """The character behind these becomes another. What a newer program has decided is copied as it is; that this one cannot check it is said of a copy that is whole."""
            def check():
                copy(self.table, self.folder)
                decisions = in_partition(self.program.dump(self.folder)[1], HURT)
                last = max(n for n, text in enumerate(decisions) if before in text)
                at = decisions[last].index(before) + len(before)
                self.edit.must("flip", self.folder, "decisions", HURT, last, at, ord(decisions[last][at]) ^ ord(becomes))
                other = self.folder.with_name("copied")
                shutil.rmtree(other, ignore_errors=True)
                done = self.program.run("log", "copy", "--from", f"embedded:{self.folder}", "--to", f"embedded:{other}", "--json")
                if done.returncode != INTEGRITY or "[upgrade-required]" not in done.stderr or "need not be made again" not in done.stderr:
                    raise Fault(f"exit code {done.returncode}: {done.stderr}")
                copied = json.loads(done.stdout)
                again = copied["redecided"]
                if copied["same_views"] is not (None if views_too else True) or not 0 < again["newer"] == again["different"]:
                    raise Fault(f"what could not be checked is not told: {copied}")
                if accepted(self.program.dump(self.folder)[1]) != accepted(self.program.dump(other)[1]):
                    raise Fault("the copy holds other records")
                shutil.rmtree(other)
            return check

        def flipped(topic):
            def check():
                for n, byte in ((2, 40), (0, 200)):
                    copy(self.table, self.folder)
                    record = {"commands": self.bytes[0], "decisions": self.bytes[1]}[topic][HURT][n]
                    offset = in_partition(self.program.dump(self.folder)[topic == "decisions"], HURT).index(record)
                    self.edit.must("flip", self.folder, topic, HURT, offset, byte)
                    done = self.program.run("audit", "redecide", "--data", self.folder, "--json")
                    first = json.loads(done.stdout)["first"] if done.stdout else None
                    if done.returncode != DIFFERENCE or (first["lane"], first["ordinal"]) != (HURT, n + 1):
                        raise Fault(f"exit code {done.returncode}, {first}, not {HURT}:{n + 1}: {done.stderr[-300:]}")
            return check

        def last_flipped():
            """What views were made from is no longer there: they are made anew, and doctor sends to who can tell what it was."""
            copy(self.table, self.folder)
            decisions = in_partition(self.program.dump(self.folder)[1], HURT)
            last = max(n for n, text in enumerate(decisions) if '"occurred_at":"' in text)
            at = decisions[last].rindex('.000Z"', 0, decisions[last].index('"datacontenttype"')) + len(".00")
            self.edit.must("flip", self.folder, "decisions", HURT, last, at)
            said = json.loads(self.program.must("doctor", "--data", self.folder, "--json"))
            found = [one for one in said["checks"] if "no longer holds" in one["text"]]
            if len(found) != 1 or "audit redecide" not in found[0]["text"]:
                raise Fault(f"not told once, with what to do: {found}")
            self.program.run("view", "rebuild", "--data", self.folder)
            if "no longer holds" in self.program.must("doctor", "--data", self.folder, "--json"):
                raise Fault("told for ever")

        def guard():
            copy(self.table, self.folder)
            self.edit.must("rewrite", self.folder, "under(cmd.place, '11')", "under(cmd.place, '51')")
            done = self.program.run("audit", "redecide", "--data", self.folder, "--json")
            first = json.loads(done.stdout)["first"] if done.stdout else None
            if done.returncode != DIFFERENCE or first is None or first["ordinal"] != 2:
                raise Fault(f"exit code {done.returncode}, {first}: {done.stderr[-300:]}")

        def other_id():
            self.refused(lambda f: self.edit.must("foreign-id", f), "foreign-state", "state", advice=("move it away",), opens=True, verbs=OPENING)
            audit = self.program.lines("audit", "redecide", "--data", self.folder, codes=(DIFFERENCE,))[0]
            if audit["equal"] or audit["different"] != audit["commands"]:
                raise Fault(f"records of another log pass an audit: {audit}")

        return [
            ("a foreign record among the decisions", garbage_in_decisions),
            ("a record among the commands that cannot be read", garbage_in_commands),
            ("a command whose key names no lane", foreign_key),
            ("an event of a newer program", newer('"type":"CaseRegistere', "e", True)),
            ("a decider of a newer program", newer('"decider":', "9", False)),
            ("a flipped byte of a command", flipped("commands")),
            ("a flipped byte of a decision", flipped("decisions")),
            ("a flipped byte of the last decision", last_flipped),
            ("a changed guard", guard),
            ("another log id", other_id),
        ]

    # --- clock, disk, owner ----------------------------------------------------------------------------------------------

    def surroundings_checks(self):
        def clock():
            folder = self.scratch / "clock"
            self.program.make(folder, clock="system", lanes=1)
            done = self.with_disk(DISK_CLOCK="-3600").run("case", "list", "--data", folder)
            if done.returncode != INTEGRITY or "[clock-behind-log]" not in done.stderr or "set the clock" not in done.stderr:
                raise Fault(f"exit code {done.returncode}: {done.stderr}")
            self.with_disk(DISK_CLOCK="-30").must("case", "list", "--data", folder)

        def nearly_full():
            copy(self.table, self.folder)
            full = self.with_disk(DISK_FREE=str(20 << 20))
            log = ("log", "acknowledged")  # the vault may have made a key that nothing uses
            before = prints(self.folder, log)
            rows, done = full.submit(self.folder, [register("late", at=AT)])
            if done.returncode != REFUSED or rows[0]["reason"]["code"] != "disk-full" or "MiB" not in rows[0]["reason"]["text"]:
                raise Fault(f"submit: exit code {done.returncode}: {done.stdout} {done.stderr}")
            for words, wanted in ((("case", "list"), self.cases), (("view", "digest"), self.digest)):
                if full.must(*words, "--data", self.folder, "--json") != wanted:
                    raise Fault(f"{words} says other than before")
            full.audited(self.folder)
            shutil.rmtree(self.folder / "views")
            if full.must("case", "list", "--data", self.folder, "--json") != self.cases:
                raise Fault("without views the cases are others")
            for words in (("serve",), ("init", self.scratch / "new")):
                done = full.run(*words, "--data", self.folder)
                if done.returncode != REFUSED or "[disk-full]" not in done.stderr:
                    raise Fault(f"{words}: exit code {done.returncode}: {done.stderr}")
            if prints(self.folder, log) != before:
                raise Fault("something was written")
            if self.program.submit(self.folder, [register("late", at=AT)])[0][0]["status"] != "accepted":
                raise Fault("with room again the command is not taken")

        def really_full():
            disk = self.scratch / "small"
            disk.mkdir()
            if os.getuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200m", "none", disk], capture_output=True).returncode != 0:
                return "SKIPPED: a small disk cannot be mounted here"
            try:
                folder = disk / "d"
                self.program.make(folder, clock="system", lanes=2)
                served = Served(self.program, folder)
                ballast = open(disk / "ballast", "wb")

                def leave(mib):
                    ballast.flush()
                    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
                    os.posix_fallocate(ballast.fileno(), 0, ballast.seek(0, 2) + max(free - (mib << 20), 1))

                def send(key):
                    rows, code = ask(folder, ["submit", "-", "--data", str(folder), "--json"], json.dumps(register(key)) + "\n")
                    return rows[0] if rows else code

                if send("one")["status"] != "accepted":
                    raise Fault("with room the command is not taken")
                for mib in (40, 4, 0):
                    leave(mib)
                    subprocess.run(["sleep", "0.3"], check=True)  # the free space is looked at every 200 ms
                    row = send(f"full-{mib}")
                    if row["reason"]["code"] != "disk-full":
                        raise Fault(f"{mib} MiB free: {row}")
                    if ask(folder, ["case", "list", "--data", str(folder), "--json"])[1] != OK:
                        raise Fault(f"{mib} MiB free: reading does not go on")
                if self.program.must("case", "list", "--data", folder, "--json").count("\n") != 1:
                    raise Fault("the one case is not there")
                os.truncate(disk / "ballast", 0)
                subprocess.run(["sleep", "0.3"], check=True)
                if send("two")["status"] != "accepted":
                    raise Fault("P12: with room again the command is not taken")
                leave(0)
                served.kill()
                if self.program.must("case", "list", "--data", folder, "--json").count("\n") != 2:
                    raise Fault("after a death on a full disk the cases are not there")
                os.truncate(disk / "ballast", 0)
                self.program.audited(folder)
            finally:
                ballast.close()
                subprocess.run(["umount", "-l", disk], check=False)

        def stopped_owner():
            copy(self.table, self.folder)
            served = Served(self.program, self.folder)
            pid = str(served.process.pid)
            try:
                served.signal(signal.SIGSTOP)
                for words in (("serve",), ("case", "list")):
                    done = self.program.run(*words, "--data", self.folder)
                    if done.returncode != IN_USE or f"pid {pid}" not in done.stderr:
                        raise Fault(f"{words}: exit code {done.returncode}: {done.stderr}")
                    if words[0] == "case" and "-CONT" not in done.stderr:
                        raise Fault(f"it does not say what to do: {done.stderr}")
            finally:
                served.signal(signal.SIGCONT)
            if self.program.must("case", "list", "--data", self.folder, "--json") != self.cases:
                raise Fault("after going on it answers otherwise")
            served.stop()

        return [("a clock behind the log", clock), ("a disk that is nearly full", nearly_full), ("a disk that is full", really_full),
                ("an owner that is stopped", stopped_owner)]

    # --- lost decisions --------------------------------------------------------------------------------------------------

    def lost_checks(self):
        def lost(seed):
            copy(self.table, self.folder)
            dropped = self.edit.must("cut", self.folder, seed).strip()
            for part in ("state", "views"):
                shutil.rmtree(self.folder / part)
            if seed == 0 and int(dropped) < 18:
                raise Fault(f"only {dropped} decisions were dropped")
            self.healed(lambda folder: None, base=self.folder_as("cut"))
            return f"{dropped} decisions dropped"

        return [(f"the last decisions lost with all state, seed {seed}", lambda seed=seed: lost(seed)) for seed in (0, 1, 2, 3)]

    def folder_as(self, name):
        kept = self.scratch / name
        copy(self.folder, kept)
        return kept


if __name__ == "__main__":
    lastkm_program, source_folder, edit_program, disk_library = sys.argv[1:5]
    with tempfile.TemporaryDirectory(prefix="lastkm-damaged-") as scratch_name:
        folders = Folders(Program(lastkm_program, source_folder), Program(edit_program, source_folder), os.path.abspath(disk_library), pathlib.Path(scratch_name))
        sys.exit(main(folders.log_checks() + folders.part_checks() + folders.record_checks() + folders.surroundings_checks()
                      + folders.lost_checks(), *sys.argv[5:6]))
