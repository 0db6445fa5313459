"""Scenarios with VNFMs on the unmodified Java SDK; see scenarios.py."""
from scenarios import (QUICK, RESIDENT, allocates_itself, expect_error, expect_packages,
                       expect_vnfm_rights, java_group, whole_life)
from suite import Suite, equal


@java_group
def java(env, report):
    """VNFMs on the unmodified Java SDK: alone, beside a Python one, with faults, killed.
    A JVM takes seconds to start, so few are started, and their faults go by VNF."""
    names = ("instantiate", "modify", "start_vnfr")
    faulty = sum((("--fail", "%s:%s=%s fails \u00e4\"" % (n, n.replace("_", "-"), n))
                  for n in names), ())
    slow = ("--delay", "start_vnfr:b-start=600")
    with Suite(env, "java") as suite:
        vnfm = [None]
        with report.scenario("java/setup", suite, quiet=True):
            suite.start_nfvo(*QUICK)
            vnfm[0] = suite.start_vnfm("javavnfm", *faulty, *slow)
            suite.start_vnfm("pyvnfm")
            suite.start_driver("cdriver")
            pop = suite.register_pop("cdriver", "pop")
            suite.start_driver("pyslow", *RESIDENT, "--delay", "launch_instance_and_wait=1.5")
            suite.register_pop("pyslow", "slow")

        for name, vnfms in (("alone", {"server": "javavnfm", "client": "javavnfm"}),
                            ("source of a Python VNFM's VNF",
                             {"server": "javavnfm", "client": "pyvnfm"}),
                            ("target of one", {"server": "pyvnfm", "client": "javavnfm"})):
            with report.scenario("java/" + name, suite):
                suite.forget_calls("javavnfm", "pyvnfm")
                whole_life(suite, pop, vnfms, "cdriver")
        with report.scenario("java/rights", suite):
            expect_vnfm_rights(suite, "javavnfm")
        for method in names:
            with report.scenario("java/%s fails" % method, suite):
                vnf = method.replace("_", "-")
                nsr_id = suite.deploy(suite.onboard(method, [
                    ("a-source", "pyvnfm", "pop", 1), (vnf, "javavnfm", "pop", 1)],
                    [("a-source", vnf)]))
                expect_error(suite, nsr_id, "%s fails \u00e4\"" % method)
                suite.delete(nsr_id)
        with report.scenario("java/package", suite):
            expect_packages(suite, "javavnfm", "cdriver")

        def restart():
            vnfm[0].kill()
            env.until(120, "its queue is gone", lambda: not suite.has_queue("javavnfm"))
            vnfm[0] = suite.start_vnfm("javavnfm")

        with report.scenario("java/killed in START", suite):
            nsr_id = suite.deploy(suite.onboard("start", [("b-start", "javavnfm", "pop", 1)]))
            suite.wait_for_call("javavnfm", "start_vnfr", "b-start")
            restart()
            expect_error(suite, nsr_id, "died while it worked")
            equal("START is not sent again",
                  len(suite.calls("javavnfm", "start_vnfr", "b-start")), 1)
            suite.delete(nsr_id)
        with report.scenario("java/killed while it waits for ALLOCATE", suite):
            nsr_id = suite.deploy(suite.onboard("waits", [("waits", "javavnfm", "slow", 1)]))
            suite.wait_for_call("pyslow", "launch_instance_and_wait", "slow")
            restart()
            expect_error(suite, nsr_id, "INSTANTIATE")
            suite.delete(nsr_id)
        with report.scenario("java/registered again", suite):
            expect_vnfm_rights(suite, "javavnfm")
            suite.forget_calls("javavnfm", "pyvnfm")
            whole_life(suite, pop, {"server": "javavnfm", "client": "pyvnfm"}, "cdriver")
        with report.scenario("java/SIGTERM unregisters", suite):
            vnfm[0].stop()
            env.until(120, "the endpoint is gone", lambda: not suite.has_vnfm("javavnfm"))
            env.until(120, "the user is gone",
                      lambda: not suite.accounts("javavnfm"))
        with report.scenario("java/one that allocates itself", suite):
            suite.start_vnfm("javaself", "--allocate-itself")
            allocates_itself(suite, "javaself", pop, "cdriver")
        with report.scenario("java/nothing left", suite):
            suite.expect_nothing_left("cdriver", "pyslow")


@java_group
def java_enrolled(env, report):
    """A guest of an operator: account and room of its own, by spring.rabbitmq.virtualHost."""
    with Suite(env, "java-enrolled", is_closed=True) as suite:
        with report.scenario("java-enrolled/setup", suite, quiet=True):
            suite.start_nfvo(*QUICK)
            first = suite.start_vnfm("javavnfm")
            suite.start_vnfm("pyvnfm")
            suite.start_driver("cdriver")
            pop = suite.register_pop("cdriver", "pop")
        with report.scenario("java-enrolled/beside a Python VNFM", suite):
            whole_life(suite, pop, {"server": "javavnfm", "client": "pyvnfm"}, "cdriver")
            expect_vnfm_rights(suite, "javavnfm")
        with report.scenario("java-enrolled/two of a type", suite):
            second = suite.start_vnfm("javavnfm")
            nsds = [suite.onboard("two%d" % i, [("two%d" % i, "javavnfm", "pop", 1)])
                    for i in range(8)]
            nsr_ids = [suite.deploy(nsd) for nsd in nsds]
            for nsr_id in nsr_ids:
                suite.wait_status(nsr_id, "ACTIVE")
            equal("both served", {c["pid"] for c in suite.calls("javavnfm")
                                  if c["subject"].startswith("two")},
                  {second.popen.pid, first.popen.pid})
            second.kill()
            nsr_ids.append(suite.deploy(nsds[0]))
            suite.wait_status(nsr_ids[-1], "ACTIVE")
            for nsr_id in nsr_ids:
                suite.rest("DELETE", "ns-records/" + nsr_id)
            for nsr_id in nsr_ids:
                suite.wait_gone(nsr_id)
        with report.scenario("java-enrolled/nothing left", suite):
            suite.expect_nothing_left("cdriver")
