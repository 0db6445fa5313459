#!/usr/bin/env python3
"""Does the client's validate, the generated schema and the server agree on each descriptor?

    agree.py BATON PROTO_DOCS FILE...      the login is baton's environment

A file in a folder `refused` has to be refused by validate and server, one in `accepted`, or elsewhere, accepted by all
three. What the schema refuses must be refused; what only rules between members refuse (a link that is not declared), it
takes: those files are named *.rule.json. Descriptors that the schema must refuse are all others in `refused`.
"""
import json
import pathlib
import subprocess
import sys

import jsonschema


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def validator(proto_docs, name):
    schema = json.loads(run(proto_docs, "--schema", name).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def verdicts(baton, schema, path):
    """{"validate": True, ...} and what each said."""
    local, server = run(baton, "nsd", "validate", str(path)), run(baton, "nsd", "create", str(path), "-o", "name")
    if local.returncode not in (0, 1) or server.returncode not in (0, 1):
        raise SystemExit(f"{path}: baton itself failed: {local.stderr}{server.stderr}")
    document = json.loads(path.read_bytes().decode("utf-8-sig"))
    errors = [f"{e.json_path}: {e.message[:200]}" for e in schema.iter_errors(document)]
    said = f"  validate: {local.stdout}{local.stderr}  server: {server.stdout}{server.stderr}  schema: {errors[:3]}"
    return {"validate": local.returncode == 0, "server": server.returncode == 0, "schema": not errors}, said


def wanted(path):
    if path.parent.name != "refused":
        return {"validate": True, "server": True, "schema": True}
    return {"validate": False, "server": False, "schema": path.name.endswith(".rule.json")}


def main():
    baton, proto_docs, *files = sys.argv[1:]
    schema = validator(proto_docs, "nsd")
    failed = 0
    for path in map(pathlib.Path, files):
        got, said = verdicts(baton, schema, path)
        if got != wanted(path):
            failed += 1
            print(f"{path}: {got}, not {wanted(path)}\n{said}", file=sys.stderr)
    print(f"{len(files) - failed} of {len(files)} descriptors: all agree")
    return failed > 0 or not files


if __name__ == "__main__":
    sys.exit(main())
