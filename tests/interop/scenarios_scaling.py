"""Scaling out with VNFMs on the unmodified SDKs, as sources and as targets; see scenarios.py."""
from scenarios import QUICK, RESIDENT, group, instances, java_group
from scenarios_operations import expect_operated, expect_resumed, vnfr_of
from suite import Suite, check, equal

POINT = {"virtual_link_reference": "private", "interfaceId": 0}


def scale_out(suite, nsr_id, name, pop=None, standby=False):
    """As the reference's client asks for it.  Returns the operation when it is over."""
    vnfr = vnfr_of(suite.nsr(nsr_id), name)
    before = {o["id"] for o in suite.rest("GET", "baton/operations?nsr=" + nsr_id)}
    path = "ns-records/%s/vnfrecords/%s/vdunits/%s/vnfcinstances" % (
        nsr_id, vnfr["id"], vnfr["vdu"][0]["id"])
    equal("answer", suite.rest("POST", path + ("/standby" if standby else ""), {
        "vnfComponent": {"connection_point": [POINT]},
        "vimInstanceNames": [pop] if pop else []}, (201,)), {})

    def over():
        fresh = [o for o in suite.rest("GET", "baton/operations?nsr=" + nsr_id)
                 if o["id"] not in before]
        return fresh and fresh[0]["state"] not in ("STARTING", "PROCESSING", "ROLLING_BACK") and \
            suite.rest("GET", "baton/operations/" + fresh[0]["id"])

    return suite.env.until(120, "the scale-out of %s is over" % name, over)


def expect_told(suite, kind, host):
    """The target was told of the new instance, of no other, and started again."""
    calls = suite.calls(kind, None, "client")
    if kind.startswith("c"):
        equal("calls of the target", [c["action"] for c in calls],
              ["INSTANTIATE", "MODIFY", "START", "MODIFY", "START"])
        return
    equal("calls of the target", [c["method"] for c in calls],
          ["instantiate", "modify", "start_vnfr", "modify", "start_vnfr"])
    told = calls[3]["dependency"]["vnfcParameters"]["server-type"]["parameters"]
    equal("instances that it was told of", [p["parameters"]["hostname"] for p in told.values()],
          [host])


def expect_scaled(suite, pop, vnfms, driver, scaled="scale_out"):
    suite.forget_calls(*[k for k in vnfms.values() if not k.startswith("c")])
    nsd = suite.onboard("scaled", [("server", vnfms["server"], pop["name"], 1),
                                   ("client", vnfms["client"], pop["name"], 1)],
                        [("server", "client")])
    nsr_id = suite.deploy(nsd)
    first = instances(suite.wait_status(nsr_id, "ACTIVE"), "server")[0]["hostname"]
    op = scale_out(suite, nsr_id, "server")
    equal("the operation", (op["state"], op.get("fault")), ("COMPLETED", None))
    nsr = suite.wait_status(nsr_id, "ACTIVE")
    equal("its task", nsr["task"], "Scaled out")
    equal("states", [i["state"] for i in instances(nsr, "server")], ["ACTIVE", "ACTIVE"])
    new = next(i for i in instances(nsr, "server") if i["hostname"] != first)
    equal("servers at the driver", suite.servers(driver), sorted(
        i["hostname"] for v in ("server", "client") for i in instances(nsr, v)))
    vdu = vnfr_of(nsr, "server")["vdu"][0]
    check("the instance is of the new component",
          new["vnfComponent"]["id"] in [c["id"] for c in vdu["vnfc"]], vdu)
    if not vnfms["server"].startswith("c"):
        calls = suite.calls(vnfms["server"], scaled, "server")
        equal("calls", len(calls), 1)
        check("its handler saw the server", new["hostname"] in calls[0]["hosts"], calls)
    expect_told(suite, vnfms["client"], new["hostname"])
    return nsr_id


def expect_refused(suite, nsr_id, driver):
    """No room: it is as it was, and the VNFM goes on."""
    before = suite.servers(driver)
    op = scale_out(suite, nsr_id, "client", "broken")
    equal("the operation", op["state"], "ROLLED_BACK")
    check("its fault says why", "no room" in op["fault"]["message"], op["fault"])
    nsr = suite.wait_status(nsr_id, "ACTIVE")
    equal("components", len(vnfr_of(nsr, "client")["vdu"][0]["vnfc"]), 1)
    equal("servers at the driver", suite.servers(driver), before)
    op = scale_out(suite, nsr_id, "client", standby=True)
    equal("the next one", (op["state"], op.get("fault")), ("COMPLETED", None))
    equal("it stands by", sorted(i["state"] for i in instances(suite.nsr(nsr_id), "client")),
          ["ACTIVE", "STANDBY"])


def expect_handler_fails(suite, vnfm, pop, driver):
    """ERROR of the handler: kept for a look, then rolled back."""
    nsr_id = suite.deploy(suite.onboard("breaks", [("breaks", vnfm, pop["name"], 1)]))
    suite.wait_status(nsr_id, "ACTIVE")
    op = scale_out(suite, nsr_id, "breaks")
    equal("the operation", op["state"], "FAILED_TEMP")
    check("its fault says why", "boom" in str(op["fault"]), op["fault"])
    equal("servers at the driver", len(suite.servers(driver)), 2)
    suite.rest("POST", "baton/operations/%s/rollback" % op["id"], None, (202,))
    suite.env.until(120, "it is rolled back", lambda: suite.rest(
        "GET", "baton/operations/" + op["id"])["state"] == "ROLLED_BACK")
    equal("servers at the driver", len(suite.servers(driver)), 1)
    suite.wait_status(nsr_id, "ACTIVE")
    suite.delete(nsr_id)


def scaling(name, vnfm, driver):
    def run(env, report):
        group_name = "scaling-" + name
        with Suite(env, group_name) as suite:
            with report.scenario(group_name + "/setup", suite, quiet=True):
                suite.start_nfvo(*QUICK)
                suite.start_vnfm(vnfm, "--fail", "scale_out:breaks=boom",
                                 "--fail", "start_vnfr:stumbles#1=it stumbled")
                suite.start_vnfm("cvnfm")
                suite.start_driver(driver, *(RESIDENT if driver == "pydriver" else ()))
                pop = suite.register_pop(driver, "pop")
                suite.start_driver("pybroken", *RESIDENT, "--fail",
                                   "launch_instance_and_wait=no room")
                suite.register_pop("pybroken", "broken")
            with report.scenario(group_name + "/alone", suite):
                nsr_id = expect_scaled(suite, pop, {"server": vnfm, "client": vnfm}, driver)
                expect_refused(suite, nsr_id, driver)
                suite.delete(nsr_id)
            with report.scenario(group_name + "/its target is the C VNFM's", suite):
                suite.delete(expect_scaled(suite, pop, {"server": vnfm, "client": "cvnfm"}, driver))
            with report.scenario(group_name + "/target of the C VNFM's", suite):
                suite.delete(expect_scaled(suite, pop, {"server": "cvnfm", "client": vnfm}, driver))
            with report.scenario(group_name + "/its handler fails", suite):
                expect_handler_fails(suite, vnfm, pop, driver)
            with report.scenario(group_name + "/operated", suite):
                expect_operated(suite, vnfm, pop, driver)
            with report.scenario(group_name + "/resumed", suite):
                expect_resumed(suite, vnfm, pop)
            with report.scenario(group_name + "/nothing left", suite):
                suite.expect_nothing_left(driver, "pybroken")

    run.__name__ = "scaling_" + name
    return run


group(scaling("python", "pyvnfm", "pydriver"))
java_group(scaling("java", "javavnfm", "cdriver"))
