#!/usr/bin/env python3
"""Schemathesis against a suite of its own: nfvo, the dummy VNFM, the test driver.

    fuzz.py --schemathesis ST --bin FOLDER [--minutes N] [WORD of schemathesis...]

Needs OB_TEST_* in its environment (tests/contract/run does all that).  Looked for: an answer 500, a status, content type, header or
body that the OpenAPI document does not have, a call that takes no token, an object that is still there when it was deleted.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))
from suite import Environment, Suite, check  # noqa: E402

# Not looked for.  Rules between members (a link that nobody declares) are in no schema, so what is like its schema may be refused; and
# a number in a string, a null, an unknown member are taken on purpose (decisions.md D2, amqp-protocol.md 3.1).
# Allow of /x/multipledelete also has the methods of /x/{id}, which answers there.
LEFT_OUT = "positive_data_acceptance,negative_data_rejection,allow_header_conformance"
# The first ends only when the client goes; the others take the account of the suite's own driver away, and calls that need it
# then wait until their deadline.
NOT_CALLED = ("streamEvents", "deleteAccount", "rotatePassword")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--schemathesis", required=True)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--minutes", type=float, default=10)
    options, more = parser.parse_known_args()
    work = tempfile.mkdtemp(prefix="baton-contract.")
    env = Environment(os.path.abspath(options.bin), sys.executable, None, work)
    try:
        with Suite(env, "fuzz") as suite:
            suite.start_nfvo("--open-rate", "0", "--operation-timeout", "5s", "--pop-cache", "0s", "--http-max-body", "64K")
            suite.start_vnfm("cvnfm")
            suite.start_driver("cdriver")
            suite.register_pop("cdriver", "pop")
            path = os.path.join(work, "openapi.json")
            status, said = suite.api("GET", "/api/v1/openapi.json")
            check("there is a document", status == 200, said)
            with open(path, "w", encoding="utf-8") as file:
                import json
                json.dump(said, file)
            headers = [word for name in ("Authorization", "project-id")
                       for word in ("-H", "%s: %s" % (name, suite.api.headers[name]))]
            result = subprocess.run(
                [options.schemathesis, "--config-file", os.path.join(os.path.dirname(os.path.abspath(__file__)), "schemathesis.toml"),
                 "run", path, "--url", suite.api.url, "--exclude-checks", LEFT_OUT,
                 *[w for name in NOT_CALLED for w in ("--exclude-operation-id", name)], "--max-time", str(int(options.minutes * 60)), "--request-timeout", "20",
                 "--suppress-health-check", "all", "--continue-on-failure", *headers, *more], cwd=work, check=False)
            print("nfvo %s" % ("lives" if suite.nfvo.popen.poll() is None else "ENDED"))
            return result.returncode or suite.nfvo.popen.poll() is not None
    finally:
        if not os.environ.get("KEEP"):
            shutil.rmtree(work, ignore_errors=True)


sys.exit(main())
