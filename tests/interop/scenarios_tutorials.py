"""The Python programs of the tutorials, out of their own text, as enrolled guests; see scenarios.py.

deploy/tutorials/write-a-vnfm.md has a VNFM, write-a-driver.md a driver.  Those in C are built and run
by tests/e2e/installed.sh.
"""
import json
import os
import signal

from scenarios import QUICK, group, instances
from scenarios_scaling import scale_out
from suite import Process, Suite, equal

TUTORIALS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../deploy/tutorials")


def code_of(tutorial, file):
    """The code that a tutorial introduces as `FILE`:"""
    with open(os.path.join(TUTORIALS, tutorial)) as text:
        return text.read().split("`%s`:" % file, 1)[1].split("```", 2)[1].split("\n", 1)[1]


def start(suite, kind, what, tutorial, file):
    """Its environment is what `baton manager enrol --for env` prints, and where the broker is."""
    with open(os.path.join(suite.work, file), "w") as script:
        script.write(code_of(tutorial, file))
    with open(suite._enrol(kind, what)) as password:
        account = {"BROKER_VHOST": suite.room_of(kind), "BROKER_USER": suite.type(kind),
                   "BROKER_PASSWORD": password.read().strip()}
    variables = dict(account, BROKER_HOST=suite.env.host, BROKER_PORT=str(suite.env.port),
                     TYPE=suite.type(kind), CLOUD=suite.work)
    process = Process(suite, kind, [
        "env", *("%s=%s" % pair for pair in variables.items()), suite.env.python, "-W", "ignore",
        os.path.join(suite.work, file)], " ", wait=False)
    has = suite.has_vnfm if what == "vnfm" else suite.has_driver
    suite.env.until(120, "%s is registered" % file, lambda: has(kind))
    return process


def servers(suite):
    return sorted(f[:-len(".server")] for f in os.listdir(suite.work) if f.endswith(".server"))


@group
def tutorials(env, report):
    with Suite(env, "tutorials", is_closed=True) as suite:
        with report.scenario("tutorials/greeter.py and folder.py", suite):
            suite.start_nfvo(*QUICK)
            vnfm = start(suite, "pygreeter", "vnfm", "write-a-vnfm.md", "greeter.py")
            driver = start(suite, "pyfolder", "driver", "write-a-driver.md", "folder.py")
            suite.register_pop("pyfolder", "shelf")
            nsd = json.loads(code_of("write-a-vnfm.md", "greeting-nsd.json"))
            nsd["vnfd"][0]["endpoint"] = suite.type("pygreeter")
            nsr_id = suite.deploy(suite.rest("POST", "ns-descriptors", nsd))
            hosts = [i["hostname"] for i in instances(suite.wait_status(nsr_id, "ACTIVE"), "guest")]
            equal("servers in the folder", servers(suite), sorted(hosts))
            said = vnfm.output()
            equal("greeted", [host for host in hosts if "hello " + host in said], hosts)
            equal("the operation", scale_out(suite, nsr_id, "guest")["state"], "COMPLETED")
            equal("servers in the folder", len(servers(suite)), 3)
            suite.delete(nsr_id)
            equal("servers in the folder", servers(suite), [])
            for process in (vnfm, driver):
                process.stop(signal.SIGINT)
