"""What the reference's dashboard, Java client library and companions (autoscaling, fault management,
network slicing) say to an NFVO, call by call, in the order and with the headers, slashes and bodies
they use.  No registry serves them: their public sources were read, and this is what they do, in our
words.  Each row is sent to a real NFVO.

A row: method, path, body, statuses that its sender takes for good, members of the answer it reads.
{nsd}, {nsr}, ... are ids of what was made before; "=name" keeps the id of the answer as {name}.
BAD: it takes no status for good here, but reads `message` of the answer, and would break without it.
"""
import json
import urllib.parse

from scenarios import QUICK, group
from suite import Suite, basic, check, equal

BAD = (400, 403, 404, 405, 422, 501)
CREATED, ACCEPTED, GONE, OK = (201,), (202,), (204,), (200,)
ANY = (200, 201, 202, 204)  # a browser's library does not look closer
JSON = {"Accept": "application/json", "Content-Type": "application/json"}
TEXT = {"Accept": "text/plain", "Content-Type": "text/plain"}
FILE = {"Accept": "application/octet-stream", "Content-Type": "application/octet-stream"}
KEY = {"Accept": "application/octet-stream", "Content-Type": "application/json"}
V1, NSD, NSR = "/api/v1", "/api/v1/ns-descriptors/", "/api/v1/ns-records/"
VNF = NSR + "{nsr}/vnfrecords/{vnfr}"
ONE = VNF + "/vdunits/{vdu}/vnfcinstances/{instance}"
POINT = {"vnfComponent": {"connection_point": [{"interfaceId": 0,
                                                "virtual_link_reference": "private"}]},
         "vimInstanceNames": ["{pop.name}"]}
EVENT = {"name": "event_name", "networkServiceId": "", "virtualNetworkFunctionId": "",
         "type": "REST", "endpoint": "http://192.0.2.1:8080/events", "event": "INSTANTIATE_FINISH"}
SSH = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7 me"
NO_PROJECT = {"project-id": None}

# The dashboard (AngularJS): its lists end with a slash, its errors are shown from `message`.
DASHBOARD = [
    # login page, header, overview
    ("GET", V1 + "/security", None, (400, 404), ["message"], NO_PROJECT),
    ("GET", V1 + "/projects/", None, OK, ["0.id", "0.name"], NO_PROJECT),
    ("GET", V1 + "/main/version/", None, OK, [], TEXT),
    ("GET", V1 + "/users/current", None, OK, ["username", "roles.0.role"]),
    ("GET", V1 + "/configurations/", None, BAD, ["message"]),
    ("GET", NSD, None, OK, ["0.vnfd"]),
    ("GET", NSR, None, OK, ["0.vnfr.0.vdu.0.vnfc_instance"]),
    ("GET", V1 + "/keys/", None, OK, []),
    ("GET", V1 + "/datacenters/", None, OK, ["0.id", "0.name", "0.type"]),
    ("GET", V1 + "/quotas", None, OK, ["total.ram", "left.ram", "total.cores", "left.instances",
                                      "left.floatingIps"]),
    ("GET", V1 + "/main/openbaton-rc/", None, OK, [], FILE),
    ("PUT", V1 + "/users/changepwd", {"old_pwd": "no", "new_pwd": "Some-1-password"}, BAD,
     ["message"]),
    ("POST", "/register", {"username": "x"}, BAD + (401,), ["message"], NO_PROJECT),
    # descriptors and their launch
    ("GET", NSD + "{nsd}", None, OK, ["vnfd.0.vdu.0.vnfc.0.connection_point", "vld"]),
    ("PUT", NSD + "{nsd}", {"id": "{nsd}", "name": "companions"}, ANY, []),
    ("GET", "/env", None, OK, ["applicationConfig: [file:/etc/openbaton/openbaton-nfvo.properties]"]),
    ("GET", V1 + "/keys", None, OK, []),
    ("POST", NSR + "{nsd}", {"keys": [], "vduVimInstances": {}, "monitoringIp": "",
                             "configurations": {}}, ANY, ["id"], "=launched"),
    ("POST", NSD, {"name": "empty"}, BAD, ["message"]),
    ("POST", "/api/rest/tosca/v2/definitions/", b"<Definitions/>", BAD + (401, 415), ["message"],
     {"Content-Type": "application/xml"}),
    ("GET", V1 + "/vnf-descriptors/", None, OK, ["0.id", "0.vdu.0.id"]),
    ("GET", V1 + "/vnf-descriptors/{vnfd}", None, OK, ["vdu.0.id"]),
    ("GET", V1 + "/vnf-descriptors/{vnfd}/vdus/{vnfd.vdu}", None, OK, ["id"]),
    ("DELETE", NSD + "nothing", None, BAD, ["message"]),
    ("POST", NSD + "multipledelete", ["nothing"], BAD, ["message"]),
    ("DELETE", NSD + "{nsd}/vnfdependencies/nothing", None, BAD, ["message"]),
    ("DELETE", NSD + "{nsd}/vnfdescriptors/nothing", None, BAD, ["message"]),
    # packages
    ("GET", V1 + "/vnf-packages/", None, OK, ["0.id", "0.scripts.0.id"]),
    ("GET", V1 + "/vnf-packages/{package}", None, OK, ["scripts.0.name"]),
    ("GET", V1 + "/vnf-packages/{package}/scripts/{script}", None, OK, [], TEXT),
    ("PUT", V1 + "/vnf-packages/{package}/scripts/{script}", b"#!/bin/sh\n", ANY, [], TEXT),
    ("DELETE", V1 + "/vnf-packages/{package}/scripts/{script}", None, BAD, ["message"]),
    ("POST", V1 + "/vnf-packages/multipledelete", ["{package}"], ANY, []),
    # services
    ("GET", NSR + "{nsr}", None, OK, ["vnfr.0.lifecycle_event_history", "vnfr.0.vdu.0.vm_image.0",
                                      "vnfr.0.vdu.0.vnfc_instance.0.vim_id",
                                      "vnfr.0.vdu.0.vnfc.0.connection_point"]),
    ("POST", VNF + "/vdunits/vnfcinstances", POINT, ANY, []),
    "ACTIVE",
    ("DELETE", VNF + "/vdunits/vnfcinstances", None, ANY, []),
    "ACTIVE",
    ("POST", VNF + "/vdunits/{vdu}/vnfcinstances", POINT, ANY, []),
    "ACTIVE",
    ("DELETE", VNF + "/vdunits/{vdu}/vnfcinstances", None, ANY, []),
    "ACTIVE",
    ("POST", VNF + "/update/", None, ANY, []),
    "ACTIVE",
    ("POST", VNF + "/execute-script/", b"#!/bin/sh\ntrue\n", ANY, [], TEXT),
    "ACTIVE",
    ("POST", VNF + "/restart", {"imageName": "test-image"}, ANY, []),
    "ACTIVE",
    ("POST", VNF + "/upgrade", {"vnfdId": "nothing"}, BAD, ["message"]),
    ("POST", NSR + "{nsr}/resume", None, ANY + BAD, []),
    ("POST", NSR + "{nsr}/vnfrecords/{vnfr}/vnfcinstance/{instance}/start", {}, BAD, ["message"]),
    ("POST", V1 + "/logs/{nsr}/vnfrecord/web/hostname/{host}", None, ANY + BAD + (500,), []),
    ("POST", V1 + "/logs/{nsr}/vnfrecord/web/hostname/{host}", {"lines": 10}, ANY + BAD + (500,), []),
    ("DELETE", NSR + "{nsr}/vnfdependencies/nothing", None, BAD, ["message"]),
    ("DELETE", NSR + "{nsr}/vnfrecords/nothing", None, BAD, ["message"]),
    # the rest of the menu
    ("GET", V1 + "/events/actions", None, OK, ["0"]),
    ("POST", V1 + "/events/", dict(EVENT), ANY, ["id"], "=event"),
    ("POST", V1 + "/events/", dict(EVENT, endpoint="localhost:8080/events"), BAD, ["message"]),
    ("GET", V1 + "/events/", None, OK, ["0.name", "0.endpoint", "0.event"]),
    ("GET", V1 + "/events/{event}", None, OK, ["id"]),
    ("POST", V1 + "/events/multipledelete", ["{event}"], ANY, []),
    ("GET", V1 + "/datacenters/{pop}", None, OK, ["name", "images", "networks"]),
    ("GET", V1 + "/datacenters/{pop}/refresh", None, OK, ["id"]),
    ("POST", V1 + "/datacenters/", {"type": "openstack", "securityGroups": [], "domain": "default"},
     BAD, ["message"]),
    ("DELETE", V1 + "/datacenters/nothing", None, BAD, ["message"]),
    ("GET", V1 + "/plugins", None, OK, ["0"]),
    ("GET", V1 + "/plugins/test/test/1.0", None, BAD, ["message"]),
    ("GET", V1 + "/vnfmanagers/", None, OK, ["0.id", "0.type", "0.endpointType"]),
    ("GET", V1 + "/vnfmanagers/{vnfm}", None, OK, ["endpoint"]),
    ("GET", V1 + "/vnfcomponents/", None, OK, []),
    ("POST", V1 + "/keys/", {"name": "imported", "publicKey": SSH}, ANY, ["id"], "=key"),
    ("POST", V1 + "/keys/generate", b"generated", ANY, [], TEXT),
    ("DELETE", V1 + "/keys/{key}", None, ANY, []),
    ("GET", "/configprops", None, OK, ["restVNFPackage.properties"], NO_PROJECT),
    ("POST", V1 + "/vnf-packages/marketdownload", {"link": "http://192.0.2.1/x"}, BAD, ["message"]),
    ("POST", V1 + "/csar-vnf/marketdownload", {"link": "http://192.0.2.1/x"}, BAD, ["message"]),
    ("POST", V1 + "/csar-ns/marketdownload", {"link": "http://192.0.2.1/x"}, BAD, ["message"]),
    ("POST", NSD + "marketdownload", {"link": "http://192.0.2.1/x"}, BAD, ["message"]),
    ("GET", V1 + "/nfvimage", None, OK + BAD, []),
    ("POST", V1 + "/nfvimage?name=x&url=http%3A%2F%2F192.0.2.1%2Fx", None, ANY + BAD, []),
    ("POST", V1 + "/projects/", {"name": "lab", "description": "for trials"}, ANY, ["id"], "=project"),
    ("GET", V1 + "/users/", None, OK, ["0.username", "0.roles"]),
    ("POST", V1 + "/users/", {"username": "ann", "password": "Some-1-password", "email": "a@b.c",
                              "enabled": True, "roles": [{"role": "USER", "project": "lab"}]},
     ANY, ["id"], "=user"),
    ("GET", V1 + "/users/ann", None, OK, ["email"]),
    ("PUT", V1 + "/users/ann", {"username": "ann", "email": "a@b.c", "enabled": True,
                                "id": "{user}", "roles": [{"role": "GUEST", "project": "lab"}]},
     ANY, []),
    ("PUT", V1 + "/users/changepwd/ann", {"new_pwd": "Other-1-password"}, ANY, []),
    ("POST", V1 + "/users/multipledelete", ["{user}"], ANY, []),
    ("POST", V1 + "/projects/multipledelete", ["{project}"], ANY, []),
    ("POST", V1 + "/components/services/create", {"name": "their", "roles": ["*"]}, ANY, [], KEY),
    ("GET", V1 + "/components/services/", None, OK, ["0.id", "0.name"], "=service"),
    ("GET", V1 + "/components/services/{service}", None, OK + BAD, []),
    ("POST", V1 + "/components/services/multipledelete", ["{service}"], ANY, []),
    ("GET", V1 + "/history/", None, OK, ["0.method", "0.path"]),
    ("POST", NSR + "multipledelete", ["{launched}"], ANY, []),
]

# The Java library takes exactly one status of each method (POST 201, PUT 202, DELETE 204, GET 200),
# makes with a slash behind the collection, and sends texts without saying what they accept.
PLAIN = {"Accept": None, "Content-Type": "text/plain; charset=ISO-8859-1"}
JAVA = [
    ("GET", V1 + "/projects", None, OK, ["0.id"]),
    ("GET", V1 + "/main/version", None, OK, []),
    ("POST", V1 + "/events/", dict(EVENT, name="java"), CREATED, ["id"], "=event"),
    ("GET", V1 + "/events", None, OK, ["0.id"]),
    ("GET", V1 + "/events/{event}", None, OK, ["name"]),
    ("DELETE", V1 + "/events/{event}", None, GONE, []),
    ("POST", V1 + "/keys/", {"name": "java", "publicKey": SSH}, CREATED, ["id"], "=key"),
    ("POST", V1 + "/keys/generate", b"java-made", CREATED, [], PLAIN),
    ("DELETE", V1 + "/keys/{key}", None, GONE, []),
    ("GET", V1 + "/datacenters", None, OK, ["0.name"]),
    ("GET", V1 + "/datacenters/{pop}", None, OK, ["type"]),
    ("GET", V1 + "/datacenters/{pop}/refresh", None, OK, ["id"]),
    ("GET", V1 + "/vnf-descriptors/{vnfd}", None, OK, ["id"]),
    ("GET", NSD + "{nsd}/vnfdescriptors", None, OK, ["0.id"]),
    ("GET", NSD + "{nsd}/vnfdependencies", None, OK, []),
    ("GET", NSD + "{nsd}/pnfdescriptors", None, OK, []),
    ("POST", NSR + "{nsd}", {"keys": [], "configurations": {}, "vduVimInstances": {}}, CREATED,
     ["id"], "=launched"),
    ("GET", NSR + "{nsr}/vnfrecords", None, OK, ["0.id"]),
    ("GET", VNF, None, OK, ["vdu.0.id"]),
    ("GET", NSR + "{nsr}/vnfdependencies", None, OK, []),
    ("GET", NSR + "{nsr}/pnfrecords", None, OK, []),
    ("POST", VNF + "/vdunits/{vdu}/vnfcinstances", POINT, CREATED, []),
    "ACTIVE",
    ("DELETE", VNF + "/vdunits/{vdu}/vnfcinstances", None, GONE, []),
    "ACTIVE",
    ("POST", ONE + "/stop", None, CREATED, []),
    "SETTLED",
    ("POST", ONE + "/start", None, CREATED, []),
    "ACTIVE",
    ("POST", VNF + "/update", None, CREATED, []),
    "ACTIVE",
    ("POST", VNF + "/execute-script", b"true", CREATED, [], PLAIN),
    "ACTIVE",
    ("DELETE", NSR + "{launched}", None, GONE, []),
    ("GET", V1 + "/users/current", None, OK, ["username"]),
    ("GET", V1 + "/users/admin", None, OK, ["id"]),
    ("GET", V1 + "/quotas", None, OK, ["total"]),
]


# Companions work in no project: "*". Their subscriptions are to all.
def subscription(name, event, endpoint, kind="RABBIT"):
    return ("POST", V1 + "/events/", {"name": name, "event": event, "endpoint": endpoint,
                                      "type": kind, "projectId": "*"}, CREATED, ["id"], "=" + event)


ASE_URL = "http://192.0.2.1:9999/elasticity-management/"
AUTOSCALING = [
    ("POST", V1 + "/components/services/create", {"name": "autoscaling-engine", "roles": ["*"]},
     CREATED, []),
    subscription("Subscription:INSTANTIATE_FINISH", "INSTANTIATE_FINISH",
                 ASE_URL + "INSTANTIATE_FINISH", "REST"),
    subscription("Subscription:RELEASE_RESOURCES_FINISH", "RELEASE_RESOURCES_FINISH",
                 ASE_URL + "RELEASE_RESOURCES_FINISH", "REST"),
    subscription("Subscription:ERROR", "ERROR", ASE_URL + "ERROR", "REST"),
    ("GET", V1 + "/events", None, OK, ["2.id"]),
    ("GET", V1 + "/projects", None, OK, ["0.id"]),
    ("GET", V1 + "/ns-records", None, OK, ["0.status"]),
    ("GET", NSR + "{nsr}", None, OK, ["vnfr.0.id"]),
    ("GET", NSR + "{nsr}/vnfrecords", None, OK, ["0.vdu.0.vnfc_instance"]),
    ("GET", VNF, None, OK, ["auto_scale_policy"]),
    ("POST", VNF + "/vdunits/{vdu}/vnfcinstances", POINT, CREATED, []),
    "ACTIVE",
    ("DELETE", VNF + "/vdunits/{vdu}/vnfcinstances/{youngest}", None, GONE, []),
    "ACTIVE",
    ("DELETE", V1 + "/events/{ERROR}", None, GONE, []),
    ("DELETE", V1 + "/events/{INSTANTIATE_FINISH}", None, GONE, []),
]
FAULTS = [
    ("POST", V1 + "/components/services/create", {"name": "fms", "roles": ["*"]}, CREATED, []),
    subscription("FM-nsr-INSTANTIATE_FINISH", "INSTANTIATE_FINISH", "nfvo.fm.nsr.create"),
    subscription("FM-nsr-RELEASE_RESOURCES_FINISH", "RELEASE_RESOURCES_FINISH", "nfvo.fm.nsr.delete"),
    ("POST", V1 + "/events/", {"name": "FM-vnfr-HEAL", "event": "HEAL", "type": "RABBIT",
                               "endpoint": "nfvo.fm.vnf.events", "projectId": "*",
                               "virtualNetworkFunctionId": "{vnfr}"}, CREATED, ["id"], "=HEAL"),
    ("POST", ONE + "/actions", {"action": "HEAL", "cause": "serviceDown", "vnfcInstance": {},
                                "virtualNetworkFunctionRecord": {}}, CREATED, []),
    "ACTIVE",
    ("POST", VNF + "/vdunits/{vdu}/vnfcinstances/standby", POINT, CREATED, []),
    "ACTIVE",
    ("DELETE", V1 + "/events/{HEAL}", None, GONE, []),
]
SLICING = [
    ("POST", V1 + "/components/services/create", {"name": "nse", "roles": ["*"]}, CREATED, []),
    subscription("eventNsrInstantiateFinish", "INSTANTIATE_FINISH", "core.nse.nsr.create"),
    subscription("eventNsrError", "ERROR", "core.nse.nsr.error"),
    subscription("eventNsrScaled", "SCALED", "core.nse.nsr.scale"),
    ("GET", V1 + "/projects", None, OK, ["0.name"]),
    ("GET", V1 + "/datacenters", None, OK, ["0.authUrl"]),
    ("GET", V1 + "/datacenters/{pop}", None, OK, ["name"]),
    ("DELETE", V1 + "/events/{SCALED}", None, GONE, []),
]
QUEUES = ("nfvo.fm.nsr.create", "nfvo.fm.nsr.delete", "nfvo.fm.vnf.events", "core.nse.nsr.create",
          "core.nse.nsr.error", "core.nse.nsr.scale")


def filled(value, names):
    text = json.dumps(value)
    for name, known in names.items():
        text = text.replace("{%s}" % name, known)
    return json.loads(text)


def member(answer, path):
    """Is it there? A number is a place in a list."""
    for word in path.split(".") if " " not in path else [path]:
        try:
            answer = answer[int(word)] if isinstance(answer, list) else answer[word]
        except (KeyError, IndexError, TypeError, ValueError):
            return False
    return True


def send(suite, row, names):
    """None, or what its sender would stumble over."""
    method, path, body, wanted, reads, *rest = row
    headers = dict(JSON)
    for more in rest:
        if isinstance(more, dict):
            headers.update(more)
    path = filled(path, names)
    if body is not None and not isinstance(body, bytes):
        body = filled(body, names)
    status, answer = suite.api(method, path, body, headers)
    if status not in wanted:
        return "%s %s: %d, not %s: %s" % (method, path, status, wanted, str(answer)[:300])
    for name in reads:
        if not member(answer, name):
            return "%s %s: no '%s' in %s" % (method, path, name, str(answer)[:600])
    for keep in rest:
        if isinstance(keep, str):
            names[keep[1:]] = (answer[0] if isinstance(answer, list) else answer)["id"]
    return None


def look(suite, names):
    """What companions know of the service's instances."""
    nsr = suite.nsr(names["nsr"])
    vnfr = nsr["vnfr"][0]
    instances = vnfr["vdu"][0]["vnfc_instance"]
    names.update({"vnfr": vnfr["id"], "vdu": vnfr["vdu"][0]["id"], "host": instances[0]["hostname"],
                  "instance": instances[0]["id"], "youngest": instances[-1]["id"]})


def settled(suite, names):
    return not [op for op in suite.rest("GET", "baton/operations?nsr=" + names["nsr"])
                if op["state"] not in ("COMPLETED", "FAILED", "PARTIALLY_COMPLETED", "ROLLED_BACK")]


def play(suite, rows, names):
    wrong = []
    for row in rows:
        if isinstance(row, str):
            suite.env.until(120, "the operation is over", lambda: settled(suite, names))
            if row == "ACTIVE":
                suite.wait_status(names["nsr"], row)
            look(suite, names)
            continue
        said = send(suite, row, names)
        if said:
            wrong.append(said)
    check("every call", not wrong, "\n".join([""] + wrong))


def prepare(suite):
    suite.start_nfvo(*QUICK, "--outbound-allow", "192.0.2.0/24")
    suite.start_vnfm("cvnfm")
    suite.start_driver("cdriver")
    pop = suite.register_pop("cdriver", "pop")
    nsd = suite.onboard("companions", [("web", "cvnfm", pop["name"], 1)])
    nsr = suite.deploy(nsd)
    suite.wait_status(nsr, "ACTIVE")
    vnfd = {"name": "companion", "vendor": "x", "version": "1", "type": "t", "endpoint": "generic",
            "vdu": [{"vm_image": ["test-image"], "vnfc": [{"connection_point": []}]}]}
    suite.upload_package({
        "Metadata.yaml": b"name: companion\nprovider: x\nnfvo_version: 6.0.0\nvim_types: [test]\n",
        "vnfd.json": json.dumps(vnfd).encode(), "scripts/a.sh": b"#!/bin/sh\n"})
    package = suite.rest("GET", "vnf-packages")[0]
    names = {"pop": pop["id"], "pop.name": pop["name"], "nsd": nsd["id"], "nsr": nsr,
             "vnfd": nsd["vnfd"][0]["id"], "vnfd.vdu": nsd["vnfd"][0]["vdu"][0]["id"],
             "package": package["id"], "vnfm": suite.rest("GET", "vnfmanagers")[0]["id"]}
    names["script"] = suite.rest("GET", "vnf-packages/" + package["id"])["scripts"][0]["id"]
    look(suite, names)
    return names


def log_in_as_browser(suite):
    """The body is not URL-encoded, and the grant comes last."""
    status, said = suite.api("POST", "/oauth/token",
                             b"username=admin&password=Interop-1&grant_type=password",
                             {"Authorization": basic("openbatonOSClient", "secret"),
                              "Content-Type": "application/x-www-form-urlencoded"})
    equal("status of the login", status, 200)
    check("the token", said.get("value") and said["value"] == said.get("access_token"), said)


@group
def companions(env, report):
    with Suite(env, "companions") as suite:
        names = {}
        with report.scenario("companions/setup", suite, quiet=True):
            names.update(prepare(suite))
        with report.scenario("companions/dashboard", suite):
            log_in_as_browser(suite)
            play(suite, DASHBOARD, names)
        with report.scenario("companions/java client", suite):
            play(suite, JAVA, names)
        for queue in QUEUES:
            suite.broker("PUT", "queues/%s/%s" % (suite.vhost, urllib.parse.quote(queue)),
                         {"durable": True})
        project = suite.api.headers["project-id"]
        suite.api.headers["project-id"] = "*"
        for name, rows in (("autoscaling", AUTOSCALING), ("fault management", FAULTS),
                           ("network slicing", SLICING)):
            with report.scenario("companions/" + name, suite):
                play(suite, rows, names)
        suite.api.headers["project-id"] = project
