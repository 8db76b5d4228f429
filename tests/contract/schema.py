"""Validates values against JSON Schemas (draft 7), with Debian's python3-jsonschema (scripts/setup installs it)."""
import json
import pathlib

import jsonschema


class Schema:
    """One schema file. A file that is no JSON Schema is an error at once."""

    def __init__(self, path):
        schema = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        jsonschema.Draft7Validator.check_schema(schema)
        self.validator = jsonschema.Draft7Validator(schema)

    def faults(self, value):
        """What is wrong with the value, as sentences; empty: nothing."""
        return [f"/{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}" for e in self.validator.iter_errors(value)]


class Folder:
    """The schemas of a folder, read when first asked for."""

    def __init__(self, path):
        self.path, self.known = pathlib.Path(path), {}

    def knows(self, name):
        return (self.path / f"{name}.schema.json").exists()

    def faults(self, name, value):
        if name not in self.known:
            file = self.path / f"{name}.schema.json"
            self.known[name] = Schema(file) if file.exists() else None
        schema = self.known[name]
        return [f"there is no schema {self.path.name}/{name}"] if schema is None else schema.faults(value)
