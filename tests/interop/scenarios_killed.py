"""kill -9 of a VNFM on the unmodified Java SDK while its handlers work, operation by operation: once for
four at a time, for a JVM takes long to come up; see scenarios.py."""
from scenarios import QUICK, instances, java_group
from scenarios_operations import over, vnfr_of
from suite import Suite, check, equal

SLOW = "600"
STANDBY = {"vnfComponent": {"connection_point": [
    {"virtual_link_reference": "private", "interfaceId": 0}]}, "vimInstanceNames": []}
PARAMETERS = {"name": "c", "configurationParameters": [{"confKey": "port", "value": "5080"}]}
# (VNF, handler that is killed, method, path behind the VNFR, body)
OPERATIONS = (
    ("stopped", "stop_vnfr", "POST", "/stop", None),
    ("healed", "heal", "POST", "/vdunits/{vdu}/vnfcinstances/{one}/actions",
     {"action": "HEAL", "cause": "it limps"}),
    ("grown", "scale_out", "POST", "/vdunits/{vdu}/vnfcinstances", STANDBY),
    ("paused", "stop_vnfci", "POST", "/vdunits/{vdu}/vnfcinstances/{one}/stop", None),
    ("configured", "modify", "PATCH", "/configurations", PARAMETERS),
    ("executed", "execute_script", "POST", "/execute-script",
     {"name": "look.sh", "payload": "dXB0aW1l"}),
    ("updated", "update_software", "POST", "/update", None),
    ("restarted", "instantiate", "POST", "/restart", {"imageName": ""}),
)


# Without an answer for five seconds they count as done: the Python SDK never answers them.
UNANSWERED = {"executed", "updated"}


def ask(suite, nsr_id, name, method, path, body):
    """The operation's id; it is not waited for."""
    vnfr = vnfr_of(suite.nsr(nsr_id), name)
    vdu = vnfr["vdu"][0]
    known = {o["id"] for o in suite.rest("GET", "baton/operations?nsr=" + nsr_id)}
    suite.rest(method, "ns-records/%s/vnfrecords/%s%s" % (nsr_id, vnfr["id"], path.format(
        vdu=vdu["id"], one=vdu["vnfc_instance"][0]["id"])), body)
    return next(o["id"] for o in suite.rest("GET", "baton/operations?nsr=" + nsr_id)
                if o["id"] not in known)


def expect_told(suite, op_id, name, handler):
    """How far it got is known to nobody, and nothing was done twice."""
    op = over(suite, op_id)
    equal("state of " + name, op["state"], "COMPLETED" if name in UNANSWERED else "FAILED_TEMP")
    if name not in UNANSWERED:
        check("%s says so" % name, "died while it worked" in str(op["fault"]), op["fault"])
    equal("calls of " + name, len(suite.calls("javavnfm", handler, name)), times(handler))


def expect_goes_on(suite, op_id, nsr_id, name):
    suite.rest("POST", "baton/operations/%s/retry" % op_id, {"unknown": "repeat"}, (202,))
    op = over(suite, op_id)
    check("%s is done" % name, op["state"] == "COMPLETED", op)
    equal("instances of " + name, len(instances(suite.nsr(nsr_id), name)),
          2 if name == "grown" else 1)


def times(handler):
    """How often it was called when the operation has it in hand: a VNF is instantiated before."""
    return 2 if handler == "instantiate" else 1


def slowly(turn):
    return sum((("--delay", "%s:%s=%s" % (handler, name, SLOW)) for name, handler, *_ in turn), ())


@java_group
def java_killed(env, report):
    """Four operations in hand each time."""
    turns = (OPERATIONS[:4], OPERATIONS[4:])
    with Suite(env, "java-killed") as suite:
        services = {}
        with report.scenario("java-killed/setup", suite, quiet=True):
            suite.start_nfvo(*QUICK)
            vnfm = suite.start_vnfm("javavnfm", *slowly(turns[0]))
            suite.start_driver("cdriver")
            suite.register_pop("cdriver", "pop")
            for name, *_ in OPERATIONS:
                services[name] = suite.deploy(suite.onboard(name, [(name, "javavnfm", "pop", 1)]))
            for nsr_id in services.values():
                suite.wait_status(nsr_id, "ACTIVE")
        for turn, then in zip(turns, (slowly(turns[1]), ())):
            with report.scenario("java-killed/" + ", ".join(o[0] for o in turn), suite):
                asked = {name: ask(suite, services[name], name, *how)
                         for name, handler, *how in turn}
                for name, handler, *_ in turn:
                    suite.wait_for_call("javavnfm", handler, name, times(handler))
                vnfm.kill()
                env.until(120, "its queue is gone", lambda: not suite.has_queue("javavnfm"))
                vnfm = suite.start_vnfm("javavnfm", *then)
                for name, handler, *_ in turn:
                    expect_told(suite, asked[name], name, handler)
                for name, op_id in asked.items():
                    if name not in UNANSWERED:
                        expect_goes_on(suite, op_id, services[name], name)
        with report.scenario("java-killed/nothing left", suite):
            for nsr_id in services.values():
                suite.rest("DELETE", "ns-records/" + nsr_id)
            for nsr_id in services.values():
                suite.wait_gone(nsr_id)
            suite.expect_nothing_left("cdriver")
