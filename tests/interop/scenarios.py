"""The scenarios of `make interop`.  Each function gets an Environment and a report; what it does
with one suite of processes is told by report.scenario(name), which counts.
"""
import json
import re
import signal
import time

from suite import Failed, Suite, check, equal, faults

GROUPS = []
NEED_JAVA = set()
NEED_CONTRACT = set()

# What the NFVO may take of its time is short here, so that what must not happen is seen soon.
QUICK = ("--delete-hint", "300ms", "--pop-cache", "0s")
RESIDENT = ("--resident", "somebody-else")


def group(function):
    GROUPS.append(function)
    return function


def java_group(function):
    """Skipped, loudly, where no Java peer can be made."""
    NEED_JAVA.add(function)
    return group(function)


def contract_group(function):
    """Skipped, loudly, where the validators and the generator of clients cannot be had."""
    NEED_CONTRACT.add(function)
    return group(function)


def texts(nsr):
    return " | ".join(" ".join([f.get("message") or ""] + list(f.get("causes") or []))
                      for f in faults(nsr))


def expect_error(suite, nsr_id, *words, seconds=120):
    nsr = suite.wait_status(nsr_id, "ERROR", seconds)
    check("the NSR has a fault", faults(nsr), nsr)
    for word in words:
        check("a fault says '%s'" % word, word in texts(nsr), texts(nsr))
    return nsr


# -- four combinations, and both VNFMs in one service

def expect_records(suite, nsr, pop, driver):
    """The records that an ACTIVE service of pair() shows over REST.  Returns the addresses."""
    equal("VNFRs", sorted(v["name"] for v in nsr["vnfr"]), ["client", "server"])
    addresses = {}
    for vnfr in nsr["vnfr"]:
        equal("status of " + vnfr["name"], vnfr["status"], "ACTIVE")
        for instance in vnfr["vdu"][0]["vnfc_instance"]:
            equal("state of " + instance["hostname"], instance["state"], "ACTIVE")
            equal("its PoP", instance["vim_id"], pop["id"])
            check("it has the driver's id", instance["vc_id"])
            check("it is named after its VNF",
                  re.fullmatch(vnfr["name"] + r"-\d+", instance["hostname"]),
                  instance["hostname"])
            equal("its networks", [ip["netName"] for ip in instance["ips"]], ["private"])
            check("its address", re.fullmatch(r"[0-9.]+", instance["ips"][0]["ip"]),
                  instance["ips"])
            check("the VNFR lists the address",
                  instance["ips"][0]["ip"] in vnfr["vnf_address"], vnfr["vnf_address"])
            addresses[instance["hostname"]] = (vnfr["name"], instance["id"],
                                               instance["ips"][0]["ip"])
    equal("servers at the driver", suite.servers(driver), sorted(addresses))
    equal("three instances", sorted(v[0] for v in addresses.values()),
          ["client", "client", "server"])
    return addresses


def expect_dependency(nsr, addresses):
    """The client depends on the server.  Configured values are of the VNF, addresses and names of
    its instances (amqp-protocol.md 4.5).  Returns both maps."""
    host, (_, instance, address) = next((h, a) for h, a in addresses.items() if a[0] == "server")
    wanted = ({"private": "", "hostname": "", "port": "5060"},
              {instance: {"parameters": {"private": address, "hostname": host}}})
    equal("target", nsr["vnf_dependency"][0]["target"], "client")
    expect_parameters("in the record", nsr["vnf_dependency"][0], wanted)
    return wanted


def expect_parameters(where, dependency, wanted):
    equal("parameters " + where, dependency["parameters"]["server-type"]["parameters"], wanted[0])
    instances = dependency["vnfcParameters"]["server-type"]["parameters"]
    equal("parameters of instances " + where,  # the Java peer shows base members, too
          {k: {"parameters": v["parameters"]} for k, v in instances.items()}, wanted[1])


def expect_calls(suite, vnfms, wanted, addresses):
    """What each VNFM was asked, in its order, and that MODIFY brought the parameters."""
    started = {"INSTANTIATE": "instantiate", "MODIFY": "modify", "START": "start_vnfr"}
    for name, kind in vnfms.items():
        actions = ["INSTANTIATE"] + ["MODIFY"] * (name == "client") + ["START"]
        if kind.startswith("c"):
            equal("calls of " + name, [c["action"] for c in suite.calls(kind, None, name)],
                  actions)
            continue
        calls = suite.calls(kind, None, name)
        equal("calls of " + name, [c["method"] for c in calls], [started[a] for a in actions])
        hosts = {h: {"private": a[2]} for h, a in addresses.items() if a[0] == name}
        for call in calls:
            equal("instances that %s of %s saw" % (call["method"], name), call["hosts"], hosts)
        if name == "client":
            expect_parameters("in MODIFY", calls[1]["dependency"], wanted)


def expect_vnfm_rights(suite, kind):
    """The same for every SDK, in its room: the default exchange reaches nothing else."""
    queue = suite.type(kind)
    suite.expect_rights(kind, [
        ("configure", queue), ("write", queue), ("read", queue), ("read", "openbaton-exchange"),
        ("configure", "amq.gen-x"), ("read", "amq.gen-x"), ("write", "amq.default")], [
        ("configure", "x" + queue), ("configure", queue + "x"), ("configure", "nfvo.replies"),
        ("configure", "openbaton-exchange"), ("read", "nfvo.replies"),
        ("read", "vnfm.nfvo.actions"), ("read", "vim-drivers.test.test"), ("write", "amq.topic")])


def expect_driver_rights(suite, kind):
    queue = "vim-drivers.%s.%s" % (suite.type(kind), suite.type(kind))
    suite.expect_rights(kind, [
        ("configure", queue), ("write", queue), ("read", queue), ("write", "openbaton-exchange"),
        ("read", "openbaton-exchange")], [
        ("read", "nfvo.replies"), ("read", "vnfm.nfvo.actions"), ("configure", "nfvo.replies"),
        ("configure", "vim-drivers.test.test"), ("read", suite.type(kind))])


def start_pair(suite, vnfms, driver, *driver_options, nfvo=QUICK):
    suite.start_nfvo(*nfvo)
    for kind in vnfms:
        suite.start_vnfm(kind)
    suite.start_driver(driver, *driver_options)
    return suite.register_pop(driver, "pop")


def pair(suite, server, client, n=1, pop="pop"):
    return suite.onboard("pair", [("server", server, pop, n), ("client", client, pop, 2)],
                         [("server", "client")])


def whole_life(suite, pop, vnfms, driver):
    nsd = pair(suite, vnfms["server"], vnfms["client"], pop=pop["name"])
    nsr_id = suite.deploy(nsd)
    nsr = suite.wait_status(nsr_id, "ACTIVE")
    addresses = expect_records(suite, nsr, pop, driver)
    wanted = expect_dependency(nsr, addresses)
    expect_calls(suite, vnfms, wanted, addresses)
    suite.delete(nsr_id)
    for name, kind in vnfms.items():
        ended = "RELEASE_RESOURCES" if kind.startswith("c") else "terminate"
        equal("last call of " + name, [c.get("method") or c.get("action")
                                       for c in suite.calls(kind, None, name)][-1], ended)
    suite.expect_nothing_left(driver)


def instances(nsr, vnf):
    vnfr = next(v for v in nsr["vnfr"] if v["name"] == vnf)
    return [i for vdu in vnfr["vdu"] for i in vdu["vnfc_instance"]]


def allocates_itself(suite, vnfm, pop, driver):
    """A VNFM that makes its instances: hostname, id and addresses are what it said last, in START.
    Beside it a VNF of the Python VNFM, whose server is the NFVO's."""
    nsd = suite.onboard("self", [("self", vnfm, pop["name"], 2),
                                 ("needs", "pyvnfm", pop["name"], 1)], [("self", "needs")])
    nsr_id = suite.deploy(nsd)
    nsr = suite.wait_status(nsr_id, "ACTIVE")
    equal("instances", sorted((i["hostname"], i["vc_id"], i["state"], i["vim_id"], [
        (ip["netName"], ip["ip"]) for ip in i["ips"]]) for i in instances(nsr, "self")), [
            ("self-4711", "container-0", "ACTIVE", pop["id"], [("new-network", "172.30.0.2")]),
            ("self-4712", "container-1", "ACTIVE", pop["id"], [("new-network", "172.30.0.3")])])
    ids = [i["id"] for i in instances(nsr, "self")]
    check("each has an id of its own", all(ids) and len(set(ids)) == 2, ids)
    host = instances(nsr, "needs")[0]["hostname"]
    check("the other VNF's has a name of ours", re.fullmatch(r"needs-\d+", host), host)
    equal("servers at the driver", suite.servers(driver), [host])
    suite.delete(nsr_id)
    equal("it was told to end", [c["method"] for c in suite.calls(vnfm, None, "self")],
          ["instantiate", "start_vnfr", "terminate"])


def lifecycle(vnfms, driver):
    def run(env, report):
        name = "lifecycle/%s-%s" % ("+".join(sorted(set(vnfms.values()))), driver)
        with Suite(env, name) as suite, report.scenario(name, suite):
            options = RESIDENT if driver == "pydriver" else ()
            pop = start_pair(suite, sorted(set(vnfms.values())), driver, *options)
            whole_life(suite, pop, vnfms, driver)
            for kind in sorted(set(vnfms.values())):
                expect_vnfm_rights(suite, kind)
            expect_driver_rights(suite, driver)

    run.__name__ = "lifecycle_%s_%s" % ("_".join(sorted(set(vnfms.values()))), driver)
    return run


for _driver in ("pydriver", "cdriver"):
    for _vnfm in ("pyvnfm", "cvnfm"):
        group(lifecycle({"server": _vnfm, "client": _vnfm}, _driver))
group(lifecycle({"server": "pyvnfm", "client": "cvnfm"}, "pydriver"))


# -- VNF packages

METADATA = """name: %s
vendor: interop
nfvo_version: "6.0"
vim_types: [%s]
%s"""
PACKAGED = {
    "name": "packed", "vendor": "interop", "version": "1", "type": "t",
    "virtual_link": [{"name": "private"}], "deployment_flavour": [{"flavour_key": "m1.small"}],
    "lifecycle_event": [{"event": "INSTANTIATE", "lifecycle_events": ["a.sh"]}],
    "vdu": [{"vm_image": ["test-image"], "scale_in_out": 1, "vnfc": [
        {"connection_point": [{"virtual_link_reference": "private", "interfaceId": 0}]}]}]}


def packaged(suite, vnfm, driver, name, more, scripts):
    """Deploy a package of that VNFM and answer what its SDK handed to the handler as scripts."""
    vnfd = suite.upload_package(dict(scripts, **{
        "Metadata.yaml": (METADATA % (name, suite.type(driver), more)).encode(),
        "vnfd.json": json.dumps(dict(PACKAGED, name=name, endpoint=suite.type(vnfm))).encode()}))
    nsd = suite.rest("POST", "ns-descriptors", {
        "name": name, "vendor": "interop", "version": "1", "vld": [{"name": "private"}],
        "vnfd": [{"id": "interop/%s/1" % name}]})
    equal("the NSD has the package's VNFD", nsd["vnfd"][0]["id"], vnfd["id"])
    nsr_id = suite.deploy(nsd)
    suite.wait_status(nsr_id, "ACTIVE")
    call = suite.calls(vnfm, "instantiate", name)[0]
    suite.delete(nsr_id)
    return call["scripts"]


def expect_packages(suite, vnfm, driver, prefix=""):
    """Scripts arrive with name and signed bytes; with scripts-link, the link."""
    equal("scripts", sorted(packaged(suite, vnfm, driver, prefix + "packed", "", {
        "scripts/a.sh": b"#!\x00\x7f\x80\xff\n", "scripts/lib/b.sh": b""})),
          [["a.sh", [35, 33, 0, 127, -128, -1, 10]], ["lib/b.sh", []]])
    equal("scripts", packaged(suite, vnfm, driver, prefix + "linked",
                              "scripts-link: https://x.invalid/y.git\n", {}),
          "https://x.invalid/y.git")


@group
def package(env, report):
    with Suite(env, "package") as suite:
        start_pair(suite, ["pyvnfm"], "pydriver", *RESIDENT)
        with report.scenario("package", suite):
            expect_packages(suite, "pyvnfm", "pydriver")
            suite.expect_nothing_left("pydriver")


# -- the generic VNFM with agents, beside the Python VNFM and driver, in one service

CONNECT = b"""#!/bin/bash
# once for each instance of the Python VNFM's VNF
[[ $legacy_type_port == 5060 && $legacy_type_private =~ ^[0-9.]+$ && $hostname == relay-* ]]
"""
PROBE = b"""#!/bin/bash
[[ $relay_type_PORT == 7000 && $relay_type_private == 127.* ]] && echo "##baton set seen $relay_type_private"
"""


def scripted(suite, name, scripts, **more):
    """Upload the package of a VNF of the generic VNFM on the local PoP: event -> (file, text)."""
    files = {"scripts/" + file: text for file, text in scripts.values()}
    files["Metadata.yaml"] = (METADATA % (name, suite.type("local"), "")).encode()
    files["vnfd.json"] = json.dumps(dict(
        PACKAGED, name=name, type=name + "-type", endpoint=suite.type("generic"),
        deployment_flavour=[{"flavour_key": "tiny"}],
        lifecycle_event=[{"event": event, "lifecycle_events": [file]}
                         for event, (file, _) in scripts.items()],
        vdu=[dict(PACKAGED["vdu"][0], vm_image=["host"])], **more)).encode()
    suite.upload_package(files)
    return {"id": "interop/%s/1" % name}


def onboard_mixed(suite):
    """The relay and the Python VNF need each other's parameters, the probe the relay's."""
    legacy = dict(PACKAGED, name="legacy", type="legacy-type", endpoint=suite.type("pyvnfm"),
                  configurations={"name": "c", "configurationParameters": [
                      {"confKey": "port", "value": "5060"}]},
                  vdu=[dict(PACKAGED["vdu"][0], vimInstanceName=["pop"])])
    relay = scripted(suite, "relay", {
        "INSTANTIATE": ("install.sh", b"#!/bin/bash\necho '##baton set PORT 7000'\n"),
        "CONFIGURE": ("legacy-type_connect.sh", CONNECT)},
        provides=["PORT"], requires={"legacy": {"parameters": ["private", "port"]}})
    probe = scripted(suite, "probe", {"CONFIGURE": ("relay-type_probe.sh", PROBE)},
                     provides=["seen"], requires={"relay": {"parameters": ["private", "PORT"]}})
    return suite.rest("POST", "ns-descriptors", {
        "name": "mixed", "vendor": "interop", "version": "1", "vld": [{"name": "private"}],
        "vnfd": [legacy, relay, probe],
        "vnf_dependency": [
            {"source": "legacy", "target": "relay", "parameters": ["private", "port"]},
            {"source": "relay", "target": "legacy", "parameters": ["private", "PORT"]},
            {"source": "relay", "target": "probe", "parameters": ["private", "PORT"]}]})


def address_of(nsr, name):
    vnfr = next(v for v in nsr["vnfr"] if v["name"] == name)
    return vnfr, vnfr["vdu"][0]["vnfc_instance"][0]["ips"][0]["ip"]


@group
def mixed(env, report):
    with Suite(env, "mixed") as suite:
        with report.scenario("mixed/setup", suite, quiet=True):
            suite.start_nfvo(*QUICK, "--agents-managers", suite.type("generic"))
            # Calls of the first service are 1, of the second 2, ...
            suite.start_vnfm("pyvnfm", "--delay", "modify:legacy#2=3",
                             "--fail", "modify:legacy#3=the Python side went wrong")
            suite.start_driver("pydriver", *RESIDENT)
            generic = suite.start_generic("generic")
            suite.start_local_driver("local")
            suite.register_pop("pydriver", "pop")
            suite.register_pop("local", "here")
            nsd = onboard_mixed(suite)

        with report.scenario("mixed/life", suite):
            nsr_id = suite.deploy(nsd)
            nsr = suite.wait_status(nsr_id, "ACTIVE")
            relay, at = address_of(nsr, "relay")
            probe, _ = address_of(nsr, "probe")
            got = suite.calls("pyvnfm", "modify", "legacy")[0]["dependency"]
            equal("what the Python VNFM was told of the relay",
                  (got["parameters"]["relay-type"]["parameters"]["PORT"],
                   [i["parameters"]["private"] for i in
                    got["vnfcParameters"]["relay-type"]["parameters"].values()]), ("7000", [at]))
            equal("what the probe's script saw",
                  [p["value"] for p in probe["provides"]["configurationParameters"]
                   if p["confKey"] == "seen"], [at])
            check("the relay's script ran", any("legacy-type_connect.sh" in e["description"]
                                                for e in relay["lifecycle_event_history"]),
                  relay["lifecycle_event_history"])
            suite.delete(nsr_id)
            suite.expect_nothing_left("pydriver")

        with report.scenario("mixed/generic killed", suite):
            nsr_id = suite.deploy(nsd)
            suite.wait_for_call("pyvnfm", "modify", "legacy", n=2)
            generic.kill()
            generic = suite.start_generic("generic")
            suite.wait_status(nsr_id, "ACTIVE")
            suite.delete(nsr_id)
            suite.expect_nothing_left("pydriver")

        with report.scenario("mixed/python fails", suite):
            nsr_id = suite.deploy(nsd)
            expect_error(suite, nsr_id, "the Python side went wrong")
            suite.delete(nsr_id)
            suite.expect_nothing_left("pydriver")


# -- exceptions of the VNFM

@group
def vnfm_exceptions(env, report):
    """Each method that an NFVO calls raises once; the service's name tells which."""
    cases = {"instantiate": None, "modify": None, "start": "start_vnfr", "terminate": None}
    names = {name: method or name for name, method in cases.items()}
    fails = []
    for name, method in names.items():
        fails += ["--fail", "%s:client-%s=%s went wrong: ä \"quoted\"" % (method, name, name)]
    fails += ["--result", "start_vnfr:client-none=null", "--fail-mutely", "start_vnfr:client-mute"]
    with Suite(env, "vnfm-exception") as suite:
        with report.scenario("vnfm-exception/setup", suite, quiet=True):
            suite.start_nfvo(*QUICK, "--start-timeout", "4s", "--terminate-timeout", "3s")
            suite.start_vnfm("pyvnfm", *fails)
            suite.start_driver("cdriver")
            suite.register_pop("cdriver", "pop")

        def deploy(name):
            server, client = "server-" + name, "client-" + name
            nsd = suite.onboard(name, [(server, "pyvnfm", "pop", 1), (client, "pyvnfm", "pop", 2)],
                                [(server, client)])
            return suite.deploy(nsd)

        running = {}
        for name in list(names) + ["none", "mute"]:
            with report.scenario("vnfm-exception/" + name, suite, quiet=True):
                running[name] = deploy(name)
        for name, nsr_id in running.items():
            with report.scenario("vnfm-exception/" + name, suite, nsr_id):
                if name == "terminate":
                    suite.wait_status(nsr_id, "ACTIVE")
                elif name == "mute":
                    expect_error(suite, nsr_id, "START", "did not answer")
                elif name == "none":  # the record is null: nothing to merge, but an answer
                    suite.wait_status(nsr_id, "ACTIVE")
                else:
                    nsr = expect_error(suite, nsr_id, name + " went wrong: ä \"quoted\"")
                    bad = next(v for v in nsr["vnfr"] if v["name"] == "client-" + name) \
                        if len(nsr["vnfr"]) == 2 else None
                    check("the VNFR is in ERROR", bad and bad["status"] == "ERROR", nsr["vnfr"])
                suite.delete(nsr_id)
                left = [s for s in suite.servers("cdriver") if "-%s-" % name in s]
                check("its servers are gone", not left, left)
        with report.scenario("vnfm-exception/nothing left", suite):
            suite.expect_nothing_left("cdriver")


# -- exceptions and odd answers of the driver

@group
def driver_exceptions(env, report):
    """Each driver method raises; the PoP's name tells which."""
    text = "no such thing: ä \"quoted\""
    cases = {  # PoP -> options of the driver, how it ends
        "create": (("--fail", "create_network:create=" + text), "ERROR"),
        "launch": (("--fail", "launch_instance_and_wait:launch=" + text), "ERROR"),
        "launch2": (("--fail", "launch_instance_and_wait:launch2#2=" + text), "ERROR"),
        "refresh2": (("--fail", "refresh:refresh2#2=" + text), "ERROR"),
        "list": (("--fail", "list_server:list#1=" + text), "ACTIVE"),
        "delete": (("--fail", "delete_server_by_id_and_wait:delete#1=" + text), "ACTIVE"),
        "delete-true": (("--answer", "delete_server_by_id_and_wait:delete-true=true"), "ACTIVE"),
        "launch-true": (("--answer", "launch_instance_and_wait:launch-true#1=true"), "ERROR"),
        "launch-empty": (("--answer", "launch_instance_and_wait:launch-empty={}"), "ACTIVE"),
        "launch-none": (("--answer", "launch_instance_and_wait:launch-none=null"), "ACTIVE"),
        "launch-not": (("--result", "launch_instance_and_wait:launch-not=null"), "ERROR"),
        "create-empty": (("--result", "create_network:create-empty=[]"), "ERROR"),
        "create-none": (("--result", "create_network:create-none=null"), "ERROR"),
        "list-null": (("--result", "list_server:list-null#1=[null]"), "ACTIVE"),
    }
    refused = {  # PoP -> options, words of the refusal
        "refresh": (("--fail", "refresh:refresh=" + text), text),
        "refresh-empty": (("--result", "refresh:refresh-empty=[]"), "answered nothing"),
        "refresh-text": (("--result", "refresh:refresh-text=\"x\""), "'str' object"),
        "refresh-none": (("--result", "refresh:refresh-none=null"), "did not answer"),
    }
    with Suite(env, "driver-exception") as suite:
        with report.scenario("driver-exception/setup", suite, quiet=True):
            suite.start_nfvo(*QUICK, "--driver-timeout", "10s")
            suite.start_vnfm("cvnfm")
            options = list(RESIDENT)
            for extra, _ in list(cases.values()) + list(refused.values()):
                options += extra
            suite.start_driver("pydriver", *options)

        for name, (_, words) in refused.items():
            with report.scenario("driver-exception/" + name, suite):
                status, said = suite.api("POST", "/api/v1/datacenters", {
                    "name": name, "authUrl": "x", "type": suite.type("pydriver")})
                equal("status of the registration", status, 422)
                check("it says why", words in said["message"], said)
                names = [p["name"] for p in suite.rest("GET", "datacenters")]
                check("the PoP is not stored", name not in names, names)

        running = {}
        for name in cases:
            with report.scenario("driver-exception/" + name, suite, quiet=True):
                suite.register_pop("pydriver", name)
                running[name] = suite.deploy(suite.onboard(name, [(name, "cvnfm", name, 2)]))
        for name, nsr_id in running.items():
            with report.scenario("driver-exception/" + name, suite, nsr_id):
                options, end = cases[name]
                if end == "ACTIVE":
                    suite.wait_status(nsr_id, "ACTIVE")
                elif options[0] == "--fail":
                    expect_error(suite, nsr_id, text)
                else:
                    expect_error(suite, nsr_id)
                suite.delete(nsr_id)
                left = [s for s in suite.servers("pydriver") if re.match(name + r"-\d", s)]
                check("its servers are gone", not left, left)
        with report.scenario("driver-exception/nothing left", suite):
            suite.expect_nothing_left("pydriver")


@group
def driver_deaf(env, report):
    """A result False ends the SDK's only reply thread: the driver works on and never answers."""
    with Suite(env, "driver-deaf") as suite, report.scenario("driver-deaf", suite):
        suite.start_nfvo(*QUICK, "--driver-timeout", "6s", "--release-sight", "12s")
        suite.start_vnfm("cvnfm")
        options = RESIDENT + ("--answer", "delete_server_by_id_and_wait:pop#1=false")
        driver = suite.start_driver("pydriver", *options)
        suite.register_pop("pydriver", "pop")
        nsr_id = suite.deploy(suite.onboard("deaf", [("deaf", "cvnfm", "pop", 2)]))
        suite.wait_status(nsr_id, "ACTIVE")
        suite.delete(nsr_id)  # leaves the user's sight, unverified
        check("it is remembered", suite.sql("select count(*) from nsr") == "1")
        status, said = suite.api("GET", "/api/v1/datacenters/%s/refresh" % suite.rest(
            "GET", "datacenters")[0]["id"])
        check("refresh says that the driver does not answer",
              status == 422 and "did not answer" in said["message"] and
              "restart" in str(said.get("fault")), (status, said))
        driver.stop(signal.SIGKILL)
        suite.start_driver("pydriver", *RESIDENT)
        suite.expect_nothing_left("pydriver")


@group
def empty_listing(env, report):
    """A PoP without servers: its Python driver can only answer an empty body to a listing."""
    name = "release-on-empty-pop"
    with Suite(env, name) as suite, report.scenario(name, suite):
        start_pair(suite, ["pyvnfm"], "pydriver", nfvo=QUICK + ("--release-sight", "3s"))
        nsr_id = suite.deploy(suite.onboard("lonely", [("lonely", "pyvnfm", "pop", 1)]))
        suite.wait_status(nsr_id, "ACTIVE")
        suite.delete(nsr_id)
        suite.expect_nothing_left("pydriver")
        check("it took five empty listings", len(suite.calls("pydriver", "list_server")) >= 5,
              len(suite.calls("pydriver", "list_server")))


@group
def release_of_many(env, report):
    """Twelve servers, some of them deleted much later than the others, on a driver that answers no
    delete and cannot say that it has none: each is verified in 45 s."""
    name, late = "release-of-many", 20
    with Suite(env, name) as suite, report.scenario(name, suite):
        suite.start_nfvo("--pop-cache", "0s")  # with the usual delete-hint
        suite.start_vnfm("pyvnfm", "--delay", "terminate:late=%d" % late)
        suite.start_driver("pydriver")
        suite.register_pop("pydriver", "pop")
        nsr_id = suite.deploy(suite.onboard("many", [("early", "pyvnfm", "pop", 6),
                                                     ("late", "pyvnfm", "pop", 6)]))
        suite.wait_status(nsr_id, "ACTIVE", 60)
        suite.rest("DELETE", "ns-records/" + nsr_id)

        def left():
            return suite.sql("select count(*) from instance i join vnfr v on v.id = i.vnfr_id "
                             "where i.phase <> 'GONE' and v.name = 'early'")

        began = time.monotonic()
        env.until(120, "the early ones are verified", lambda: left() == "0")
        early = time.monotonic() - began
        env.until(120, "all are verified", lambda: suite.sql("select count(*) from nsr") == "0")
        last = time.monotonic() - began
        print("%s: verified after %.0f s, and %.0f s for those deleted %d s later" % (
            name, early, last - late, late), flush=True)
        check("the early ones took 45 s at most", early <= 45, early)
        check("the late ones took 45 s at most", last - late <= 45, last)
        suite.expect_nothing_left("pydriver")


# -- restarts

STAGES = {  # name -> call that is going on, its subject, PoP, is it a release
    "network": ("pydriver", "create_network", "network", "network", False),
    "launch": ("pydriver", "launch_instance_and_wait", "launch", "launch", False),
    "instantiate": ("pyvnfm", "instantiate", "a-instantiate", "plain", False),
    "modify": ("pyvnfm", "modify", "b-modify", "plain", False),
    "start": ("pyvnfm", "start_vnfr", "b-start", "plain", False),
    "terminate": ("pyvnfm", "terminate", "a-terminate", "plain", True),
    "delete": ("pydriver", "delete_server_by_id_and_wait", "delete", "delete", True),
}


def start_stages(suite, seconds):
    """Peers that take their time in just these calls."""
    slow = {"pyvnfm": [], "pydriver": list(RESIDENT)}
    for kind, method, subject, _, _ in STAGES.values():
        slow[kind] += ["--delay", "%s:%s=%s" % (method, subject, seconds)]
    suite.start_nfvo(*QUICK)
    suite.start_vnfm("pyvnfm", *slow["pyvnfm"])
    suite.start_driver("pydriver", *slow["pydriver"])
    for pop in sorted({stage[3] for stage in STAGES.values()}):
        suite.register_pop("pydriver", pop)


def reach_stage(suite, name):
    """A service of a source, a-..., and a target, b-..., in this stage.  Returns its id."""
    kind, method, subject, pop, is_release = STAGES[name]
    a, b = "a-" + name, "b-" + name
    nsr_id = suite.deploy(suite.onboard(name, [(a, "pyvnfm", pop, 1), (b, "pyvnfm", pop, 2)],
                                        [(a, b)]))
    if is_release:
        suite.wait_status(nsr_id, "ACTIVE")
        suite.rest("DELETE", "ns-records/" + nsr_id)
    suite.wait_for_call(kind, method, subject)
    return nsr_id


@group
def nfvo_killed(env, report):
    """kill -9 of the NFVO while a Python peer is busy for it; its answer finds nobody, or the
    next NFVO."""
    with Suite(env, "nfvo-killed") as suite:
        with report.scenario("nfvo-killed/setup", suite, quiet=True):
            start_stages(suite, 0.7)
        for name, stage in STAGES.items():
            with report.scenario("nfvo-killed/" + name, suite):
                nsr_id = reach_stage(suite, name)
                suite.nfvo.kill()
                suite.start_nfvo()
                if not stage[4]:
                    suite.wait_status(nsr_id, "ACTIVE", 40)
                    hosts = [s for s in suite.servers("pydriver")
                             if re.match("[ab]-%s-" % name, s)]
                    equal("servers", len(hosts), 3)
                    for vnf, calls in (("a-" + name, ["instantiate", "start_vnfr"]),
                                       ("b-" + name, ["instantiate", "modify", "start_vnfr"])):
                        equal("calls of %s: none is made twice" % vnf, [
                            c["method"] for c in suite.calls("pyvnfm", None, vnf)], calls)
                    suite.rest("DELETE", "ns-records/" + nsr_id)
                suite.wait_gone(nsr_id)
        with report.scenario("nfvo-killed/nothing left", suite):
            suite.expect_nothing_left("pydriver")


@group
def deleted_midway(env, report):
    """The user deletes the service while a Python peer is busy for it."""
    with Suite(env, "deleted-midway") as suite:
        with report.scenario("deleted-midway/setup", suite, quiet=True):
            start_stages(suite, 0.7)
        for name, stage in STAGES.items():
            if not stage[4]:
                with report.scenario("deleted-midway/" + name, suite):
                    suite.delete(reach_stage(suite, name))
        with report.scenario("deleted-midway/nothing left", suite):
            suite.expect_nothing_left("pydriver")
        with report.scenario("deleted-midway/peers live on", suite):
            nsr_id = suite.deploy(suite.onboard("on", [("on", "pyvnfm", "plain", 1)]))
            suite.wait_status(nsr_id, "ACTIVE")
            suite.delete(nsr_id)


@group
def crowd(env, report):
    """Many services at once on Python peers and two NFVOs, one of which is killed on the way."""
    with Suite(env, "crowd") as suite, report.scenario("crowd", suite):
        start_pair(suite, ["pyvnfm", "cvnfm"], "pydriver", *RESIDENT)
        first = suite.nfvo
        suite.start_nfvo()
        nsds = [pair(suite, "pyvnfm", "cvnfm"), pair(suite, "cvnfm", "pyvnfm")]
        nsr_ids = [suite.deploy(nsds[n % 2]) for n in range(10)]
        suite.wait_for_call("pyvnfm", "start_vnfr", n=2)
        first.kill()
        # What the broker may or may not have taken of the killed one is looked into.
        for nsr_id in nsr_ids:
            suite.wait_status(nsr_id, "ACTIVE", 60)
        for kind in ("pyvnfm", "cvnfm"):
            starts = [c.get("subject", c.get("name")) for c in suite.calls(kind)
                      if (c.get("method") or c.get("action")) in ("start_vnfr", "START")]
            equal("starts of %s: one for each of its VNFRs" % kind, len(starts), 10)
        equal("servers", len(set(suite.servers("pydriver"))), 30)
        for nsr_id in nsr_ids:
            suite.rest("DELETE", "ns-records/" + nsr_id)
        for nsr_id in nsr_ids:
            suite.wait_gone(nsr_id, 60)
        suite.expect_nothing_left("pydriver")


@group
def no_allocate(env, report):
    """A VNFM that asks for a grant, but not for resources: there are no instances."""
    with Suite(env, "no-allocate") as suite, report.scenario("no-allocate", suite):
        suite.start_nfvo(*QUICK)
        suite.start_vnfm("pyvnfm", "--no-allocate")
        suite.start_driver("cdriver")
        suite.register_pop("cdriver", "pop")
        nsr_id = suite.deploy(pair(suite, "pyvnfm", "pyvnfm"))
        nsr = suite.wait_status(nsr_id, "ACTIVE")
        equal("instances", [v["vdu"][0]["vnfc_instance"] for v in nsr["vnfr"]], [[], []])
        suite.delete(nsr_id)
        suite.expect_nothing_left("cdriver")


@group
def vnfm_killed(env, report):
    """kill -9 of the Python VNFM: its queue goes with it, what it was doing is lost."""
    with Suite(env, "vnfm-killed") as suite:
        vnfm = [None]
        delays = ("--delay", "start_vnfr:b-start=600", "--delay", "instantiate:b-instantiate=600",
                  "--delay", "terminate:b-terminate=600")
        with report.scenario("vnfm-killed/setup", suite, quiet=True):
            # Long limits: that it died is told long before they end.
            suite.start_nfvo(*QUICK, "--instantiate-timeout", "120s", "--start-timeout", "120s",
                             "--terminate-timeout", "3s")
            vnfm[0] = suite.start_vnfm("pyvnfm", *delays)
            suite.start_vnfm("cvnfm", "--delay", "INSTANTIATE=1500ms")
            suite.start_driver("cdriver")
            suite.register_pop("cdriver", "pop")
            suite.start_driver("pyslow", *RESIDENT, "--delay", "create_network=1.5",
                               "--delay", "launch_instance_and_wait=1.5")
            suite.register_pop("pyslow", "slow")

        def restart():
            vnfm[0].kill()
            env.until(120, "its queue is gone", lambda: not suite.has_queue("pyvnfm"))
            vnfm[0] = suite.start_vnfm("pyvnfm", *delays)

        def ended(nsr_id):
            return env.until(120, "ACTIVE or ERROR", lambda: (
                lambda status: status if status in ("ACTIVE", "ERROR") else None)(
                    suite.nsr(nsr_id)["status"]))

        for name, method, words in (("start", "start_vnfr", "START"),
                                    ("instantiate", "instantiate", "INSTANTIATE")):
            with report.scenario("vnfm-killed/in " + name, suite):
                b = "b-" + name
                nsr_id = suite.deploy(suite.onboard(name, [(b, "pyvnfm", "pop", 2)]))
                suite.wait_for_call("pyvnfm", method, b)
                before = len(suite.calls("pyvnfm", None, b))
                restart()
                # Whether it ran is not known: START is not sent again, INSTANTIATE may be.
                end = ended(nsr_id)
                if end == "ERROR":
                    expect_error(suite, nsr_id, words, "died while it worked")
                if name == "start":
                    equal("end", end, "ERROR")
                    equal("calls: it is not started twice",
                          len(suite.calls("pyvnfm", None, b)), before)
                suite.delete(nsr_id)
        # It waits for an answer on a queue that dies with it: the answer finds nobody.
        for name, method in (("GRANT", "create_network"),
                             ("ALLOCATE", "launch_instance_and_wait")):
            with report.scenario("vnfm-killed/waiting for " + name, suite):
                nsr_id = suite.deploy(suite.onboard(name, [(name, "pyvnfm", "slow", 2)]))
                suite.wait_for_call("pyslow", method, "slow")
                restart()
                end = ended(nsr_id)
                if end == "ERROR":  # told at once, or when INSTANTIATE was not answered in time
                    expect_error(suite, nsr_id, "INSTANTIATE")
                suite.delete(nsr_id)
        with report.scenario("vnfm-killed/between two commands", suite):
            # The server waits for nobody, the client's MODIFY finds no queue until the restart.
            nsr_id = suite.deploy(suite.onboard("between", [
                ("a-between", "cvnfm", "pop", 1), ("b-between", "pyvnfm", "pop", 2)],
                [("a-between", "b-between")]))
            suite.wait_for_call("pyvnfm", "instantiate", "b-between")
            env.until(120, "b-between is INITIALIZED", lambda: any(
                v["name"] == "b-between" and v["status"] == "INITIALIZED"
                for v in suite.nsr(nsr_id)["vnfr"]))
            restart()
            suite.wait_status(nsr_id, "ACTIVE")
            suite.delete(nsr_id)
        with report.scenario("vnfm-killed/in terminate", suite):
            nsr_id = suite.deploy(suite.onboard("terminate", [("b-terminate", "pyvnfm", "pop",
                                                               1)]))
            suite.wait_status(nsr_id, "ACTIVE")
            suite.rest("DELETE", "ns-records/" + nsr_id)
            suite.wait_for_call("pyvnfm", "terminate", "b-terminate")
            restart()
            suite.wait_gone(nsr_id)
        with report.scenario("vnfm-killed/absent while released", suite):
            nsr_id = suite.deploy(suite.onboard("absent", [("absent", "pyvnfm", "pop", 1)]))
            suite.wait_status(nsr_id, "ACTIVE")
            vnfm[0].kill()
            suite.delete(nsr_id)
        with report.scenario("vnfm-killed/nothing left", suite):
            suite.expect_nothing_left("cdriver", "pyslow")


@group
def driver_killed(env, report):
    """kill -9 of the Python driver, with and without a call in hand."""
    with Suite(env, "driver-killed") as suite:
        driver = [None]
        with report.scenario("driver-killed/setup", suite, quiet=True):
            suite.start_nfvo(*QUICK, "--driver-timeout", "40s")
            suite.start_vnfm("pyvnfm")
            driver[0] = suite.start_driver("pydriver", *RESIDENT, *[
                word for call in ("launch_instance_and_wait:slow", "create_network:network",
                                  "refresh:refresh#2", "list_server:listing")
                for word in ("--delay", call + "=600")])
            for name in ("slow", "network", "refresh", "listing", "pop"):
                suite.register_pop("pydriver", name)
            listed = suite.deploy(suite.onboard("listing", [("listing", "pyvnfm", "listing", 1)]))
            suite.wait_status(listed, "ACTIVE")

        with report.scenario("driver-killed/in a call", suite):
            # Killed with a call in hand, and back at once: who waits is served, long before the
            # call's deadline. A launch is looked for first, and so is a network.
            nsr_ids = [suite.deploy(suite.onboard(n, [(n, "pyvnfm", n, 1)]))
                       for n in ("slow", "network", "refresh")]
            suite.rest("DELETE", "ns-records/" + listed)
            suite.wait_for_call("pydriver", "launch_instance_and_wait", "slow")
            suite.wait_for_call("pydriver", "create_network", "network")
            suite.wait_for_call("pydriver", "list_server", "listing")
            env.until(120, "the second refresh is in hand",
                      lambda: len(suite.calls("pydriver", "refresh", "refresh")) >= 2)
            driver[0].kill()
            driver[0] = suite.start_driver("pydriver", *RESIDENT)
            began = time.monotonic()
            for nsr_id in nsr_ids:
                suite.wait_status(nsr_id, "ACTIVE", 30)
            suite.wait_gone(listed, 30)
            check("it was not the deadline", time.monotonic() - began < 30)
            equal("one server of each", sorted(s.split("-")[0] for s in suite.servers("pydriver")),
                  ["network", "refresh", "slow"])
            for nsr_id in nsr_ids:
                suite.delete(nsr_id)
        with report.scenario("driver-killed/after a call", suite):
            nsr_id = suite.deploy(suite.onboard("again", [("again", "pyvnfm", "network", 1)]))
            suite.wait_status(nsr_id, "ACTIVE")
            suite.delete(nsr_id)
        with report.scenario("driver-killed/absent", suite):
            nsd = suite.onboard("absent", [("absent", "pyvnfm", "pop", 2)])
            driver[0].kill()
            env.until(120, "the NFVO sees it", lambda: not suite.has_driver("pydriver"))
            nsr_id = suite.deploy(nsd)
            # It is known, and may come back: what needs it waits until its own deadline.
            expect_error(suite, nsr_id, "driver 'vim-drivers.%s." % suite.type("pydriver"),
                         "of PoP 'pop' did not answer refresh in time", seconds=180)
            suite.delete(nsr_id)
            driver[0] = suite.start_driver("pydriver", *RESIDENT)
            nsr_id = suite.deploy(nsd)
            suite.wait_status(nsr_id, "ACTIVE")
        with report.scenario("driver-killed/while released", suite):
            driver[0].kill()
            suite.rest("DELETE", "ns-records/" + nsr_id)
            suite.wait_for_call("pyvnfm", "terminate", "absent")
            driver[0] = suite.start_driver("pydriver", *RESIDENT)
            suite.wait_gone(nsr_id, 40)
        with report.scenario("driver-killed/nothing left", suite):
            suite.expect_nothing_left("pydriver")


# -- registration

@group
def unregister(env, report):
    with Suite(env, "unregister") as suite:
        vnfms = []
        with report.scenario("unregister/setup", suite, quiet=True):
            suite.start_nfvo(*QUICK)
            suite.start_driver("cdriver")
            suite.register_pop("cdriver", "pop")
            vnfms.append(suite.start_vnfm("pyvnfm"))
            nsd = suite.onboard("n", [("n", "pyvnfm", "pop", 1)])

        with report.scenario("unregister/a second process of a living type is refused", suite):
            before = suite.accounts("pyvnfm")
            second = suite.start_vnfm("pyvnfm", wait=False)
            env.until(120, "it is told in the log", lambda: "is there, and serves" in
                      suite.nfvo.output())
            second.kill()
            equal("the living one has its account, and nobody another", suite.accounts("pyvnfm"),
                  before)
            nsr_id = suite.deploy(nsd)
            suite.wait_status(nsr_id, "ACTIVE")
            suite.delete(nsr_id)
            suite.forget_dead_letters(suite.open_room)  # its registration
        with report.scenario("unregister/the last", suite):
            equal("SIGINT ends it", vnfms[0].stop(signal.SIGINT), 0)
            env.until(120, "the endpoint is gone", lambda: not suite.has_vnfm("pyvnfm"))
            env.until(120, "the user is gone", lambda: not suite.accounts("pyvnfm"))
            status, said = suite.api("POST", "/api/v1/ns-records/" + nsd["id"], {})
            equal("deploying is refused", (status, said["message"]), (
                404, "VNFManager with endpoint: %s is not registered or not enabled or not "
                "active." % suite.type("pyvnfm")))
        with report.scenario("unregister/and back", suite):
            vnfms.append(suite.start_vnfm("pyvnfm"))
            nsr_id = suite.deploy(nsd)
            suite.wait_status(nsr_id, "ACTIVE")
            suite.delete(nsr_id)
            expect_vnfm_rights(suite, "pyvnfm")
        with report.scenario("unregister/killed", suite):
            vnfms[-1].kill()
            env.until(120, "the endpoint is not active", lambda: not suite.has_vnfm("pyvnfm"))
            status, said = suite.api("POST", "/api/v1/ns-records/" + nsd["id"], {})
            equal("deploying is refused", status, 404)
            suite.expect_nothing_left("cdriver")


@group
def peers_first(env, report):
    """Peers that come while no NFVO runs: their registration waits for one."""
    with Suite(env, "peers-first", is_closed=True) as suite, report.scenario("peers-first", suite):
        def passwords():
            return suite.sql("select string_agg(username || sealed, ',' order by username) "
                             "from manager_credentials")

        start_pair(suite, ["pyvnfm"], "pydriver", *RESIDENT)
        before = passwords()
        equal("status of the NFVO that was stopped", suite.nfvo.stop(), 0)
        for process in suite.processes[1:]:
            process.kill()
        late = [suite.start_vnfm("pyvnfm", wait=False),
                suite.start_driver("pydriver", *RESIDENT, wait=False)]
        env.until(120, "both registrations wait", lambda: all(
            suite.broker("GET", "vhosts/%s/connections" % suite.room_of(kind))[1]
            for kind in ("pyvnfm", "pydriver")))
        suite.start_nfvo()
        for process in late:
            process.wait_ready()
        env.until(120, "both are registered", lambda: suite.has_vnfm("pyvnfm") and
                  suite.has_driver("pydriver"))
        equal("the passwords", passwords(), before)
        nsr_id = suite.deploy(pair(suite, "pyvnfm", "pyvnfm"))
        suite.wait_status(nsr_id, "ACTIVE")
        suite.delete(nsr_id)
        suite.expect_nothing_left("pydriver")


# -- guests of an operator: registration is closed, each kind has an account and a room

@group
def enrolled(env, report):
    """Unmodified peers as enrolled guests, each kind in a virtual host that it shares with nobody."""
    with Suite(env, "enrolled", is_closed=True) as suite:
        kinds = ("pyvnfm", "govnfm", "cvnfm", "pydriver", "godriver")
        with report.scenario("enrolled/setup", suite, quiet=True):
            suite.start_nfvo(*QUICK)
            vnfm = suite.start_vnfm("pyvnfm")
            suite.start_vnfm("govnfm")
            suite.start_vnfm("cvnfm")
            suite.start_driver("pydriver", *RESIDENT)
            suite.start_driver("godriver")
            pops = {kind: suite.register_pop(kind, kind) for kind in ("pydriver", "godriver")}

        with report.scenario("enrolled/a room each", suite):
            rooms = {kind: suite.room_of(kind) for kind in kinds}
            equal("rooms", len(set(rooms.values())), len(kinds))
            for kind, room in rooms.items():
                env.until(120, "in the room of %s are the NFVO and its peer" % kind, lambda: {
                    c.get("user") for c in suite.broker("GET", "vhosts/%s/connections" % room)[1]
                } == {env.user, suite.type(kind)})
            equal("nobody can register", suite.broker("GET", "users/" + suite.registrar)[0], 404)
        for name, vnfms, kind in (
                ("Python", {"server": "pyvnfm", "client": "pyvnfm"}, "pydriver"),
                ("Go", {"server": "govnfm", "client": "govnfm"}, "godriver"),
                ("Python beside Go", {"server": "pyvnfm", "client": "govnfm"}, "godriver"),
                ("C beside Python", {"server": "cvnfm", "client": "pyvnfm"}, "pydriver")):
            with report.scenario("enrolled/" + name, suite):
                suite.forget_calls("pyvnfm", "govnfm")
                whole_life(suite, pops[kind], vnfms, kind)
        with report.scenario("enrolled/rights", suite):
            for kind in ("pyvnfm", "govnfm", "cvnfm"):
                expect_vnfm_rights(suite, kind)
            for kind in ("pydriver", "godriver"):
                expect_driver_rights(suite, kind)
        with report.scenario("enrolled/one of two processes", suite):
            nsd = suite.onboard("n", [("n", "pyvnfm", "pydriver", 1)])
            suite.start_vnfm("pyvnfm")
            equal("both have one user", suite.accounts("pyvnfm"), [suite.type("pyvnfm")])
            equal("SIGINT ends it", vnfm.stop(signal.SIGINT), 0)
            # Its goodbye waits for its queue to be without consumers, which it never is.
            env.until(120, "the NFVO has read the goodbye", lambda: "unregister_ignored" in
                      suite.nfvo.output())
            expect_vnfm_rights(suite, "pyvnfm")
            nsr_id = suite.deploy(nsd)
            suite.wait_status(nsr_id, "ACTIVE")
            suite.delete(nsr_id)
        with report.scenario("enrolled/nothing left", suite):
            suite.expect_nothing_left("pydriver", "godriver")
