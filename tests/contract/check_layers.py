#!/usr/bin/env python3
"""Keeps the arrows: compares the includes of every folder with the table of allowed ones, and the libraries with their users.

Usage: check_layers.py SOURCE-DIR
"""
import pathlib
import re
import sys

# Folder -> folders whose headers it may include, beside its own. What a folder does not list, it must not know.
PURE_ARROWS = {
    "engine/base": [],
    "engine/calendar": ["engine/base"],
    "engine/rules": ["engine/base", "engine/calendar"],
    "engine/record": ["engine/base"],
    "engine/directory": ["engine/base", "engine/calendar", "engine/rules", "engine/record"],
    "engine/cases": ["engine/base", "engine/calendar", "engine/rules", "engine/directory", "engine/record"],
    "engine/lane": ["engine/base", "engine/calendar", "engine/rules", "engine/directory", "engine/record", "engine/cases"],
}
ARROWS = PURE_ARROWS | {
    "engine/json": ["engine/base"],
    "engine/privacy": ["engine/base", "engine/record"],
    "engine/log": ["engine/base", "engine/store"],
    "engine/store": ["engine/base"],
    "engine/intake": ["engine/base", "engine/calendar", "engine/record", "engine/json", "engine/privacy"],
    "engine/runtime": ["engine/base", "engine/calendar", "engine/rules", "engine/record", "engine/directory", "engine/cases",
                       "engine/lane", "engine/privacy", "engine/log", "engine/store", "engine/intake", "engine/json"],
    "projections": ["engine/base", "engine/calendar", "engine/record", "engine/log", "engine/store"],
    "projections/views": ["engine/base", "engine/calendar", "engine/record", "engine/directory", "engine/rules", "engine/cases",
                          "engine/log", "engine/store", "projections"],
    "projections/query": ["engine/base", "engine/calendar", "engine/record", "engine/directory", "engine/rules", "engine/cases",
                          "engine/log", "engine/store", "projections", "projections/views"],
    "projections/explain": ["engine/base", "engine/calendar", "engine/record", "engine/directory", "engine/rules", "engine/cases"],
    "tools/lastkm": None,  # the composition root: everything
}
# Headers that a folder must not include although its folder is allowed.
FORBIDDEN_HEADERS = {"projections": ["engine/cases/decide.h", "engine/lane/", "engine/runtime/"]}

# Library header prefix -> where it may be included.
LIBRARIES = {
    "rocksdb/": ["engine/store/", "engine/log/embedded_"],
    "librdkafka/": ["engine/log/kafka_log"],
    "sodium": ["engine/privacy/"],
    "openssl/": ["engine/record/", "engine/privacy/", "projections/"],
    "pugixml": ["engine/intake/", "tools/"],
    "nlohmann/": ["engine/json/"],
    "simdjson": ["engine/record/"],
    "CLI/": ["tools/lastkm/"],
    "boost/beast": ["tools/server/"],
    "spdlog/": ["engine/runtime/", "projections/", "tools/"],
}
# Standard headers that pure folders have no use for: clocks, randomness, files, threads, locales, streams.
IMPURE_STANDARD = re.compile(
    r"^(chrono|ctime|time\.h|random|fstream|iostream|ostream|istream|sstream|iomanip|filesystem|thread|mutex|shared_mutex|atomic|future"
    r"|condition_variable|locale|clocale|unistd\.h|sys/.*|fcntl\.h|stdio\.h|cstdio)$")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def folder_of(path, folders):
    """The longest listed folder that holds the path."""
    return max((f for f in folders if path.startswith(f + "/")), key=len, default=None)


def cycle_in(arrows):
    """A cycle of the table itself, or None."""
    done, open_ = set(), []

    def visit(name):
        if name in open_:
            return open_[open_.index(name):] + [name]
        if name in done:
            return None
        open_.append(name)
        for target in arrows.get(name) or []:
            found = visit(target)
            if found:
                return found
        open_.pop()
        done.add(name)
        return None

    return next(filter(None, (visit(name) for name in arrows)), None)


def check(root):
    findings, files = [], 0
    cycle = cycle_in(ARROWS)
    if cycle:
        findings.append("the table has a cycle: " + " -> ".join(cycle))
    for path in sorted(p for top in ("engine", "projections", "tools") for ext in ("*.h", "*.cpp")
                       for p in (root / top).rglob(ext)):
        name = path.relative_to(root).as_posix()
        own = folder_of(name, ARROWS)
        files += 1
        if own is None:
            findings.append(f"{name}: its folder is not in the table of arrows")
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            at = f"{name}:{number}"
            quoted, angled = match.groups()
            if quoted:
                target = folder_of(quoted, ARROWS)
                allowed = ARROWS[own]
                if target is None:
                    findings.append(f'{at}: "{quoted}" does not name a folder of the project from its root')
                elif allowed is not None and target != own and target not in allowed:
                    findings.append(f"{at}: {own} must not include {target} ({quoted})")
                for prefix, headers in FORBIDDEN_HEADERS.items():
                    if name.startswith(prefix + "/") and any(quoted.startswith(h) for h in headers):
                        findings.append(f"{at}: {prefix} never includes {quoted}")
            else:
                for library, users in LIBRARIES.items():
                    if angled.startswith(library) and not any(name.startswith(u) for u in users):
                        findings.append(f"{at}: <{angled}> belongs to {', '.join(users)} alone")
                if own in PURE_ARROWS and IMPURE_STANDARD.match(angled):
                    findings.append(f"{at}: {own} is pure, it has no use for <{angled}>")
    return findings, files


def main():
    findings, files = check(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    for finding in findings:
        print(finding)
    print(f"layers: {files} files, {len(findings)} findings")
    return 1 if findings or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
