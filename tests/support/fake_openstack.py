#!/usr/bin/env python3
"""An OpenStack for tests of vim-driver-openstack: keystone, nova, neutron and glance as far as the driver asks them, in
memory, in one process, with faults on demand. The forms of its answers, its errors and its pages are those that the
services of Debian 12 gave (tests/clouds/ runs the driver against these). Python's standard library only.

    fake_openstack.py ENV-FILE [CERTIFICATE KEY]      listens on loopback; ENV-FILE gets OS_* variables when it serves; ends with its parent
    POST /-/fault  {"match": "POST .*/servers$", "do": "500-after", "times": 1}
                   do: 409 429 500 503 (nothing was done), 500-after, cut-before, cut-after (of the connection), slow
                   (seconds: "s"), hold (until no_faults), flood (a list of "mb" MB); skip: first let so many pass
    POST /-/set    {"build_s": 0.2, "page": 2, "fail": "words", "tokens_end": true, "vanish": "image", "old": 3600,
                   "ids": "what new ones begin with", "hides": ["member that lists leave out"]}
    GET  /-/left   what the project has, as openstack_count.py says it
    GET  /-/seen   {"METHOD path": times} since the last time
"""
import collections
import ctypes
import json
import os
import re
import signal
import socket
import ssl
import struct
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit

lock = threading.RLock()
settings = {"build_s": 0.05, "page": 2, "fail": "", "token_s": 3600, "hides": []}
faults, seen, tokens = [], collections.Counter(), {}
released = threading.Condition(lock)
tables = collections.defaultdict(dict)  # "servers" -> id -> object
PROJECT, USER, PASSWORD = "0123456789abcdef0123456789abcdef", "baton", "secret"


def now(shift=0):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + shift))


def new(table, **members):
    one = {"id": settings.get("ids", "") + str(uuid.uuid4()), **members}
    tables[table][one["id"]] = one
    return one


class Problem(Exception):
    def __init__(self, status, kind, words):
        self.status, self.kind, self.words = status, kind, words


def furnish():
    for name, vcpus, ram, disk in (("m1.tiny", 1, 512, 1), ("m1.small", 1, 2048, 20), ("huge", 64, 262144, 20)):
        new("flavors", name=name, vcpus=vcpus, ram=ram, disk=disk)
    for name in ("a", "b", "tiny"):
        new("images", name=name, status="active", visibility="public", disk_format="raw", container_format="bare",
            created_at=now(), min_disk=0, min_ram=0, tags=[])
    public = new("networks", name="public", description="", project_id="admin", shared=False, subnets=[], created_at=now(),
                 **{"router:external": True})
    subnet = new("subnets", name="public", network_id=public["id"], cidr="203.0.113.0/24", gateway_ip="203.0.113.1", ip_version=4)
    public["subnets"].append(subnet["id"])
    for name in ("default", "web", "web"):
        new("security_groups", name=name)


# --- nova ---------------------------------------------------------------------------------------------------------------


def progress(server):
    """What became of it meanwhile."""
    if server["status"] in ("BUILD", "REBUILD") and time.time() >= server["_at"]:
        failed = settings["fail"] or ("No valid host was found. " if server["_flavor"]["name"] == "huge" else "")
        server["OS-EXT-STS:task_state"] = None
        server["status"] = "ERROR" if failed else "ACTIVE"
        if failed:
            server["_fault"] = {"code": 500, "message": failed, "created": now()}
        for port in server["_ports"]:
            if port in tables["ports"] and not failed:
                tables["ports"][port]["device_id"] = server["id"]
                tables["ports"][port]["device_owner"] = "compute:nova"
    if server.get("_gone_at") and time.time() >= server["_gone_at"]:
        tables["servers"].pop(server["id"], None)
        for port in server["_ports"]:
            if port in tables["ports"]:
                tables["ports"][port].update(device_id="", device_owner="")


def show_server(server, minor, detail=False):
    out = {k: v for k, v in server.items() if not k.startswith("_")}
    flavour = server["_flavor"]
    out["flavor"] = {"original_name": flavour["name"]} if minor >= 47 else {"id": flavour["id"]}
    if "_fault" in server and not detail:  # of one that was never scheduled the list shows none
        out["fault"] = server["_fault"]
    out["addresses"] = collections.defaultdict(list)
    for id_ in server["_ports"]:
        port = tables["ports"].get(id_)
        if not port:
            continue
        name = tables["networks"][port["network_id"]]["name"]
        for fixed in port["fixed_ips"]:
            out["addresses"][name].append({"addr": fixed["ip_address"], "version": 4, "OS-EXT-IPS:type": "fixed",
                                           "OS-EXT-IPS-MAC:mac_addr": port["mac_address"]})
        for floating in tables["floatingips"].values():
            if floating["port_id"] == id_:
                out["addresses"][name].append({"addr": floating["floating_ip_address"], "version": 4,
                                               "OS-EXT-IPS:type": "floating", "OS-EXT-IPS-MAC:mac_addr": port["mac_address"]})
    return out


def create_server(body, minor):
    want = body["server"]
    flavour = tables["flavors"].get(want.get("flavorRef"))
    boot = want.get("imageRef") or want.get("block_device_mapping_v2", [{}])[0].get("uuid")
    if not flavour:
        raise Problem(400, "badRequest", "Flavor %s could not be found." % want.get("flavorRef"))
    if boot not in tables["images"]:
        raise Problem(400, "badRequest", "Can not find requested image")
    if tables["images"][boot]["status"] != "active":
        raise Problem(400, "badRequest", "Image %s is not active." % boot)
    if want.get("key_name") and want["key_name"] not in ("ops",):
        raise Problem(400, "badRequest", "Invalid key_name provided.")
    if want.get("availability_zone") not in (None, "nova", "az2"):
        raise Problem(400, "badRequest", "The requested availability zone is not available")
    networks = want.get("networks", [])
    if networks == "none" and minor < 37:
        raise Problem(400, "badRequest", "Invalid input for field/attribute networks. Value: none.")
    ports = [] if networks == "none" else [n["port"] for n in networks]
    for port in ports:
        if port not in tables["ports"]:
            raise Problem(400, "badRequest", "Port %s could not be found." % port)
        if tables["ports"][port]["device_id"]:
            raise Problem(409, "conflictingRequest", "Port %s is still in use." % port)
    if len(want.get("user_data", "")) > 65535:
        raise Problem(400, "badRequest", "user_data is too long")
    server = new("servers", name=want["name"], status="BUILD", metadata=want.get("metadata", {}), created=now(),
                 tenant_id=PROJECT, _ports=ports, _flavor=flavour, _at=time.time() + settings["build_s"],
                 _user_data=want.get("user_data", ""))
    server.update({"OS-EXT-STS:task_state": "spawning", "OS-EXT-AZ:availability_zone": want.get("availability_zone", "nova")})
    group = body.get("os:scheduler_hints", {}).get("group")
    if group:
        tables["server_groups"][group]["members"].append(server["id"])
    return 202, {"server": {"id": server["id"], "adminPass": "x"}}


def compute(method, path, query, body, minor):
    if path == "/":
        return 200, {"version": {"id": "v2.1", "version": "2.93", "min_version": "2.1"}}
    if path == "/flavors/detail":
        return 200, page("flavors", list(tables["flavors"].values()), query)
    if path == "/flavors" and method == "POST":
        if body["flavor"]["name"] == "forbidden":
            raise Problem(403, "forbidden", "Policy doesn't allow os_compute_api:os-flavor-manage:create to be performed.")
        return 200, {"flavor": new("flavors", **body["flavor"])}
    if path == "/limits":
        return 200, {"limits": {"absolute": {"maxTotalInstances": 10, "maxTotalCores": 20, "maxTotalRAMSize": 51200,
                                             "maxTotalKeypairs": 100}}}
    if path == "/os-availability-zone":
        return 200, {"availabilityZoneInfo": [{"zoneName": n, "zoneState": {"available": True}, "hosts": None}
                                              for n in ("nova", "az2")]}
    if path == "/os-server-groups":
        if method == "POST":
            group = new("server_groups", members=[], **body["server_group"])
            return 200, {"server_group": group}
        return 200, {"server_groups": list(tables["server_groups"].values())}
    found = re.fullmatch(r"/os-server-groups/([^/]+)", path)
    if found:
        tables["server_groups"].pop(unquote(found[1]), None)
        return 204, None
    for server in list(tables["servers"].values()):
        progress(server)
    if path == "/servers" and method == "POST":
        return create_server(body, minor)
    if path == "/servers/detail":
        return 200, page("servers", [show_server(s, minor, True) for s in tables["servers"].values()], query, absolute=True)
    found = re.fullmatch(r"/servers/([^/]+)(/action)?", path)
    server = found and tables["servers"].get(unquote(found[1]))
    if not server:
        raise Problem(404, "itemNotFound", "Instance %s could not be found." % path)
    if method == "DELETE":
        server["OS-EXT-STS:task_state"] = "deleting"
        server["_gone_at"] = time.time() + settings["build_s"]
        for group in tables["server_groups"].values():
            group["members"] = [m for m in group["members"] if m != server["id"]]
        return 204, None
    if found[2]:
        want = body["rebuild"]
        if want["imageRef"] not in tables["images"]:
            raise Problem(400, "badRequest", "Cannot find image for rebuild")
        server.update(status="REBUILD", metadata=want["metadata"], _at=time.time() + settings["build_s"])
        server["OS-EXT-STS:task_state"] = "rebuilding"
        server["_rebuilds"] = server.get("_rebuilds", 0) + 1
        return 202, {"server": show_server(server, minor)}
    return 200, {"server": show_server(server, minor)}


# --- neutron ------------------------------------------------------------------------------------------------------------


def parts(cidr):
    base, bits = cidr.split("/")
    value = struct.unpack("!I", socket.inet_aton(base))[0] & (0xffffffff << (32 - int(bits)))
    return value, int(bits)


def address(value):
    return socket.inet_ntoa(struct.pack("!I", value))


def choose(network, wanted=None):
    subnet = next((s for s in tables["subnets"].values() if s["network_id"] == network), None)
    if not subnet:
        return []
    base, bits = parts(subnet["cidr"])
    used = {f["ip_address"] for p in tables["ports"].values() for f in p["fixed_ips"]}
    used |= {f["floating_ip_address"] for f in tables["floatingips"].values()}
    if wanted:
        if parts(wanted + "/%d" % bits)[0] != base:
            raise Problem(400, "InvalidIpForNetwork", "IP address %s is not a valid IP for any of the subnets." % wanted)
        if wanted in used:
            raise Problem(409, "IpAddressAlreadyAllocated", "IP address %s already allocated in subnet %s" % (wanted, subnet["id"]))
        return [{"ip_address": wanted, "subnet_id": subnet["id"]}]
    free = next(address(base + i) for i in range(10, 250) if address(base + i) not in used)
    return [{"ip_address": free, "subnet_id": subnet["id"]}]


def create_port(want):
    network = tables["networks"].get(want["network_id"])
    if not network:
        raise Problem(404, "NetworkNotFound", "Network %s could not be found." % want["network_id"])
    for group in want.get("security_groups", []):
        if group not in tables["security_groups"]:
            raise Problem(404, "SecurityGroupNotFound", "Security group %s does not exist" % group)
    fixed = choose(network["id"], want.get("fixed_ips", [{}])[0].get("ip_address"))
    return new("ports", name=want.get("name", ""), description=want.get("description", ""), network_id=network["id"],
               device_id=want.get("device_id", ""), device_owner=want.get("device_owner", ""), fixed_ips=fixed, created_at=now(),
               mac_address="fa:16:3e:%02x:%02x:%02x" % tuple(os.urandom(3)), security_groups=want.get("security_groups", []))


def router_of(network):
    for port in tables["ports"].values():
        if port["network_id"] == network and port["device_owner"] == "network:router_interface":
            return tables["routers"].get(port["device_id"])
    return None


def create_floating(want):
    port = tables["ports"].get(want.get("port_id"))
    if port and not (router_of(port["network_id"]) or {}).get("external_gateway_info"):
        raise Problem(404, "ExternalGatewayForFloatingIPNotFound", "External network %s is not reachable from subnet."
                      % want["floating_network_id"])
    if port and any(f["port_id"] == port["id"] for f in tables["floatingips"].values()):
        raise Problem(409, "FloatingIPPortAlreadyAssociated", "Cannot associate floating IP with port.")
    if len(tables["floatingips"]) >= settings.get("floating_max", 50):
        raise Problem(409, "OverQuota", "Quota exceeded for resources: ['floatingip'].")
    if want.get("floating_ip_address"):
        raise Problem(403, "PolicyNotAuthorized", "rule:create_floatingip:floating_ip_address is disallowed by policy")
    ip = choose(want["floating_network_id"])[0]["ip_address"]
    return new("floatingips", floating_ip_address=ip, port_id=want.get("port_id"), description=want.get("description", ""),
               floating_network_id=want["floating_network_id"], created_at=now())


def interface(router, verb, want):
    if verb == "add":
        subnet = tables["subnets"][want["subnet_id"]]
        for port in tables["ports"].values():
            if port["device_id"] == router["id"] and port["fixed_ips"][0]["subnet_id"] == subnet["id"]:
                raise Problem(400, "BadRequest", "Bad router request: Router already has a port on subnet %s." % subnet["id"])
        port = create_port({"network_id": subnet["network_id"], "device_id": router["id"],
                            "device_owner": "network:router_interface", "fixed_ips": [{"ip_address": subnet["gateway_ip"]}]})
        return 200, {"port_id": port["id"]}
    tables["ports"].pop(want["port_id"], None)
    return 200, {}


def create_subnet(want):
    network = tables["networks"][want["network_id"]]
    base, bits = parts(want["cidr"])
    subnet = new("subnets", gateway_ip=address(base + 1), **want)
    subnet["cidr"] = "%s/%d" % (address(base), bits)
    network["subnets"].append(subnet["id"])
    return subnet


def delete_net(table, id_):
    if table == "networks":
        if any(p["network_id"] == id_ for p in tables["ports"].values()):
            raise Problem(409, "NetworkInUse", "Unable to complete operation on network %s. There are one or more ports still "
                          "in use on the network." % id_)
        for subnet in list(tables["subnets"].values()):
            if subnet["network_id"] == id_:
                del tables["subnets"][subnet["id"]]
    if table == "routers" and any(p["device_id"] == id_ for p in tables["ports"].values()):
        raise Problem(409, "RouterInUse", "Router %s still has ports" % id_)
    if table == "ports":
        for floating in tables["floatingips"].values():
            if floating["port_id"] == id_:
                floating["port_id"] = None
    del tables[table][id_]


def network(method, path, query, body):
    found = re.fullmatch(r"/quotas/[^/]+/details.json", path)
    if found:
        return 200, {"quota": {"floatingip": {"limit": 50, "used": len(tables["floatingips"]), "reserved": 0}}}
    found = re.fullmatch(r"/routers/([^/]+)/(add|remove)_router_interface", path)
    if found:
        router = tables["routers"].get(unquote(found[1]))
        if not router:
            raise Problem(404, "RouterNotFound", "Router %s could not be found" % found[1])
        return interface(router, found[2], body)
    found = re.fullmatch(r"/(networks|subnets|ports|floatingips|routers|security-groups)(?:/([^/]+))?", path)
    if not found:
        raise Problem(404, "HTTPNotFound", "The resource could not be found.")
    table, id_ = found[1].replace("-", "_"), unquote(found[2] or "")
    one = table[:-1]
    if id_ and id_ not in tables[table]:
        raise Problem(404, "NotFound", "%s %s could not be found." % (one, id_))
    if method == "POST":
        want = body[one]
        if table == "networks":
            made = new(table, subnets=[], shared=False, project_id=PROJECT, created_at=now(), **want)
            made["router:external"] = False
        elif table == "ports":
            made = create_port(want)
        elif table == "floatingips":
            made = create_floating(want)
        elif table == "subnets":
            made = create_subnet(want)
        else:
            made = new(table, **want)
        return 201, {one: made}
    if method == "DELETE":
        delete_net(table, id_)
        return 204, None
    if method == "PUT":
        tables[table][id_].update(body[one])
        return 200, {one: tables[table][id_]}
    if id_:
        return 200, {one: tables[table][id_]}
    rows = list(tables[table].values())
    for key in ("description", "network_id", "name"):
        if key in query and not settings.get("ignores_filters"):
            rows = [r for r in rows if r.get(key) == query[key][0]]
    return 200, page(table, rows, query)


# --- glance -------------------------------------------------------------------------------------------------------------


def image(method, path, query, body):
    if path == "/images" and method == "POST":
        return 201, new("images", status="queued", created_at=now(), min_disk=0, min_ram=0, tags=[], **body)
    if path == "/images":
        operator = query.get("name", [""])[0].split(":")
        if len(operator) > 1 and operator[0] not in ("in", "eq"):
            raise Problem(400, "html", "Unable to filter by unknown operator '%s'." % operator[0])
        rows = [r for r in tables["images"].values() if "name" not in query or r["name"] == query["name"][0]]
        out = page("images", rows, query)
        links = out.pop("images_links", None)
        if links:
            out["next"] = "/v2/images?" + urlsplit(links[0]["href"]).query
        return 200, out
    found = re.fullmatch(r"/images/([^/]+)(/file)?", path)
    one = tables["images"].get(unquote(found[1])) if found else None
    if not one:
        raise Problem(404, "html", "No image found with ID %s" % path.split("/")[2])
    if found[2]:
        if one["status"] != "queued":
            raise Problem(409, "html", "Image status transition from %s to saving is not allowed" % one["status"])
        one.update(status="active", size=len(body))
        return 204, None
    if method == "DELETE":
        del tables["images"][one["id"]]
        return 204, None
    if method == "PATCH":
        for change in body:
            one[change["path"][1:]] = change["value"]
    return 200, one


# --- pages, errors, HTTP ------------------------------------------------------------------------------------------------


def page(name, rows, query, absolute=False):
    size = settings["page"]
    if "marker" in query:
        at = next((i for i, r in enumerate(rows) if r["id"] == query["marker"][0]), -1)
        rows = rows[at + 1:]
    out = {name: [{k: v for k, v in r.items() if k not in settings["hides"]} for r in rows[:size]]}
    if len(rows) > size:
        rest = "&".join("%s=%s" % (k, v[0]) for k, v in query.items() if k != "marker")
        out[name + "_links"] = [{"rel": "next", "href": "http://inside.invalid/%s?%s&marker=%s" % (name, rest, quote(rows[size - 1]["id"], ""))}]
    return out


def identity(body):
    want = body["auth"]["identity"]
    if "password" in want["methods"]:
        user, scope = want["password"]["user"], body["auth"]["scope"]["project"]
        good = user["name"] == USER and user["password"] == PASSWORD and (
            scope.get("id") == PROJECT or scope.get("name") == "baton")
    else:
        good = want["application_credential"] == {"id": "app-1", "secret": PASSWORD}
    if not good:
        raise Problem(401, "error", "The request you have made requires authentication.")
    token = uuid.uuid4().hex
    tokens[token] = time.time() + settings["token_s"]
    base = "%s://127.0.0.1:%d" % (scheme, server.server_port)
    catalog = [{"type": t, "name": t, "endpoints": [{"interface": i, "region": "RegionOne", "region_id": "RegionOne", "url": base + u}
                                                    for i in ("admin", "internal", "public")]}
               for t, u in (("image", "/image"), ("compute", "/compute/v2.1"), ("network", "/network"))]
    return token, {"token": {"expires_at": time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(tokens[token])),
                             "project": {"id": PROJECT, "name": "baton"}, "catalog": catalog}}


def control(path, body):
    if path == "/-/fault":
        faults.append({"times": 1, "skip": 0, **body})
    elif path == "/-/seen":
        out = dict(seen)
        seen.clear()
        return out
    elif path == "/-/left":
        return ("servers %d ports %d floatingips %d networks %d routers %d server_groups %d" % tuple(
            len(rows) for rows in (
                tables["servers"], [p for p in tables["ports"].values() if not p["device_owner"].startswith("network:")],
                tables["floatingips"], [n for n in tables["networks"].values() if not n["router:external"]],
                tables["routers"], tables["server_groups"]))).encode()
    elif path == "/-/set":
        if body.pop("tokens_end", None):
            tokens.clear()
        if "vanish" in body:
            name = body.pop("vanish")
            for one in [i for i in tables["images"].values() if i["name"] == name]:
                del tables["images"][one["id"]]
        if "old" in body:  # ports and floating addresses become that old
            at = now(-body.pop("old"))
            for table in ("ports", "floatingips"):
                for one in tables[table].values():
                    one["created_at"] = at
        if body.pop("drop_server", None):  # somebody else's work
            for one in list(tables["servers"].values()):
                del tables["servers"][one["id"]]
                for port in one["_ports"]:
                    tables["ports"][port].update(device_id="", device_owner="")
        if body.pop("no_faults", None):
            faults.clear()
            released.notify_all()
        settings.update(body)
    return {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def body(self):
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if data and "json" in (self.headers.get("Content-Type") or ""):
            return json.loads(data)
        return data

    def fault(self, when):
        with lock:
            for one in faults:
                if not re.search(one["match"], "%s %s" % (self.command, self.path)):
                    continue
                if when == "before" and one["skip"] > 0:
                    one["skip"] -= 1
                    continue
                if one["times"] > 0 and one["do"].endswith("-after") == (when == "after") and not (when == "after" and one["skip"] > 0):
                    one["times"] -= 1
                    return one
        return None

    def say(self, status, value, headers=()):
        data = b"" if value is None else value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, text in headers:
            self.send_header(name, text)
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Content-Type", "text/html" if isinstance(value, bytes) else "application/json")
        self.end_headers()
        self.wfile.write(data if status != 204 else b"")

    def problem(self, p, service):
        id_ = [("X-Openstack-Request-Id", "req-%s" % uuid.uuid4())]
        if p.status == 401 or service == "identity":
            value = {"error": {"code": p.status, "message": p.words, "title": "Unauthorized"}}
        elif service == "network":
            value = {"NeutronError": {"type": p.kind, "message": p.words, "detail": ""}}
        elif service == "image":
            value = ("<html><head><title>%d x</title></head><body><h1>%d x</h1> %s<br /><br />\n</body></html>"
                     % (p.status, p.status, p.words.replace("'", "&#39;"))).encode()
        else:
            value = {p.kind: {"code": p.status, "message": p.words}}
        if p.status == 429:
            id_.append(("Retry-After", "1"))
        self.say(p.status, value, id_)

    def cut(self):
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def answer(self, service, path, query, body):
        if service == "identity":
            token, value = identity(body)
            return 201, value, [("X-Subject-Token", token)]
        if tokens.get(self.headers.get("X-Auth-Token"), 0) < time.time():
            raise Problem(401, "error", "The request you have made requires authentication.")
        minor = int((self.headers.get("OpenStack-API-Version") or "compute 2.1").split(".")[1])
        if service == "compute":
            return (*compute(self.command, path, query, body, minor), [])
        if service == "network" and path.startswith("/v2.0/"):
            return (*network(self.command, path[5:], query, body), [])
        if service == "image" and path.startswith("/v2/"):
            return (*image(self.command, path[3:], query, body), [])
        raise Problem(404, "itemNotFound", "The resource could not be found.")

    def serve(self):
        body = self.body()
        url = urlsplit(self.path)
        if url.path.startswith("/-/"):
            with lock:
                value = control(url.path, body)
            return self.say(200, value)
        found = re.match(r"/(identity|compute|network|image)(/v2\.1)?(/.*)?$", url.path)
        if not found:
            return self.say(404, b"<html><h1>Not Found</h1></html>")
        service, path = found[1], found[3] or "/"
        with lock:
            seen["%s %s" % (self.command, re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", url.path))] += 1
        before = self.fault("before")
        if before and before["do"] == "slow":
            time.sleep(before.get("s", 2))
        elif before and before["do"] == "hold":
            with lock:
                released.wait_for(lambda: before not in faults)
        elif before and before["do"] == "flood":
            one = b'{"id":"%s","name":"f","pad":"' + b"x" * (1 << 20) + b'"}'
            name = path.rsplit("/", 1)[-1].encode()
            return self.say(200, b'{"' + name + b'":[' + b",".join(one % uuid.uuid4().hex.encode() for _ in range(before["mb"])) + b"]}")
        elif before and before["do"] == "cut-before":
            return self.cut()
        elif before:
            return self.problem(Problem(int(before["do"]), before.get("kind", "computeFault"), before.get("words", "no luck")), service)
        try:
            with lock:
                status, value, headers = self.answer(service, path, parse_qs(url.query), body)
        except Problem as p:
            return self.problem(p, service)
        after = self.fault("after")
        if after and after["do"] == "cut-after":
            return self.cut()
        if after:
            return self.problem(Problem(500, "computeFault", "Unexpected API Error."), service)
        return self.say(status, value, headers)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = serve


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG: it ends with who started it
furnish()
server = Server(("127.0.0.1", 0), Handler)
scheme = "http"
if len(sys.argv) > 2:
    scheme, context = "https", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(sys.argv[1] + ".new", "w", encoding="ascii") as f:
    f.write("OS_AUTH_URL=%s://127.0.0.1:%d/identity/v3\nOS_USERNAME=%s\nOS_PASSWORD=%s\nOS_PROJECT_NAME=baton\nOS_PROJECT_ID=%s\n"
            "OS_REGION_NAME=RegionOne\n" % (scheme, server.server_port, USER, PASSWORD, PROJECT))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
