"""What else is done to a service that runs, with VNFMs on the unmodified SDKs; see scenarios.py."""
from scenarios import expect_error, instances
from suite import check, equal


def vnfr_of(nsr, name):
    return next(v for v in nsr["vnfr"] if v["name"] == name)


def over(suite, op_id):
    """The operation, when nothing of it is under way any more."""
    def is_over():
        op = suite.rest("GET", "baton/operations/" + op_id)
        return op if op["state"] not in ("STARTING", "PROCESSING", "ROLLING_BACK") else None
    return suite.env.until(120, "operation %s is over" % op_id, is_over)


def operate(suite, nsr_id, method, path, body, wanted="COMPLETED"):
    """Asks, and returns the operation when it is over, which is as it should be."""
    known = {o["id"] for o in suite.rest("GET", "baton/operations?nsr=" + nsr_id)}
    suite.rest(method, "ns-records/%s/%s" % (nsr_id, path), body)
    fresh = [o["id"] for o in suite.rest("GET", "baton/operations?nsr=" + nsr_id)
             if o["id"] not in known]
    equal("operations of %s %s" % (method, path), len(fresh), 1)
    op = over(suite, fresh[0])
    check("%s is %s" % (op["kind"], wanted), op["state"] == wanted, op)
    return op


class Service:
    """`web` of two instances at a VNFM on an SDK, ACTIVE; what its handlers are asked."""

    def __init__(self, suite, vnfm, pop, driver):
        self.suite, self.vnfm, self.driver = suite, vnfm, driver
        suite.forget_calls(vnfm)
        self.id = suite.deploy(suite.onboard("operated", [("web", vnfm, pop["name"], 2)]))
        suite.wait_status(self.id, "ACTIVE")

    def web(self):
        return vnfr_of(self.suite.nsr(self.id), "web")

    def instances(self):
        return sorted(instances(self.suite.nsr(self.id), "web"), key=lambda i: i["hostname"])

    def vnf(self, what, body, method="POST"):
        path = "vnfrecords/%s" % self.web()["id"]
        return operate(self.suite, self.id, method, path + what, body)

    def instance(self, one, what, body):
        path = "/vdunits/%s/vnfcinstances/%s" % (self.web()["vdu"][0]["id"], one["id"])
        return self.vnf(path + what, body)

    def asked(self):
        """What its handlers were called for since the last time."""
        calls = self.suite.calls(self.vnfm, None, "web")
        self.suite.forget_calls(self.vnfm)
        return [c["method"] for c in calls]


def stopped_and_started(web):
    one = web.instances()[0]
    web.asked()
    web.instance(one, "/stop", None)
    equal("states", [i["state"] for i in web.instances()], ["INACTIVE", "ACTIVE"])
    web.instance(one, "/start", None)
    equal("states", [i["state"] for i in web.instances()], ["ACTIVE", "ACTIVE"])
    equal("its handlers", web.asked(), ["stop_vnfci", "start_vnfci"])
    web.vnf("/stop", None)
    equal("status", web.web()["status"], "INACTIVE")
    web.vnf("/start", None)
    equal("its handlers", web.asked(), ["stop_vnfr", "start_vnfr"])
    web.suite.wait_status(web.id, "ACTIVE")


def healed(web):
    one = web.instances()[1]
    op = web.instance(one, "/actions", {"action": "HEAL", "cause": "it limps"})
    equal("about", op.get("vnfcInstanceId", one["id"]), one["id"])
    equal("its handlers", web.asked(), ["heal"])
    equal("states", [i["state"] for i in web.instances()], ["ACTIVE", "ACTIVE"])


def switched(web):
    """One that stands by takes the place of the first."""
    path = "vnfrecords/%s/vdunits/%s/vnfcinstances/standby" % (
        web.web()["id"], web.web()["vdu"][0]["id"])
    operate(web.suite, web.id, "POST", path, {
        "vnfComponent": {"connection_point": [{"virtual_link_reference": "private",
                                               "interfaceId": 0}]}, "vimInstanceNames": []})
    standby = next(i for i in web.instances() if i["state"] == "STANDBY")
    failed = next(i for i in web.instances() if i["state"] == "ACTIVE")
    web.asked()
    web.instance(standby, "/switchtostandby", failed)
    states = {i["hostname"]: i["state"] for i in web.instances()}
    equal("the one that stood by", states[standby["hostname"]], "ACTIVE")
    equal("the one that it stands for", states[failed["hostname"]], "FAILED")
    equal("its handlers", web.asked(), ["heal"])


def configured(web):
    web.vnf("/configurations", {"name": "c", "configurationParameters": [
        {"confKey": "port", "value": "5080"}]}, "PATCH")
    values = {p["confKey"]: p["value"]
              for p in web.web()["configurations"]["configurationParameters"]}
    equal("the value", values["port"], "5080")
    equal("its handlers", web.asked(), ["modify", "start_vnfr"])
    web.suite.wait_status(web.id, "ACTIVE")


def scripted(web):
    """The Python SDK answers neither: done when nothing is said against it for five seconds."""
    web.vnf("/execute-script", {"name": "look.sh", "payload": "dXB0aW1l"})
    equal("its handlers", web.asked(), ["execute_script"])
    web.vnf("/update", None)
    web.asked()
    web.suite.wait_status(web.id, "ACTIVE")


def restarted(web):
    """The Java SDK runs its scripts again; the Python one says that it did, and runs none."""
    before = web.suite.servers(web.driver)
    web.vnf("/restart", {"imageName": ""})
    equal("servers at the driver", web.suite.servers(web.driver), before)
    equal("its handlers", web.asked(), ["start_vnfr"] if web.vnfm == "pyvnfm" else
          ["instantiate", "start_vnfr"])
    web.suite.wait_status(web.id, "ACTIVE")


def expect_operated(suite, vnfm, pop, driver):
    web = Service(suite, vnfm, pop, driver)
    for what in (stopped_and_started, healed, switched, configured, scripted, restarted):
        what(web)
    suite.delete(web.id)


def expect_resumed(suite, vnfm, pop):
    """START fails once.  A VNFM that does not say what it resumes (the default of the Java SDK)
    answers RESUME with an error that has no words; then all of its scripts again, when asked so."""
    suite.forget_calls(vnfm)
    nsr_id = suite.deploy(suite.onboard("resumed", [("stumbles", vnfm, pop["name"], 1)]))
    expect_error(suite, nsr_id, "it stumbled")
    if vnfm == "pyvnfm":
        operate(suite, nsr_id, "POST", "resume", None)
        wanted = ["instantiate", "start_vnfr", "get_resumed_action", "resume"]
    else:
        op = operate(suite, nsr_id, "POST", "resume", None, "FAILED_TEMP")
        check("what to type", "baton nsr resume resumed --repeat" in str(op["fault"]), op)
        suite.rest("POST", "ns-records/%s/resume" % nsr_id, {"repeat": True})  # the same goes on
        equal("state", over(suite, op["id"])["state"], "COMPLETED")
        wanted = ["instantiate", "start_vnfr", "resume", "start_vnfr"]
    suite.wait_status(nsr_id, "ACTIVE")
    equal("its handlers", [c["method"] for c in suite.calls(vnfm, None, "stumbles")
                           if c["method"] != "handle_error"], wanted)
    suite.delete(nsr_id)
