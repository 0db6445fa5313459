"""The reference's command line client, unmodified (openbaton-cli 6.0.0): users, projects, keys and
services; see scenarios.py."""
import json
import os
import subprocess

from scenarios import QUICK, group, pair, start_pair
from suite import Suite, check, equal

PASSWORD = "Quiet-river-7-stones"


class Client:
    """One user of it.  Answers what it prints; json() the object in it, rows() those of a list."""

    def __init__(self, suite, user, password, project):
        self._suite = suite
        port = suite.api._base.rsplit(":", 1)[1]
        self._command = [
            suite.env.python, os.path.join(os.path.dirname(suite.env.python), "openbaton"),
            "-pid", project, "-u", user, "-p", password, "-ip", "127.0.0.1", "--nfvo-port", port,
            "--format", "json"]

    def __call__(self, *words):
        done = subprocess.run(self._command + list(words), capture_output=True, text=True,
                              timeout=60, cwd=self._suite.work, check=False)
        return (done.stdout + done.stderr).strip()

    def json(self, *words):
        said = self(*words)
        try:
            return json.loads(said)
        except ValueError:
            check("openbaton %s prints JSON" % " ".join(words), False, said)

    def rows(self, *words):
        """It prints one object after the other."""
        said, rows = self(*words), []
        while said:
            check("openbaton %s prints objects" % " ".join(words), said.startswith("{"), said)
            row, end = json.JSONDecoder().raw_decode(said)
            rows.append(row)
            said = said[end:].strip()
        return rows


def names(rows, key="name"):
    return sorted(row[key] for row in rows)


def users_and_projects(suite, admin):
    project = admin.json("project", "create", json.dumps({"name": "lab", "description": "d"}))
    equal("projects", names(admin.rows("project", "list")), ["default", "lab"])
    role = {"role": "USER", "project": "lab"}
    user = admin.json("user", "create", json.dumps({
        "username": "bob", "password": PASSWORD, "enabled": True, "email": "bob@example.org",
        "roles": [role]}))
    equal("users", names(admin.rows("user", "list"), "username"), ["admin", "bob"])
    equal("one user", admin.json("user", "show", user["id"])["email"], "bob@example.org")
    bob = Client(suite, "bob", PASSWORD, project["id"])
    equal("the user's projects", names(bob.rows("project", "list")), ["lab"])
    equal("the user's NSDs", bob.rows("nsd", "list"), [])
    said = bob("project", "create", json.dumps({"name": "mine"}))
    check("a user makes no project", "denied" in said or "Access" in said, said)
    admin("user", "update", user["id"], "email=b@example.org")
    one = admin.json("user", "show", user["id"])
    equal("changed", one["email"], "b@example.org")
    role["role"] = "GUEST"
    suite.rest("PUT", "users/" + user["id"], {"roles": [role]})
    said = bob("key", "create", "mine")
    check("a guest makes no key", "Guest is only allowed to execute GET" in said, said)
    role["role"] = "USER"
    suite.rest("PUT", "users/" + user["id"], {"roles": [role]})
    return project, user, bob


def keys(bob):
    said = bob("key", "create", "mine")
    check("a private key", "-----BEGIN RSA PRIVATE KEY-----" in said, said)
    equal("keys", names(bob.rows("key", "list")), ["mine"])
    bob("key", "delete", bob.rows("key", "list")[0]["id"])
    equal("no keys", bob.rows("key", "list"), [])


def services(admin):
    key = admin("service", "create", json.dumps({"name": "fms", "roles": ["*"]}))
    check("a key of 16 characters", len(key.split()[-1]) == 16, key)
    equal("the same again", admin("service", "create",
                                  json.dumps({"name": "fms", "roles": ["*"]})), key)
    rows = admin.rows("service", "list")
    equal("services", names(rows), ["fms"])
    admin("service", "delete", rows[0]["id"])
    equal("no services", admin.rows("service", "list"), [])


@group
def cli_of_the_reference(env, report):
    with Suite(env, "cli") as suite:
        with report.scenario("cli/setup", suite, quiet=True):
            suite.start_nfvo(*QUICK)
            admin = Client(suite, "admin", "Interop-1", suite.api.headers["project-id"])
        with report.scenario("cli/users and projects", suite):
            project, user, bob = users_and_projects(suite, admin)
        with report.scenario("cli/keys", suite):
            keys(bob)
        with report.scenario("cli/services", suite):
            services(admin)
        with report.scenario("cli/what has a user stays", suite):
            said = admin("project", "delete", project["id"])
            check("told why", "At least one role must be provided" in said, said)
            admin("user", "delete", user["id"])
            admin("project", "delete", project["id"])
            equal("projects", names(admin.rows("project", "list")), ["default"])
            equal("users", names(admin.rows("user", "list"), "username"), ["admin"])


def operations(suite, admin, nsr):
    """What its commands ask of a service that runs, as far as the client works (nsr execute and
    vnfci show do not, against any server)."""
    vnfrs = {v["name"]: v for v in nsr["vnfr"]}
    server, client = vnfrs["server"], vnfrs["client"]

    def ended(kind):
        def is_ended():
            ops = suite.rest("GET", "baton/operations?kind=%s&nsr=%s" % (kind, nsr["id"]))
            return ops[0] if ops and ops[0].get("endedAt") else None
        op = suite.env.until(120, "%s has ended" % kind, is_ended)
        equal("state of " + kind, op["state"], "COMPLETED")
        return op

    for vnfr in (server, client):
        said = admin("nsr", "update", nsr["id"], vnfr["id"])
        check("no error", "ERROR" not in said and "Traceback" not in said, said)
        ended("UPDATE")
    said = admin("nsr", "update", nsr["id"], "nothing")
    check("which VNF", "VNFR with ID nothing was not found in NSR" in said, said)
    said = admin("nsr", "resume", nsr["id"])
    check("it does not crash", "Traceback" not in said, said)
    said = admin("nsr", "restart", nsr["id"], server["id"], "{}")
    check("which member", "imageName" in said, said)
    said = admin("nsr", "upgrade", nsr["id"], server["id"], "{}")
    check("which member", "vnfdId" in said, said)
    said = admin("vnfci", "create", "{}", nsr["id"], server["id"])
    check("which member", "vnfComponent" in said, said)


@group
def cli_operations(env, report):
    with Suite(env, "cli-operations") as suite:
        with report.scenario("cli/operations, setup", suite, quiet=True):
            pop = start_pair(suite, ["cvnfm", "pyvnfm"], "cdriver")
            admin = Client(suite, "admin", "Interop-1", suite.api.headers["project-id"])
            nsr_id = suite.deploy(pair(suite, "cvnfm", "pyvnfm", pop=pop["name"]))
            nsr = suite.wait_status(nsr_id, "ACTIVE")
        with report.scenario("cli/operations on a service", suite):
            operations(suite, admin, nsr)
            suite.delete(nsr_id)
            suite.expect_nothing_left("cdriver")
