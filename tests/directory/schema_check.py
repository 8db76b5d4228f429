#!/usr/bin/env python3
"""Validates the shipped directory documents against their JSON Schemas. Leaves with 77, "skipped", without jsonschema."""
import json
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed")
    sys.exit(77)

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "schemas/directory"


def main():
    schemas = {path.name.split(".")[0]: json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.schema.json")}
    assert set(schemas) == {"bodies", "calendar", "catalogue", "places"}
    for schema in schemas.values():
        jsonschema.Draft7Validator.check_schema(schema)
    documents = [path for path in sorted(FOLDER.glob("*.json")) if not path.name.endswith(".schema.json")]
    assert documents
    ids = set()
    for path in documents:
        document = json.loads(path.read_text(encoding="utf-8"))
        validator = jsonschema.Draft7Validator(schemas[document["kind"]])
        for error in validator.iter_errors(document):
            sys.exit(f"{path.name}: /{'/'.join(map(str, error.path))}: {error.message}")
        assert (document["kind"], document["id"]) not in ids, f"{path.name} repeats an id"
        ids.add((document["kind"], document["id"]))
        assert not validator.is_valid(document | {"surprise": 1}), f"{path.name}: unknown members pass"
    print(f"{len(documents)} documents are valid")


if __name__ == "__main__":
    main()
