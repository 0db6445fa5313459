"""The contract: the documents are valid, answers keep to them, and a client made of them by a public generator does a whole
deployment.  tests/contract has the tools."""
import os
import subprocess
import time

from scenarios import QUICK, contract_group
from suite import TOP, Suite, check, equal

CONTRACT = os.path.join(TOP, "tests", "contract")


def said(env, *words, **more):
    """What a tool prints; it has to end with 0."""
    done = subprocess.run([str(w) for w in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env={**os.environ, **more}, timeout=300, check=False)
    check("%s ends well" % os.path.basename(str(words[0])), done.returncode == 0, done.stdout[-3000:])
    return done.stdout


def exchanges(env, file):
    """Calls of every kind, good and bad, and their answers.  Where there is no such program: none."""
    out = os.path.dirname(env.binaries)
    for name in ("test_api_contract", "test_api_matrix"):
        programs = [os.path.join(out, *way, name) for way in (("asan", "integration"), ("integration",))]
        program = next((p for p in programs if os.access(p, os.X_OK)), None)
        if not program:
            return []
        said(env, program, API_EXCHANGES=file)
    return [file]


@contract_group
def contract(env, report):
    python = env.contract
    with Suite(env, "contract") as suite:
        folder = os.path.join(suite.work, "documents")
        os.makedirs(os.path.join(folder, "schemas"))
        with report.scenario("contract/setup", suite, quiet=True):
            said(env, os.path.join(os.path.dirname(env.binaries), "docs", "contract-docs"), folder)
            suite.start_nfvo(*QUICK)
            suite.start_vnfm("cvnfm")
            suite.start_driver("cdriver")
        with report.scenario("contract/documents and answers", suite):
            form = os.path.join(os.path.dirname(python), "..", "asyncapi-3.0.0.json")
            file = exchanges(env, os.path.join(suite.work, "exchanges"))
            print(said(env, python, os.path.join(CONTRACT, "check.py"), folder, *file,
                       **({"ASYNCAPI_SCHEMA": form} if os.path.exists(form) else {})).strip())
        with report.scenario("contract/what only tells something has its answer at once", suite):
            record = {"id": "3f6f5c5e-0f5c-4c3f-9d60-3d1c40a5cf31", "name": "web", "parent_ns_id": "8d1fba9e-6f7c-4f0e-9d0f-1f6f9fae1a11"}
            began = time.monotonic()
            status, body = suite.api("POST", "/admin/v1/vnfm-core-actions-reply",
                                     {"action": "START", "virtualNetworkFunctionRecord": record})
            equal("START of a service that is not there", (status, body or None), (200, None))
            check("it was not held", time.monotonic() - began < 30, time.monotonic() - began)
        with report.scenario("contract/a generated client deploys", suite):
            said(env, os.path.join(os.path.dirname(python), "openapi-python-client"), "generate", "--path",
                 os.path.join(folder, "openapi.json"), "--output-path", os.path.join(suite.work, "generated"),
                 "--meta", "none")
            print(said(env, python, os.path.join(CONTRACT, "client.py"), suite.work, suite.api.url, "admin", "Interop-1",
                       suite.type("cvnfm"), suite.type("cdriver")).strip())
