#!/usr/bin/env python3
"""A VNFM over HTTP (rest-api.md 2.12): for tests, and to read.

    rest_vnfm.py NFVO-URL [--type T] [--port P] [--journal FILE] [--java] [--port-file FILE]

It registers, answers core-rest-actions with the result, and unregisters at SIGTERM. With --java it behaves as the Java REST SDK 6.0 (which
no registry serves; read in its public source: AbstractVnfmSpringReST, VnfmRestHelper): it registers as http://localhost:PORT before it
listens, asks with Accept: application/json and leaves out what is null, takes application/json only, and answers 204 without a body, whatever
becomes of the request, when its handler has returned; the VNFM itself posts the result to vnfm-core-actions (sendToNfvo). `POST /test` with
{"START": ["503", "garbage", ...]} says what the next requests of an action get instead of work: a status, or
  garbage   200 with what is no message          late     the result after a second
  large     200 with 5 MB                         cut      the connection ends after the work was done
  twice     (--java) the result is posted twice   silent   (--java) 204, and no result
  redirect  302 to itself                         held     the result when /test says {"go": 1}
A request with an Idempotency-Key that is known is not worked on again, unless it failed. Each line of the journal is a request: action,
VNFR, key; "held" when its work is done and only the answer is not given yet.
"""
import argparse
import http.server
import json
import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.request

args = argparse.ArgumentParser()
args.add_argument("nfvo")
args.add_argument("--type", default="dummy")
args.add_argument("--port", type=int, default=0)
args.add_argument("--port-file")
args.add_argument("--journal", default="/dev/null")
args.add_argument("--java", action="store_true")
args.add_argument("--capability", action="append", default=[])
args.add_argument("--token")
args = args.parse_args()
lock = threading.Lock()
moods, answers = {}, {}


def write_line(**what):
    with lock, open(args.journal, "a") as f:
        f.write(json.dumps(what, separators=(",", ":")) + "\n")


def without_null(value):
    """As Gson writes objects."""
    if isinstance(value, dict):
        return {k: without_null(v) for k, v in value.items() if v is not None}
    return [without_null(v) for v in value] if isinstance(value, list) else value


def post(path, body):
    headers = {"Content-Type": "application/json"}
    if args.java:
        headers["Accept"] = "application/json"
        body = without_null(body)
    request = urllib.request.Request(args.nfvo + "/admin/v1/" + path, json.dumps(body).encode(), headers)
    if args.token:
        request.add_header("Authorization", "Bearer " + args.token)
    with urllib.request.urlopen(request, timeout=120) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def record_of(message):
    """The VNFR of a VNFD, as the SDKs of the reference make it."""
    vnfd = message["vnfd"]
    record = {k: vnfd.get(k) for k in ("name", "vendor", "version", "type", "endpoint")}
    record.update(
        parent_ns_id=message["extension"]["nsr-id"], descriptor_reference=vnfd.get("id"), status="INITIALIZED",
        deployment_flavour_key=message["vnfdf"].get("flavour_key"), packageId=vnfd.get("vnfPackageLocation"),
        lifecycle_event=[{"event": e["event"], "lifecycle_events": e["lifecycle_events"]} for e in vnfd.get("lifecycle_event", [])],
        virtual_link=[{"name": link["name"]} for link in vnfd.get("virtual_link", [])],
        configurations={"name": vnfd["name"], "configurationParameters": []}, lifecycle_event_history=[], vnf_address=[],
        provides={"name": "provides", "configurationParameters": []}, requires={"name": "requires", "configurationParameters": []},
        vdu=[{**{k: v for k, v in vdu.items() if k != "id"}, "parent_vdu": vdu["id"], "vnfc_instance": []} for vdu in vnfd["vdu"]])
    return record


def ask(path, body):
    answer = post(path, body)
    if answer["action"] == "ERROR":
        raise RuntimeError(answer.get("message", "the NFVO refused"))
    return answer


def instantiate(message):
    grant = ask("vnfm-core-grant", {"action": "GRANT_OPERATION", "virtualNetworkFunctionRecord": record_of(message)})
    record = grant["virtualNetworkFunctionRecord"]
    allocated = ask("vnfm-core-allocate", {"action": "ALLOCATE_RESOURCES", "virtualNetworkFunctionRecord": record, "userdata": "",
                                           "vimInstances": grant["vduVim"], "keyPairs": message.get("keys", [])})
    return {"action": "INSTANTIATE", "virtualNetworkFunctionRecord": allocated.get("vnfr") or allocated["virtualNetworkFunctionRecord"]}


def scale_out(message):
    answer = ask("vnfm-core-scale", {"action": "SCALING", "userData": "", "vimInstance": message.get("vimInstance"),
                                     "virtualNetworkFunctionRecord": message["virtualNetworkFunctionRecord"]})
    record = answer.get("vnfr") or answer["virtualNetworkFunctionRecord"]
    new = record["vdu"][0]["vnfc_instance"][-1]
    return {"action": "SCALED", "virtualNetworkFunctionRecord": record, "vnfcInstance": new}


def work(message):
    action = message["action"]
    record = message.get("virtualNetworkFunctionRecord") or message.get("vnfr")
    if action == "LOG_REQUEST":
        return {"action": action, "outputLog": ["said over HTTP"], "errorLog": []}
    if action == "INSTANTIATE" and not message.get("vnfr"):
        return instantiate(message)
    if action == "SCALE_OUT":
        return scale_out(message)
    if action in ("SCALE_IN", "ERROR", "CANCEL"):
        return None
    answer = {"action": action, "virtualNetworkFunctionRecord": record}
    if message.get("vnfcInstance"):
        answer["vnfcInstance"] = message["vnfcInstance"]
    return answer


def result_of(message):
    try:
        return work(message)
    except Exception as e:  # as an SDK: told to the NFVO
        record = message.get("virtualNetworkFunctionRecord") or message.get("vnfr")
        nsr = record["parent_ns_id"] if record else message.get("extension", {}).get("nsr-id")
        return {"action": "ERROR", "nsrId": nsr, "virtualNetworkFunctionRecord": record,
                "exception": {"detailMessage": "%s: %s" % (type(e).__name__, e)}}


def post_result(result, times):
    for _ in range(times):
        try:
            post("vnfm-core-actions", result)
        except urllib.error.HTTPError as e:
            print("vnfm-core-actions:", e.code, e.read().decode(), file=sys.stderr)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/test":
            moods.update(message)
            return self.answer(200)
        if self.path != "/core-rest-actions":
            return self.answer(404)
        if args.java and self.headers.get_content_type() != "application/json":
            return self.answer(415)
        action, key = message["action"], self.headers.get("Idempotency-Key")
        with lock:
            mood = moods.get(action, []).pop(0) if moods.get(action) else ""
        record = message.get("virtualNetworkFunctionRecord") or message.get("vnfr") or message.get("vnfd") or {}
        write_line(action=action, vnfr=record.get("name"), key=key, mood=mood)
        if mood.isdigit():
            return self.answer(int(mood), b"the VNFM says no")
        if mood == "garbage":
            return self.answer(200, b"<html>hello</html>")
        if mood == "large":
            return self.answer(200, b" " * 5000000)
        if mood == "redirect":
            return self.answer(302, Location="http://%s/core-rest-actions" % self.headers["Host"])
        if key and key in answers:
            result = answers[key]
        else:
            result = result_of(message)
            if result and result["action"] != "ERROR":
                answers[key] = result
        if mood:
            write_line(held=action)
        if mood == "late":
            time.sleep(1)
        while mood == "held" and not moods.get("go"):
            time.sleep(0.05)
        if mood == "cut":
            return self.connection.close()
        if args.java:
            self.answer(204)
            if result and mood != "silent":
                post_result(result, 2 if mood == "twice" else 1)
            return None
        return self.answer(200, json.dumps(result).encode())


def stop(*_):
    raise SystemExit


def follow_parent(parent):
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


signal.signal(signal.SIGTERM, stop)
server = http.server.ThreadingHTTPServer(("127.0.0.1", args.port), Handler, bind_and_activate=False)
server.server_bind()
server.daemon_threads = True
threading.Thread(target=follow_parent, args=(os.getppid(),), daemon=True).start()
open(args.journal, "a").close()
me = {"type": args.type, "endpointType": "REST", "endpoint": "http://%s:%d" % ("localhost" if args.java else "127.0.0.1", server.server_port),
      "enabled": True, "active": True, "description": "a VNFM for tests"}
if not args.java:
    me["capabilities"] = args.capability
    server.server_activate()
post("vnfm-register", me)
if args.java:
    server.server_activate()
threading.Thread(target=server.serve_forever, daemon=True).start()
if args.port_file:
    with open(args.port_file, "w") as f:
        f.write("%d\n" % server.server_port)
try:
    threading.Event().wait()
finally:
    post("vnfm-unregister", me)
