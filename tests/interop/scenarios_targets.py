"""An instance goes and an instance is healed while the service runs, with targets of each SDK; see
scenarios.py."""
from scenarios import QUICK, group, java_group
from suite import Suite, check, equal


def ended(suite, nsr_id, kind, state="COMPLETED"):
    """The youngest operation of that kind, which has ended so, or waits so for a person."""
    def is_so():
        ops = suite.rest("GET", "baton/operations?kind=%s&nsr=%s" % (kind, nsr_id))
        return ops[0] if ops and ops[0]["state"] == state else None
    op = suite.env.until(120, "%s is %s" % (kind, state), is_so)
    return suite.rest("GET", "baton/operations/" + op["id"])


def vnfr_of(nsr, name):
    return next(v for v in nsr["vnfr"] if v["name"] == name)


def known(nsr):
    """Instances of the source that the target's dependency has."""
    return sorted(nsr["vnf_dependency"][0]["vnfcParameters"]["server-type"]["parameters"])


def scaled_in(suite, pop, source, target, driver):
    """A source of two instances loses one, of which its target is told.  The service stays."""
    nsr_id = suite.deploy(suite.onboard("in-%s-%s" % (source, target), [
        ("server", source, pop["name"], 2), ("client", target, pop["name"], 1)],
        [("server", "client")]))
    nsr = suite.wait_status(nsr_id, "ACTIVE")
    server = vnfr_of(nsr, "server")
    instances = server["vdu"][0]["vnfc_instance"]
    equal("the target knows both", known(nsr), sorted(i["id"] for i in instances))
    path = "ns-records/%s/vnfrecords/%s/vdunits/%s/vnfcinstances/%s" % (
        nsr_id, server["id"], server["vdu"][0]["id"], instances[0]["id"])
    suite.rest("POST", path + "/actions", {"action": "HEAL", "cause": "fire"})
    ended(suite, nsr_id, "HEAL")
    suite.rest("DELETE", path)
    op = ended(suite, nsr_id, "SCALE_IN")
    equal("steps", [s["kind"] for s in op["steps"]], ["SCALE_IN", "DELETE", "DROP_INSTANCE"])
    nsr = suite.wait_status(nsr_id, "ACTIVE")
    equal("the other one stays",
          [i["id"] for i in vnfr_of(nsr, "server")["vdu"][0]["vnfc_instance"]],
          [instances[1]["id"]])
    equal("the target knows it", known(nsr), [instances[1]["id"]])
    check("its server is gone", instances[0]["hostname"] not in suite.servers(driver))
    calls = suite.calls(target, None, "client")
    words = [c.get("method") or c.get("action") for c in calls]
    equal("told once that it goes", len([w for w in words if w in ("scale_in", "SCALE_IN")]), 1)
    equal("configured once: HEAL changed nothing",
          len([w for w in words if w in ("modify", "MODIFY")]), 1)
    suite.delete(nsr_id)


def run(env, report, name, vnfms, pairs):
    with Suite(env, name) as suite:
        with report.scenario(name + "/setup", suite, quiet=True):
            suite.start_nfvo(*QUICK)
            for kind in vnfms:
                suite.start_vnfm(kind)
            suite.start_driver("cdriver")
            pop = suite.register_pop("cdriver", "pop")
        for source, target in pairs:
            with report.scenario("%s/%s tells %s" % (name, source, target), suite):
                suite.forget_calls(*[k for k in (source, target) if not k.startswith("c")])
                scaled_in(suite, pop, source, target, "cdriver")
        with report.scenario(name + "/nothing left", suite):
            suite.expect_nothing_left("cdriver")


@group
def targets(env, report):
    run(env, report, "targets", ("cvnfm", "pyvnfm"),
        (("cvnfm", "pyvnfm"), ("pyvnfm", "cvnfm"), ("pyvnfm", "pyvnfm")))


@java_group
def targets_java(env, report):
    run(env, report, "targets-java", ("cvnfm", "javavnfm"),
        (("cvnfm", "javavnfm"), ("javavnfm", "cvnfm")))


@group
def target_fails(env, report):
    """A Python target that cannot bear it: nothing is deleted, the operation waits; retried, it asks
    for consent, since the SDK would run everything again; rolled back, the target is told again."""
    with Suite(env, "target-fails") as suite:
        with report.scenario("target-fails/setup", suite, quiet=True):
            suite.start_nfvo(*QUICK)
            suite.start_vnfm("cvnfm")
            suite.start_vnfm("pyvnfm", "--fail", "scale_in=the last one may not go")
            suite.start_driver("cdriver")
            pop = suite.register_pop("cdriver", "pop")
        with report.scenario("target-fails/rolled back", suite):
            nsr_id = suite.deploy(suite.onboard("fails", [
                ("server", "cvnfm", pop["name"], 2), ("client", "pyvnfm", pop["name"], 1)],
                [("server", "client")]))
            nsr = suite.wait_status(nsr_id, "ACTIVE")
            before = nsr["vnf_dependency"][0]["vnfcParameters"]
            server = vnfr_of(nsr, "server")
            suite.rest("DELETE", "ns-records/%s/vnfrecords/%s/vdunits/vnfcinstances" % (
                nsr_id, server["id"]))
            op = ended(suite, nsr_id, "SCALE_IN", "FAILED_TEMP")
            check("its words", "the last one may not go" in str(op["fault"]), op["fault"])
            equal("both are there", len(suite.servers("cdriver")), 3)
            suite.rest("POST", "baton/operations/%s/rollback" % op["id"], {})
            ended(suite, nsr_id, "SCALE_IN", "ROLLED_BACK")
            nsr = suite.wait_status(nsr_id, "ACTIVE")
            equal("the target knows both again", nsr["vnf_dependency"][0]["vnfcParameters"], before)
            equal("it was told again, and started", [
                c["method"] for c in suite.calls("pyvnfm", None, "client")],
                ["instantiate", "modify", "start_vnfr", "scale_in", "modify", "start_vnfr"])
            suite.delete(nsr_id)
            suite.expect_nothing_left("cdriver")
