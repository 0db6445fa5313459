"""Scenarios with peers that send what those on the Go SDK send; see scenarios.py, peers/go_wire.py."""
import signal

from scenarios import (QUICK, allocates_itself, expect_error, expect_vnfm_rights, group,
                       whole_life)
from suite import Suite, check, equal


@group
def go(env, report):
    with Suite(env, "go") as suite:
        with report.scenario("go/setup", suite, quiet=True):
            suite.start_nfvo(*QUICK)
            vnfm = suite.start_vnfm("govnfm", "--fail", "start_vnfr:bad=no \u00e4")
            suite.start_vnfm("pyvnfm")
            suite.start_vnfm("goself", "--allocate-itself")
            driver = suite.start_driver("godriver")
            suite.start_driver("cdriver")
            pops = {kind: suite.register_pop(kind, kind) for kind in ("godriver", "cdriver")}

        for name, vnfms, kind in (
                ("VNFM and driver", {"server": "govnfm", "client": "govnfm"}, "godriver"),
                ("VNFM on a C driver", {"server": "govnfm", "client": "govnfm"}, "cdriver"),
                ("driver of a Python VNFM", {"server": "pyvnfm", "client": "pyvnfm"}, "godriver"),
                ("VNFM beside a Python one", {"server": "govnfm", "client": "pyvnfm"}, "cdriver")):
            with report.scenario("go/" + name, suite):
                suite.forget_calls("govnfm", "pyvnfm")
                whole_life(suite, pops[kind], vnfms, kind)
        with report.scenario("go/rights", suite):
            expect_vnfm_rights(suite, "govnfm")
        with report.scenario("go/two VDUs in two places", suite):
            two_vdus(suite)
        with report.scenario("go/a handler fails", suite):
            nsr_id = suite.deploy(suite.onboard("bad", [("bad", "govnfm", "cdriver", 1)]))
            expect_error(suite, nsr_id, "no \u00e4")
            suite.delete(nsr_id)
        with report.scenario("go/a VNFM that allocates itself", suite):
            allocates_itself(suite, "goself", pops["godriver"], "godriver")
        with report.scenario("go/SIGINT unregisters", suite):
            equal("SIGINT ends the VNFM", vnfm.stop(signal.SIGINT), 0)
            equal("SIGINT ends the driver", driver.stop(signal.SIGINT), 0)
            env.until(120, "the endpoint is gone", lambda: not suite.has_vnfm("govnfm"))
            env.until(120, "the driver is gone", lambda: not suite.has_driver("godriver"))
        with report.scenario("go/nothing left", suite):
            suite.expect_nothing_left("godriver", "cdriver")


def two_vdus(suite):
    """Two VDUs without a name in the VNFM's record: each gets its own PoP, flavour and image."""
    nsd = suite.onboard("two", [("two", "govnfm", "godriver", 1)], more_vdus=[
        {"name": "other", "vimInstanceName": ["cdriver"], "vm_image": ["test-image"],
         "scale_in_out": 1, "vnfc": [{"connection_point": [
             {"virtual_link_reference": "private", "interfaceId": 0}]}]}])
    nsr_id = suite.deploy(nsd)
    nsr = suite.wait_status(nsr_id, "ACTIVE")
    vdus = {vdu["name"]: vdu for vdu in nsr["vnfr"][0]["vdu"]}
    wanted = {vdu["name"]: vdu["id"] for vdu in nsd["vnfd"][0]["vdu"]}
    equal("the VDUs have the descriptor's names", sorted(vdus), sorted(wanted))
    for name, vdu in vdus.items():
        equal("the parent of " + name, vdu["parent_vdu"], wanted[name])
        host = vdu["vnfc_instance"][0]["hostname"]
        kind = "cdriver" if name == "other" else "godriver"
        check("%s is at %s" % (host, kind), host in suite.servers(kind), suite.servers(kind))
    launch = suite.calls("godriver", "launchInstanceAndWait")[-1]
    equal("the flavour that was asked for", launch["flavor"], "m1.small")
    suite.delete(nsr_id)
