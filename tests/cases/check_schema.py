"""check_schema.py DIR FILE...: does each JSON file keep to the schema of its "schema" member?

As much of JSON Schema as share/schema uses: type, required, properties, items, enum, const, pattern.
With --broken each file is spoilt in turn (a required member gone, another type), and the schema
must refuse it.
"""
import copy
import json
import os
import re
import sys

TYPES = {"null": type(None), "boolean": bool, "string": str, "array": list, "object": dict}
KNOWN = {"$schema", "title", "description", "type", "required", "properties", "items", "enum", "const", "pattern"}


def is_type(value, name):
    if name in ("integer", "number"):
        good = int if name == "integer" else (int, float)
        return isinstance(value, good) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def faults(schema, value, where="$"):
    for word in set(schema) - KNOWN:
        yield "%s: the checker does not know %s" % (where, word)
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(is_type(value, t) for t in types):
        yield "%s: not %s but %s" % (where, "|".join(types), json.dumps(value)[:40])
        return
    if "const" in schema and value != schema["const"] or "enum" in schema and value not in schema["enum"]:
        yield "%s: %s is not allowed" % (where, json.dumps(value)[:40])
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield "%s: %s does not match" % (where, value)
    if isinstance(value, dict):
        for name in schema.get("required", []):
            if name not in value:
                yield "%s.%s: is not there" % (where, name)
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                yield from faults(inner, value[name], "%s.%s" % (where, name))
    if isinstance(value, list) and "items" in schema:
        for i, item in enumerate(value):
            yield from faults(schema["items"], item, "%s[%d]" % (where, i))


def spoilt(schema, value):
    for name in schema["required"]:
        less = copy.deepcopy(value)
        del less[name]
        yield "without " + name, less
        if schema["properties"].get(name):
            other = copy.deepcopy(value)
            other[name] = {"": 0} if not isinstance(value[name], dict) else 7
            yield "another type of " + name, other


def main():
    broken = "--broken" in sys.argv
    args = [a for a in sys.argv[1:] if a != "--broken"]
    schemas = {}
    for name in os.listdir(args[0]):
        with open(os.path.join(args[0], name)) as f:
            schema = json.load(f)
        schemas[schema["properties"]["schema"]["const"]] = schema
    bad = 0
    for path in args[1:]:
        with open(path) as f:
            value = json.load(f)
        schema = schemas.get(value.get("schema"))
        found = ["no schema " + str(value.get("schema"))] if not schema else list(faults(schema, value))
        for line in found[:3]:
            print(os.path.basename(path), line)
        bad += bool(found)
        for what, other in spoilt(schema, value) if broken and schema else []:
            if not list(faults(schema, other)):
                print(os.path.basename(path), "accepted", what)
                bad += 1
    return bad > 0


sys.exit(main())
