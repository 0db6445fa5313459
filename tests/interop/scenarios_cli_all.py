"""Every agent and action of the reference's command line client (openbaton-cli 6.0.0, unmodified),
asked of a service that runs; see scenarios.py.

Which there are is the client's own table (org.openbaton.config).  What is broken in the client fails
against any server: BROKEN has the line of its own that says so, and a row that is not broken any more
fails here.  README.md has the table.
"""
import concurrent.futures
import json
import os
import subprocess

from scenarios import METADATA, PACKAGED, group, pair, start_pair
from scenarios_cli import Client
from suite import Suite, check

KNOWN = "from org.openbaton.config import *; import json; print(json.dumps([ACTIONS, AGENTS_ACTIONS]))"

# What the client itself does not do: (agent, action): a piece of what it prints behind its Traceback.
# help: one of them all, its code is theirs in common.
BROKEN = {
    ("nsd", "help"): "name 'unicode' is not defined",
    ("nsr", "execute"): "string index out of range",
    ("vnfci", "show"): "the JSON object must be str",
    ("user", "update"): "Key does not exist for the entity",  # of a member that was not set
}
# What it, or the NFVO, refuses in words, as it should.
REFUSED = {
    ("csarnsd", "create"): "is not built", ("csarvnfd", "create"): "is not built",
    ("market", "create"): "is not built",
    ("csarnsd", "update"): "only allowed", ("csarvnfd", "update"): "only allowed", ("market", "update"): "is allowed only",
    ("event", "update"): "this path does not know the method",
    ("key", "update"): "this path does not know the method",
    ("log", "list"): "only allowed", ("log", "create"): "only allowed", ("log", "update"): "only allowed",
    ("log", "delete"): "only allowed",
    ("nsd", "create"): "has to have at least one VNFD",
    ("nsr", "upgrade"): "vnfdId", ("nsr", "restart"): "imageName", ("nsr", "add"): "has a VNF",
    ("nsr", "resume"): "not in ERROR status",
    ("project", "delete"): "id 0", ("service", "delete"): "id 0", ("user", "delete"): "id: 0",
    ("vim", "delete"): "id 0", ("vnfd", "delete"): "ID 0", ("vnfr", "delete"): "No vnfr found",
    ("vnfci", "delete"): "ID 0",
    ("service", "update"): "this path does not know the method",
    ("user", "create"): "Username must be provided",
    ("vdu", "update"): "there is nothing at this path",  # "vdus": the reference has none either
    ("vdu-nsd", "update"): "there is nothing at this path",
    ("vdu-nsd", "list"): "only action show", ("vdu-nsd", "create"): "provide the id",
    ("vdu-nsd", "delete"): "No vnfd found",
    ("vnfci", "create"): "vnfComponent", ("vnfci", "update"): "allowed only",
    ("vnfd", "create"): "must not be empty",
    ("vnfr", "list"): "not the 'list' action", ("vnfr", "create"): "provide the id",
}


def agents_of(env):
    said = subprocess.run([env.python, "-c", KNOWN], capture_output=True, text=True, check=True)
    actions, agents = json.loads(said.stdout)
    for agent, about in sorted(agents.items()):
        wanted = [a for a in actions if a not in about["UNSUPPORTED_ACTIONS"]]
        for action in wanted + [a for a in about["ADDITIONAL_ACTIONS"] if a not in wanted]:
            if action != "help" or (agent, action) in BROKEN:
                yield agent, action


def parameters(suite, nsr, package):
    """(agent, action): what is typed behind it.  Without a row: nothing."""
    vnfr = nsr["vnfr"][0]
    vdu = vnfr["vdu"][0]
    nsd = nsr["descriptor_reference"]
    one = {a: suite.rest("GET", path)[0]["id"] for a, path in (
        ("project", "projects"), ("user", "users"), ("vim", "datacenters"))}
    for name in ("one", "other"):
        suite.rest("POST", "keys/generate", name)
    extra, key_gone = (k["id"] for k in suite.rest("GET", "keys"))
    event, event_gone = (suite.rest("POST", "events", {
        "name": name, "event": "ERROR", "type": "REST", "endpoint": "http://192.0.2.1/" + name})["id"]
                         for name in ("one", "other"))
    nsd_gone = suite.onboard("gone", [("gone", "cvnfm", "pop", 1)], [])["id"]
    vnfd = suite.rest("GET", "ns-descriptors/" + nsd)["vnfd"][0]
    script = os.path.join(suite.work, "install.sh")
    with open(script, "w") as file:
        file.write("#!/bin/sh\n")
    return {
        ("event", "create"): [json.dumps({"name": "f", "event": "ERROR", "type": "REST",
                                          "endpoint": "http://192.0.2.1/f"})],
        ("event", "show"): [event], ("event", "delete"): [event_gone], ("event", "update"): [event, "name=g"],
        ("key", "create"): ["mine"], ("key", "show"): [extra], ("key", "delete"): [key_gone],
        ("key", "update"): [extra, "name=k"],
        ("log", "show"): [nsr["id"], vnfr["name"], vdu["vnfc_instance"][0]["hostname"]],
        ("log", "delete"): [nsr["id"]], ("log", "create"): ["{}"], ("log", "update"): [nsr["id"], "a=b"],
        ("market", "create"): ["http://192.0.2.1/x"], ("market", "update"): ["x", "a=b"],
        ("csarnsd", "create"): ["http://192.0.2.1/x"], ("csarnsd", "update"): ["x", "a=b"],
        ("csarvnfd", "create"): ["http://192.0.2.1/x"], ("csarvnfd", "update"): ["x", "a=b"],
        ("nsd", "show"): [nsd], ("nsd", "update"): [nsd, "vendor=me"], ("nsd", "delete"): [nsd_gone],
        ("nsd", "create"): [json.dumps({"name": "n", "vendor": "v", "version": "1", "vld": [], "vnfd": []})],
        ("nsr", "show"): [nsr["id"]], ("nsr", "create"): [nsd], ("nsr", "update"): [nsr["id"], vnfr["id"]],
        ("nsr", "upgrade"): [nsr["id"], vnfr["id"], "{}"], ("nsr", "execute"): [nsr["id"], vnfr["id"], "{}"],
        ("nsr", "restart"): [nsr["id"], vnfr["id"], "{}"], ("nsr", "add"): [nsr["id"], vnfd["id"], "{}"],
        ("nsr", "resume"): [nsr["id"]], ("nsr", "delete"): [nsr["id"]],
        ("project", "show"): [one["project"]], ("project", "create"): ['{"name": "lab"}'],
        ("project", "update"): [one["project"], "description=x"], ("project", "delete"): ["0"],
        ("script", "show"): [package["scripts"][0]["id"]], ("script", "update"): [package["scripts"][0]["id"], script],
        ("service", "create"): ['{"name": "s", "roles": ["*"]}'], ("service", "update"): ["0", "name=t"],
        ("service", "delete"): ["0"],
        ("user", "show"): [one["user"]], ("user", "create"): ["{}"], ("user", "delete"): ["0"],
        ("user", "update"): [one["user"], "email=a@example.org"],
        ("vdu", "show"): [vdu["id"]], ("vdu", "update"): [vdu["id"], "name=v"],
        ("vdu-nsd", "show"): [vnfd["vdu"][0]["id"]], ("vdu-nsd", "create"): ["{}"], ("vdu-nsd", "delete"): ["0"],
        ("vdu-nsd", "update"): [vnfd["vdu"][0]["id"], "name=w"],
        ("vim", "show"): [one["vim"]], ("vim", "refresh"): [one["vim"]], ("vim", "update"): [one["vim"], "tenant=t"],
        ("vim", "create"): [json.dumps({"name": "other", "type": suite.type("cdriver"), "authUrl": "http://x"})],
        ("vim", "delete"): ["0"],
        ("vnfci", "show"): [vdu["vnfc_instance"][0]["id"]], ("vnfci", "update"): ["0", "a=b"],
        ("vnfci", "create"): ["{}", nsr["id"], vnfr["id"]], ("vnfci", "delete"): [nsr["id"], "0"],
        ("vnfd", "show"): [vnfd["id"]], ("vnfd", "create"): ["{}"], ("vnfd", "delete"): ["0"],
        ("vnfd", "update"): [vnfd["id"], "vendor=me"],
        ("vnfpackage", "show"): [package["id"]], ("vnfpackage", "create"): [script],
        ("vnfpackage", "delete"): [package["id"]], ("vnfpackage", "update"): [package["id"], "name=p"],
        ("vnfr", "show"): [vnfr["id"]], ("vnfr", "create"): ["{}"], ("vnfr", "delete"): ["0"],
        ("vnfr", "update"): [vnfr["id"], "name=r"],
    }


def judge(key, said):
    """None, or what is wrong."""
    is_crash = "Traceback" in said
    if key in BROKEN:
        return None if is_crash and BROKEN[key] in said else "broken in another way, or it works: " + said[-300:]
    if key in REFUSED:
        return None if REFUSED[key] in said else "to be refused with '%s', but: %s" % (REFUSED[key], said[-300:])
    if is_crash or "ERROR:" in said:
        return "it does not work: " + said[-300:]
    return None


@group
def cli_all(env, report):
    with Suite(env, "cli-all") as suite:
        with report.scenario("cli/all, setup", suite, quiet=True):
            pop = start_pair(suite, ["cvnfm"], "cdriver")
            admin = Client(suite, "admin", "Interop-1", suite.api.headers["project-id"])
            nsr_id = suite.deploy(pair(suite, "cvnfm", "cvnfm", pop=pop["name"]))
            nsr = suite.wait_status(nsr_id, "ACTIVE")
            suite.upload_package({
                "Metadata.yaml": (METADATA % ("packed", suite.type("cdriver"), "")).encode(), "scripts/a.sh": b"#!/bin/sh\n",
                "vnfd.json": json.dumps(dict(PACKAGED, name="packed", endpoint=suite.type("cvnfm"))).encode()})
            typed = parameters(suite, nsr, suite.rest("GET", "vnf-packages")[0])
        with report.scenario("cli/every agent and action", suite):
            keys = list(agents_of(env))

            def said(key):
                return judge(key, admin(*key, *typed.get(key, [])))

            faults = {}
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                for turn in (0, 1, 2):  # what is deleted goes last, and its service behind that
                    part = [k for k in keys if (k[1] == "delete") + (k == ("nsr", "delete")) == turn]
                    faults.update(zip(part, pool.map(said, part)))
            wrong = ["%s: %s" % (" ".join(k), fault) for k, fault in faults.items() if fault]
            check("%d agents and actions, %d wrong" % (len(keys), len(wrong)), not wrong, "\n".join(wrong))
