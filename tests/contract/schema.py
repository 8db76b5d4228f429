"""Validates values against the part of JSON Schema draft-07 that schemas/cli uses. Keywords that it does not know are an
error, so that a schema cannot ask for something that is never checked."""
import re

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
NOTES = {"$schema", "$id", "title", "description"}


def is_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name]) and not (name != "boolean" and isinstance(value, bool))


def faults(schema, value, at=""):
    """What is wrong with the value, as sentences; empty: nothing."""
    unknown = set(schema) - NOTES - {"type", "required", "properties", "additionalProperties", "items", "enum", "const",
                                     "anyOf", "pattern", "minimum", "minLength"}
    if unknown:
        return [f"{at or '/'}: the schema uses {sorted(unknown)}, which this validator does not know"]
    if "anyOf" in schema:
        tried = [faults(one, value, at) for one in schema["anyOf"]]
        return [] if any(not one for one in tried) else min(tried, key=len)
    if "type" in schema and not is_type(value, schema["type"]):
        return [f"{at or '/'}: {value!r} is no {schema['type']}"]
    out = []
    if "enum" in schema and value not in schema["enum"]:
        out.append(f"{at or '/'}: {value!r} is none of {schema['enum']}")
    if "const" in schema and value != schema["const"]:
        out.append(f"{at or '/'}: {value!r} is not {schema['const']!r}")
    if isinstance(value, str):
        if not re.search(schema.get("pattern", ""), value):
            out.append(f"{at or '/'}: {value!r} does not match {schema['pattern']}")
        if len(value) < schema.get("minLength", 0):
            out.append(f"{at or '/'}: too short")
    if is_type(value, "integer") and value < schema.get("minimum", value):
        out.append(f"{at or '/'}: {value} is below {schema['minimum']}")
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        out += [f"{at}/{name}: missing" for name in schema.get("required", []) if name not in value]
        rest = schema.get("additionalProperties", True)
        for name, member in value.items():
            if name in properties:
                out += faults(properties[name], member, f"{at}/{name}")
            elif rest is False:
                out.append(f"{at}/{name}: not allowed")
            elif rest is not True:
                out += faults(rest, member, f"{at}/{name}")
    if isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            out += faults(schema["items"], item, f"{at}/{index}")
    return out
