#!/usr/bin/env python3
"""Asks the unmodified Python and Java VNFMs each request of an operation, as an NFVO would, and
compares what they answer with what nfvo/lifecycle/operation/answers.h says of their SDKs.

    tests/interop/run --answers [--bytes]

--bytes prints each answer as it came.  Speaks plain pika, through probe.py's NFVO.
"""
import argparse
import json
import subprocess
import sys
import tempfile
import uuid

import probe

WIDE = {kind: ([".*"], [".*"], [".*"], [".*"], [".*"]) for kind in ("registration", "vnfm")}
SILENCE = (4, 20)  # seconds; a peer that says nothing for so long is silent: Python, Java (warms up)


def record(**more):
    """As Java reads it: no collection may be missing (amqp-protocol.md 3.3)."""
    points = [{"virtual_link_reference": "private", "virtual_link_reference_id": "l-1"}]
    instances = [{"id": "i-%d" % n, "hostname": "web-%d" % n, "state": "ACTIVE", "vim_id": "v-1",
                  "vc_id": "s-%d" % n, "connection_point": [], "floatingIps": [],
                  "ips": [{"netName": "private", "ip": "10.0.0.%d" % n}],
                  "vnfComponent": {"id": "c-%d" % n, "connection_point": points}} for n in (1, 3)]
    return dict({
        "id": "r-1", "hbVersion": 3, "name": "web", "type": "web", "parent_ns_id": "n-1",
        "status": "ACTIVE", "connected_external_virtual_link": [], "vnf_address": [],
        "lifecycle_event_history": [], "virtual_link": [], "connection_point": [],
        "auto_scale_policy": [], "monitoring_parameter": [],
        "lifecycle_event": [{"event": event, "lifecycle_events": ["x.sh"]} for event in (
            "INSTANTIATE", "CONFIGURE", "START", "STOP", "HEAL", "SCALE_IN", "UPDATE")],
        "configurations": {"name": "c", "configurationParameters": []},
        "provides": {"name": "p", "configurationParameters": []},
        "requires": {"name": "r", "configurationParameters": []},
        "vdu": [{"id": "u-0", "name": "u", "vm_image": [], "vimInstanceName": ["pop1"],
                 "lifecycle_event": [], "monitoring_parameter": [], "metadata": {},
                 "vnfc": [i["vnfComponent"] for i in instances] + [
                     {"id": "c-2", "connection_point": points}],
                 "vnfc_instance": instances}]}, **more)


def instance(number=1):
    return {"id": "i-%d" % number, "hostname": "web-%d" % number, "state": "ACTIVE", "ips": [],
            "floatingIps": [], "connection_point": []}


DEPENDENCY = {"target": "web", "idType": {"db": "db"}, "parameters": {}, "vnfcParameters": {}}
SCRIPT = {"name": "ob_runtime_script", "payload": [117]}
EXTENSION = {"brokerIp": "127.0.0.1", "brokerPort": "5672", "monitoringIp": "", "timezone": "CET"}
PACKAGE = {"name": "p", "scripts": []}
VIM = {"id": "v-1", "name": "pop1", "type": "test", "authUrl": "http://x"}


def requests():
    """(name, message)"""
    one = {"vnfcInstance": instance()}
    yield "REINSTANTIATE", {"action": "INSTANTIATE", "vnfr": record(), "vnfd": {
        "name": "web", "vdu": [], "virtual_link": [], "lifecycle_event": []},
        "vnfdf": {"flavour_key": "m1"}, "vnfInstanceName": "web", "vlrs": [],
        "extension": dict(EXTENSION, **{"nsr-id": "n-1"}), "vimInstances": {}, "keys": [],
        "vnfPackage": PACKAGE}
    yield "MODIFY", {"action": "MODIFY", "vnfr": record(), "vnfrd": DEPENDENCY}
    for action in ("START", "STOP"):
        yield action, {"action": action, "virtualNetworkFunctionRecord": record()}
        yield action + " i", dict(one, action=action, virtualNetworkFunctionRecord=record())
    scale = {"action": "SCALE_OUT", "virtualNetworkFunctionRecord": record(),
             "component": {"id": "c-2", "connection_point": []}, "mode": "", "vnfPackage": PACKAGE,
             "extension": EXTENSION, "vimInstance": VIM, "dependency": DEPENDENCY}
    yield "SCALE_OUT", scale
    yield "SCALE_OUT refused", scale
    yield "SCALE_IN", {"action": "SCALE_IN", "virtualNetworkFunctionRecord": record(),
                       "vnfcInstance": instance(9)}
    yield "HEAL", dict(one, action="HEAL", virtualNetworkFunctionRecord=record(), cause="")
    yield "HEAL switch", dict(one, action="HEAL", virtualNetworkFunctionRecord=record(),
                              cause="switchToStandby")
    yield "UPDATE_SCRIPT", {"action": "UPDATE", "vnfr": record(), "script": SCRIPT}
    yield "UPDATE", {"action": "UPDATE", "vnfr": record()}
    yield "EXECUTE", {"action": "EXECUTE", "vnfr": record(), "script": SCRIPT}
    yield "RESUME", {"action": "RESUME", "vnfr": record(), "vnfrd": DEPENDENCY}
    yield "RESUME ours", {"action": "RESUME", "vnfr": record(), "vnfrd": DEPENDENCY,
                          "resumes": "c" * 36, "resumedAction": "HEAL", "cause": "x",
                          "vnfcInstance": instance(), "vnfPackage": PACKAGE}
    yield "CANCEL", {"action": "CANCEL", "cancels": "c" * 36}
    yield "TERMINATE", {"action": "RELEASE_RESOURCES", "vnfr": record()}


# What is taken for true: action, or null, or silence; "+i" with a vnfcInstance that has an id.
EXPECTED = {
    #                     Python          Java
    "REINSTANTIATE":     ("INSTANTIATE", "INSTANTIATE"),
    "MODIFY":            ("MODIFY", "MODIFY"),
    "START":             ("START", "START"),
    "START i":           ("START", "START+i"),
    "STOP":              ("STOP", "STOP"),
    "STOP i":            ("STOP+i", "STOP+i"),
    "SCALE_OUT":         ("SCALED+i", "SCALED+i"),
    "SCALE_OUT refused": ("silence", "null"),
    "SCALE_IN":          ("silence", "null"),
    "HEAL":              ("HEAL", "HEAL+i"),
    "HEAL switch":       ("HEAL", "HEAL+i"),
    "UPDATE_SCRIPT":     ("silence", "UPDATE"),
    "UPDATE":            ("silence", "UPDATE"),
    "EXECUTE":           ("silence", "EXECUTE"),
    "RESUME":            ("RESUME", "ERROR"),
    "RESUME ours":       ("RESUME", "ERROR"),
    "CANCEL":            ("silence", "null"),
    "TERMINATE":         ("RELEASE_RESOURCES", "RELEASE_RESOURCES"),
}


def refuse(message):
    return {"action": "ERROR", "vnfr": message["virtualNetworkFunctionRecord"], "message": "full"}


def scaled(message):
    answer = message["virtualNetworkFunctionRecord"]
    answer["vdu"][0].setdefault("vnfc_instance", []).append(
        dict(instance(2), vnfComponent={"id": "c-2", "connection_point": []}))
    return {"action": "SCALED", "vnfr": answer}


class JavaPeer(probe.Peer):
    def __init__(self, lab, java):
        self._lab = lab
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            ["java", "--add-opens", "java.base/java.lang=ALL-UNNAMED", "-cp",
             "%s/classes:%s/jars/*" % (java, java), "JavaVnfm", "--broker", lab.options.broker,
             "--vhost", lab.options.vhost, "--user", lab.registrar, "--password", "secret",
             "--type", "javavnfm"], stdout=self.log, stderr=subprocess.STDOUT)
        lab.peers.append(self)


def ask(nfvo, queue, message, seconds):
    """The body as it came, or None."""
    reply_to = "probe.reply." + uuid.uuid4().hex
    nfvo.channel.queue_declare(reply_to, arguments={
        "x-message-ttl": 0, "x-expires": 60000, "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": "probe.replies"})
    nfvo.channel.basic_publish(
        probe.EXCHANGE, queue, json.dumps(message),
        probe.pika.BasicProperties(reply_to=reply_to, content_type="text/plain",
                                   correlation_id=uuid.uuid4().hex))

    def mine():
        return [r for r in nfvo.replies
                if (r[0].headers or {}).get("x-first-death-queue") == reply_to]

    return mine()[0][1] if nfvo.until(mine, seconds) else None


def word(body):
    if body is None:
        return "silence"
    answer = json.loads(body) if body else None
    if answer is None:
        return "null"
    has_instance = (answer.get("vnfcInstance") or {}).get("id")
    return answer["action"] + ("+i" if has_instance else "")


def walk(lab, which, queue, show):
    for name, message in requests():
        lab.nfvo.answers["SCALING"] = refuse if name == "SCALE_OUT refused" else scaled
        body = ask(lab.nfvo, queue, message, SILENCE[which])
        got = word(body)
        lab.check("%-6s %-17s %s" % (("Python", "Java")[which], name, got),
                  got == EXPECTED[name][which], "%s was expected" % EXPECTED[name][which])
        if show:
            print("     %r" % body)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("broker", "management", "user", "password"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--java", help="folder of java-setup.sh")
    parser.add_argument("--bytes", action="store_true")
    options = parser.parse_args()
    options.vhost = "/"
    lab = probe.Lab(options)
    try:
        lab.fresh(WIDE)
        lab.check("the Python VNFM is ready", lab.vnfm().ready())
        walk(lab, 0, "pyqueue", options.bytes)
        if options.java:
            lab.check("the Java VNFM is ready", JavaPeer(lab, options.java).ready(90))
            walk(lab, 1, "javavnfm", options.bytes)
        else:
            print("NOT RUN: Java")
    finally:
        lab.close()
    return 1 if lab.failed else 0


if __name__ == "__main__":
    sys.exit(main())
