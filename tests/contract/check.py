#!/usr/bin/env python3
"""Are the contract's documents valid, and do answers keep to them?

    check.py FOLDER [EXCHANGES]

FOLDER is what contract-docs wrote (build/contract).  EXCHANGES: lines of JSON that integration tests wrote with
API_EXCHANGES=FILE; each answer's status, content type and body are compared with the OpenAPI document.
ASYNCAPI_SCHEMA=FILE: the JSON Schema of AsyncAPI 3 (npm: @asyncapi/specs), where there is one.
"""
import json
import os
import pathlib
import re
import sys

import jsonschema
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012


class Wrong:
    def __init__(self):
        self.said = {}

    def say(self, what, detail=""):
        if what not in self.said and len(self.said) < 60:
            print("WRONG %s%s" % (what, ": " + detail if detail else ""))
        self.said[what] = self.said.get(what, 0) + 1


class OpenApi:
    def __init__(self, document):
        self.document = document
        self.registry = Registry().with_resource("urn:openapi", Resource(contents=document, specification=DRAFT202012))
        self.routes = [(re.compile("^" + re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)) + "$"), path.count("{"), path)
                       for path in document["paths"]]
        self.routes.sort(key=lambda route: route[1])
        self.validators = {}

    def operation(self, method, path):
        path = re.sub(r"/+", "/", path.split("?")[0])
        path = path.rstrip("/") or "/"
        for pattern, _, name in self.routes:
            if pattern.match(path) and method.lower() in self.document["paths"][name]:
                return name, self.document["paths"][name][method.lower()]
        return None, None

    def validator(self, pointer):
        if pointer not in self.validators:
            schema = {"$ref": "urn:openapi#" + pointer}
            self.validators[pointer] = jsonschema.Draft202012Validator(schema, registry=self.registry)
        return self.validators[pointer]

    def answer(self, name, method, status):
        answers = self.document["paths"][name][method.lower()]["responses"]
        if str(status) not in answers:
            return None, None
        answer = answers[str(status)]
        if "$ref" in answer:
            key = answer["$ref"].rsplit("/", 1)[1]
            return self.document["components"]["responses"][key], "/components/responses/" + key
        return answer, "/paths/%s/%s/responses/%s" % (name.replace("~", "~0").replace("/", "~1"), method.lower(), status)


def check_exchange(api, exchange, wrong):
    name, operation = api.operation(exchange["method"], exchange["path"])
    status, kind = exchange["status"], exchange["type"].split(";")[0]
    if not operation:
        if status < 400:  # what is not built says so
            wrong.say("%s %s is in no document, and answers %d" % (exchange["method"], exchange["path"].split("?")[0], status))
        return False
    what = "%s %s -> %d" % (exchange["method"], name, status)
    answer, pointer = api.answer(name, exchange["method"], status)
    if not answer:
        wrong.say(what + " is not documented", exchange["body"][:200])
        return True
    content = answer.get("content", {})
    if not exchange["body"]:
        return True
    if kind not in content:
        wrong.say(what + ": content type %s" % kind, exchange["body"][:200])
        return True
    if kind != "application/json":
        return True
    try:
        body = json.loads(exchange["body"])
    except ValueError as error:
        wrong.say(what + " is no JSON", str(error))
        return True
    pointer += "/content/%s/schema" % kind.replace("/", "~1")
    for error in api.validator(pointer.replace("{", "%7B").replace("}", "%7D")).iter_errors(body):
        wrong.say(what + ": " + re.sub(r"\[\d+\]", "[]", error.json_path), error.message[:200])
    return True


def main():
    folder, wrong = pathlib.Path(sys.argv[1]), Wrong()
    document = json.loads((folder / "openapi.json").read_text())
    for error in OpenAPIV31SpecValidator(document).iter_errors():
        wrong.say("openapi.json", error.message[:300])
    ids = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    if len(ids) != len(set(ids)):
        wrong.say("openapi.json has an operationId twice")
    # Examples are like their schemas.
    api = OpenApi(document)
    for path, item in document["paths"].items():
        for method, operation in item.items():
            for kind, media in operation.get("requestBody", {}).get("content", {}).items():
                pointer = "/paths/%s/%s/requestBody/content/%s/schema" % (path.replace("/", "~1"), method, kind.replace("/", "~1"))
                if "example" in media:
                    for error in api.validator(pointer.replace("{", "%7B").replace("}", "%7D")).iter_errors(media["example"]):
                        wrong.say("example of %s" % operation["operationId"], error.message[:200])
    schemas = sorted((folder / "schemas").glob("*.json"))
    for schema in schemas:
        jsonschema.Draft202012Validator.check_schema(json.loads(schema.read_text()))
    events = json.loads((folder / "asyncapi.json").read_text())
    jsonschema.Draft202012Validator.check_schema({"$defs": events["components"]["schemas"]})
    said = "its schemas are valid; without ASYNCAPI_SCHEMA its form was not compared"
    if os.environ.get("ASYNCAPI_SCHEMA"):
        form = json.loads(pathlib.Path(os.environ["ASYNCAPI_SCHEMA"]).read_text())
        for error in jsonschema.Draft7Validator(form).iter_errors(events):
            wrong.say("asyncapi.json", "%s: %s" % (error.json_path, error.message[:200]))
        said = "it is valid AsyncAPI 3"
    print("openapi.json: %d calls; asyncapi.json: %d channels, %s; %d schemas" %
          (len(ids), len(events["channels"]), said, len(schemas)))
    if len(sys.argv) > 2:
        done = total = 0
        seen = set()
        for line in open(sys.argv[2], encoding="utf-8"):
            exchange = json.loads(line)
            total += 1
            done += check_exchange(api, exchange, wrong)
            seen.add(api.operation(exchange["method"], exchange["path"])[0])
        print("%d answers of %d compared, of %d of %d paths" % (done, total, len(seen - {None}), len(document["paths"])))
        if done < 500:
            wrong.say("only %d answers were compared" % done)
    return bool(wrong.said)


sys.exit(main())
