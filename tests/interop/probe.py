#!/usr/bin/env python3
"""Plays the NFVO towards the unmodified Python peers and checks what README.md says of the wire.

    tests/interop/run --probe [--rights] [CASE...]

Works in a virtual host of its own, with the narrowest permissions that README.md gives.
--rights takes every one of those permissions away in turn and expects the peer to fail.
Needs no Baton process: it is the yardstick that the C side is measured with, so it speaks plain
pika and shares no code with what it measures.
"""
import argparse
import base64
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "peers"))
import stdlib_compat  # noqa: E402,F401  before pika
import pika  # noqa: E402

EXCHANGE = "openbaton-exchange"

# Name -> (configure, write, read, topic write, topic read); each a list of alternatives that
# are joined and anchored.  The topic patterns are those of openbaton-exchange.
RIGHTS = {
    "registration": (
        [r"amq\.gen-.*"],
        [r"amq\.default", EXCHANGE],
        [r"amq\.gen-.*"],
        [r"nfvo\.manager\.handling"],
        []),
    "vnfm": (
        [r"amq\.gen-.*", "{endpoint}"],
        [r"amq\.default", "{endpoint}"],
        [r"amq\.gen-.*", "{endpoint}", EXCHANGE],
        [],
        ["{endpoint}"]),
    "driver": (
        [r"vim-drivers\.{type}\.[^.]+"],
        [r"vim-drivers\.{type}\.[^.]+", EXCHANGE],
        [r"vim-drivers\.{type}\.[^.]+", EXCHANGE],
        [r"probe\.replies"],
        [r"vim-drivers\.{type}\.[^.]+"]),
}


# One registration user serves both kinds of peer; each leaves some of its rights unused.
SPARE = {
    ("registration", "write", r"amq\.default", "driver"): "works",
    ("registration", "write", EXCHANGE, "vnfm"): "no unregister",
    ("registration", "topic write", r"nfvo\.manager\.handling", "vnfm"): "no unregister",
}


def anchored(alternatives, names):
    if not alternatives:
        return "^$"
    return "^(%s)$" % "|".join(re.sub(r"\{(\w+)\}", lambda m: re.escape(names[m.group(1)]), a)
                               for a in alternatives)


class Management:
    """The few calls of the broker's HTTP API that an NFVO makes."""

    def __init__(self, address, user, password, vhost):
        self._base = "http://%s/api/" % address
        self._basic = base64.b64encode(("%s:%s" % (user, password)).encode()).decode()
        self._vhost = urllib.parse.quote(vhost, safe="")
        self.users = []

    def call(self, method, path, body=None):
        request = urllib.request.Request(self._base + path.replace("VHOST", self._vhost),
                                         json.dumps(body).encode() if body is not None else None,
                                         {"Authorization": "Basic " + self._basic,
                                          "Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.loads(response.read() or b"null")

    def user(self, name, password, rights, names):
        self.users.append(name)
        configure, write, read, topic_write, topic_read = [anchored(r, names) for r in rights]
        self.call("PUT", "users/" + name, {"password": password, "tags": ""})
        self.call("PUT", "permissions/VHOST/" + name,
                  {"configure": configure, "write": write, "read": read})
        self.call("PUT", "topic-permissions/VHOST/" + name,
                  {"exchange": EXCHANGE, "write": topic_write, "read": topic_read})

    def queue(self, name):
        try:
            return self.call("GET", "queues/VHOST/" + name)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise


class Nfvo:
    """A stub: registers peers, grants, allocates, and remembers every message it saw."""

    def __init__(self, options, management, rights):
        self._management = management
        self._rights = rights
        self._vhost = options.vhost
        self.seen = []           # (queue, properties, decoded body)
        self.replies = []        # (properties, raw body)
        self.answers = {}        # action -> function(message) -> answer, to misbehave
        host, port = options.broker.split(":")
        self.connection = pika.BlockingConnection(pika.ConnectionParameters(
            host=host, port=int(port), virtual_host=options.vhost,
            credentials=pika.PlainCredentials(options.user, options.password)))
        self.channel = self.connection.channel()
        self.channel.exchange_declare(EXCHANGE, "topic", durable=True)
        # decisions.md D12: quorum queues; no SDK declares these, so no SDK minds.
        for name in ("nfvo.manager.handling", "vnfm.nfvo.actions", "vnfm.nfvo.actions.reply"):
            self._own_queue(name, {"x-queue-type": "quorum"})
            self.channel.basic_consume(self._on_request, queue=name)
        self._own_queue("probe.replies", {})
        self.channel.basic_consume(self._on_reply, queue="probe.replies", no_ack=True)

    def _own_queue(self, name, arguments):
        self.channel.queue_declare(name, durable=True, arguments=arguments)
        self.channel.queue_bind(name, EXCHANGE, name)

    def _on_reply(self, _channel, _method, properties, body):
        self.replies.append((properties, body))

    def _on_request(self, _channel, method, properties, body):
        message = json.loads(body)  # decoded twice: the answers are made by changing it
        self.seen.append((method.routing_key, properties, json.loads(body)))
        action = message["action"]
        answer = self.answers.get(action, getattr(self, "answer_" + action.lower(), None))
        if answer and properties.reply_to:
            content = answer(message)
            if content is not None:
                self.channel.basic_publish(
                    "", properties.reply_to,
                    content if isinstance(content, str) else json.dumps(content),
                    pika.BasicProperties(correlation_id=properties.correlation_id,
                                         content_type="text/plain"))
        self.channel.basic_ack(method.delivery_tag)

    def answer_register(self, message):
        kind = "vnfm" if "vnfmManagerEndpoint" in message else "driver"
        endpoint = message.get("vnfmManagerEndpoint", {}).get("endpoint", "")
        password = uuid.uuid4().hex
        # Users, unlike everything else here, are not inside the virtual host.
        user = "%s-%s" % (message["type"], self._vhost)
        self._management.user(user, password, self._rights[kind],
                              {"endpoint": endpoint, "type": message["type"]})
        return {"rabbitUsername": user, "rabbitPassword": password}

    @staticmethod
    def answer_grant_operation(message):
        record = message["virtualNetworkFunctionRecord"]
        record["id"] = "r-1"
        vims = {}
        for number, vdu in enumerate(record["vdu"]):
            vdu["id"] = "u-%d" % number
            vims[vdu["id"]] = {"id": "v-1", "name": vdu["vimInstanceName"][0], "type": "pytest"}
        return {"action": "GRANT_OPERATION", "grantAllowed": True, "vduVim": vims,
                "virtualNetworkFunctionRecord": record}

    @staticmethod
    def answer_allocate_resources(message):
        record = message["virtualNetworkFunctionRecord"]
        for vdu in record["vdu"]:
            vdu["vnfc_instance"] = [{"id": "i-1", "hostname": "web-1", "vc_id": "s-1",
                                     "vnfComponent": {"id": "c-1"}}]
        return {"action": "ALLOCATE_RESOURCES", "vnfr": record}

    @staticmethod
    def answer_scaling(message):
        record = message["virtualNetworkFunctionRecord"]
        record["vdu"][0]["vnfc_instance"].append({"id": "i-2", "vnfComponent": {"id": "c-2"}})
        return {"action": "SCALED", "vnfr": record}

    def until(self, condition, seconds=15):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                return False
            self.connection.process_data_events(time_limit=0.05)
        return True

    def ask_vnfm(self, queue, message, seconds=15):
        """design.md, "Which reply is whose": a reply queue per request whose messages expire at
        once into probe.replies.  Returns (properties, message), (properties, b"") or None."""
        reply_to = "probe.reply." + uuid.uuid4().hex
        self.channel.queue_declare(reply_to, durable=True, arguments={
            "x-message-ttl": 0, "x-expires": 60000, "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": "probe.replies"})
        self.channel.basic_publish(EXCHANGE, queue, json.dumps(message),
                                   pika.BasicProperties(reply_to=reply_to,
                                                        content_type="text/plain"))

        def mine():
            return [r for r in self.replies
                    if (r[0].headers or {}).get("x-first-death-queue") == reply_to]

        if not self.until(mine, seconds):
            return None
        properties, body = mine()[0]
        return properties, json.loads(body) if body else body

    def ask_driver(self, queue, method, *parameters, seconds=15, **properties):
        """Returns the decoded answer, b"" for an empty body, None for no answer."""
        correlation = uuid.uuid4().hex
        properties.setdefault("reply_to", "probe.replies")
        self.channel.basic_publish(
            EXCHANGE, queue,
            json.dumps({"methodName": method, "parameters": list(parameters)}),
            pika.BasicProperties(correlation_id=correlation, **properties))

        def mine():
            return [r for r in self.replies if r[0].correlation_id == correlation]

        if not self.until(mine, seconds):
            return None
        body = mine()[0][1]
        return json.loads(body) if body else body


class Peer:
    """One of peers/ as a process."""

    def __init__(self, lab, script, *arguments):
        self._lab = lab
        self.journal = os.path.join(lab.work, uuid.uuid4().hex)
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "peers", script), "--broker", lab.options.broker,
             "--vhost", lab.options.vhost, "--user", lab.registrar, "--password", "secret",
             "--journal", self.journal] + list(arguments),
            stdout=self.log, stderr=subprocess.STDOUT)
        lab.peers.append(self)

    def output(self):
        self.log.seek(0)
        return self.log.read()

    def ready(self, seconds=15):
        self._lab.nfvo.until(lambda: "READY" in self.output() or
                             self.process.poll() is not None, seconds)
        return "READY" in self.output()

    def calls(self):
        if not os.path.exists(self.journal):
            return []
        with open(self.journal) as journal:
            return [json.loads(line)["method"] for line in journal]

    def stop(self, number=signal.SIGKILL, seconds=10):
        """Returns the exit status, or None if it had to be killed after all."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            self._lab.nfvo.until(lambda: self.process.poll() is not None, seconds)
        status = self.process.poll()
        if os.environ.get("PROBE_VERBOSE"):
            print(self.output())
        self.process.kill()
        self.process.wait()
        return status


class Lab:
    def __init__(self, options):
        self.options = options
        self.work = tempfile.mkdtemp(prefix="baton-probe-")
        self.peers = []
        self.failed = 0
        self.management = Management(options.management, options.user, options.password,
                                     options.vhost)
        self.nfvo = None

    def fresh(self, rights=RIGHTS):
        """A new virtual host and a new NFVO: nothing of an earlier case is left."""
        self.close()
        self.options.vhost = "probe-" + uuid.uuid4().hex[:8]
        self.management = Management(self.options.management, self.options.user,
                                     self.options.password, self.options.vhost)
        self.management.call("PUT", "vhosts/VHOST", {})
        self.management.call("PUT", "permissions/VHOST/" + self.options.user,
                             {"configure": ".*", "write": ".*", "read": ".*"})
        self.registrar = "registrar-" + self.options.vhost  # as openbaton-manager-user
        self.management.user(self.registrar, "secret", rights["registration"], {})
        self.nfvo = Nfvo(self.options, self.management, rights)

    def close(self):
        for peer in self.peers:
            peer.stop()
        self.peers = []
        if self.nfvo:
            try:
                self.nfvo.connection.close()
            except pika.exceptions.AMQPError:
                pass
            for user in set(self.management.users):
                self.management.call("DELETE", "users/" + user)
            # No rights are left in it: nfvo/vnfm/management_vhost.c.
            self.management.call("DELETE", "permissions/VHOST/" + self.options.user)
            self.management.call("DELETE", "vhosts/VHOST")
            self.nfvo = None

    def connections(self):
        return [c for c in self.management.call("GET", "connections")
                if c.get("vhost") == self.options.vhost]

    def cut_peers(self):
        """Close the peers' connections from the broker's side."""
        self.nfvo.until(lambda: any(c["user"] not in (self.options.user, self.registrar)
                                    for c in self.connections()), 10)
        for connection in self.connections():
            if connection["user"] != self.options.user:
                self.management.call("DELETE", "connections/" +
                                     urllib.parse.quote(connection["name"], safe=""))

    def vnfm(self, *arguments):
        return Peer(self, "py_vnfm.py", "--type", "pyvnfm", "--endpoint", "pyqueue", *arguments)

    def driver(self, *arguments):
        return Peer(self, "py_vim_driver.py", "--type", "pytest", *arguments)

    def check(self, what, ok, detail=""):
        self.failed += not ok
        print("%-4s %s%s" % ("ok" if ok else "FAIL", what, "" if ok else ": %s" % (detail,)),
              flush=True)


VIM = {"id": "v-1", "name": "pop1", "type": "pytest", "authUrl": "http://x"}
DRIVER_QUEUE = "vim-drivers.pytest.pytest"


def record(**more):
    return dict({"id": "r-1", "name": "web", "parent_ns_id": "n-1",
                 "vdu": [{"id": "u-0", "vnfc_instance": [
                     {"id": "i-1", "vnfComponent": {"id": "c-1"}}]}]}, **more)


def instantiate():
    return {"action": "INSTANTIATE",
            "vnfd": {"id": "d-1", "name": "web", "type": "web", "endpoint": "pyvnfm",
                     "lifecycle_event": [], "virtual_link": [{"id": "l-0", "name": "mgmt"}],
                     "requires": {}, "provides": [],
                     "vdu": [{"id": "du-1", "name": "vdu1", "vnfc": [{"id": "dc-1"}],
                              "vnfc_instance": []}]},
            "vnfdf": {"flavour_key": "m1.small"}, "vnfInstanceName": "web",
            "vlrs": [{"id": "l-1", "name": "mgmt", "extId": "net-1"}],
            "extension": {"brokerIp": "127.0.0.1", "brokerPort": "5672", "monitoringIp": "",
                          "timezone": "CET", "nsr-id": "n-1"},
            "vimInstances": {"du-1": [VIM]},
            "vnfPackage": {"scripts": [{"name": "a.sh", "payload": [35, 33]}]}, "keys": []}


def case_vnfm(lab):
    """Registration, a whole life, and the way out."""
    lab.fresh()
    nfvo, peer = lab.nfvo, lab.vnfm()
    lab.check("vnfm registers with the minimal rights", peer.ready(), peer.output())
    _, properties, body = nfvo.seen[0]
    lab.check("registration body", body == {
        "action": "register", "type": "pyvnfm", "vnfmManagerEndpoint": {
            "type": "pyvnfm", "endpoint": "pyqueue", "endpointType": "RABBIT",
            "description": "First python vnfm", "enabled": True, "active": True}}, body)
    lab.check("registration: amq.gen reply queue, correlation id, text/plain",
              properties.reply_to.startswith("amq.gen-") and properties.correlation_id and
              properties.content_type == "text/plain", properties)
    queue = lab.management.queue("pyqueue")
    lab.check("queue durable, auto-delete, not exclusive, no arguments",
              (queue["durable"], queue["auto_delete"], queue["exclusive"], queue["arguments"]) ==
              (True, True, False, {}), queue)

    answer = nfvo.ask_vnfm("pyqueue", instantiate())
    lab.check("INSTANTIATE answered through the expiring queue, known by x-first-death-queue",
              bool(answer) and answer[1]["action"] == "INSTANTIATE", answer or peer.output())
    lab.check("reply has no correlation id, is text/plain", answer[0].correlation_id is None and
              answer[0].content_type == "text/plain", answer[0])
    lab.check("answer carries the record of ALLOCATE",
              answer[1]["virtualNetworkFunctionRecord"]["vdu"][0]["vnfc_instance"][0]["id"] ==
              "i-1", answer[1])
    requests = nfvo.seen[1:]
    lab.check("GRANT, ALLOCATE came to vnfm.nfvo.actions.reply", [(q, m["action"]) for q, _, m in
              requests] == [("vnfm.nfvo.actions.reply", "GRANT_OPERATION"),
                            ("vnfm.nfvo.actions.reply", "ALLOCATE_RESOURCES")], requests)
    asked = requests[0][2]["virtualNetworkFunctionRecord"]
    lab.check("GRANT record: no id, null ids inside, parent_vdu, exId, provides as object",
              "id" not in asked and asked["vdu"][0]["id"] is None and
              asked["vdu"][0]["vnfc"][0]["id"] is None and
              asked["vdu"][0]["parent_vdu"] == "du-1" and
              asked["virtual_link"][0]["exId"] == "net-1" and
              asked["provides"] == {"configurationParameters": []}, asked)
    lab.check("ALLOCATE: userdata none, keyPairs, vimInstances",
              requests[1][2]["userdata"] == "none" and requests[1][2]["keyPairs"] == [] and
              list(requests[1][2]["vimInstances"]) == ["u-0"], requests[1][2])

    for action, sent in (
            ("MODIFY", {"vnfr": record(), "vnfrd": {}}),
            ("START", {"virtualNetworkFunctionRecord": record()}),
            ("STOP", {"virtualNetworkFunctionRecord": record()}),
            ("HEAL", {"virtualNetworkFunctionRecord": record(), "vnfcInstance": {"id": "i-1"}}),
            ("CONFIGURE", {"vnfr": record()}),
            ("RESUME", {"vnfr": record()}),
            ("RELEASE_RESOURCES", {"vnfr": record()})):
        answer = nfvo.ask_vnfm("pyqueue", dict(sent, action=action))
        lab.check(action + " answered with the same action", bool(answer) and
                  answer[1]["action"] == action and
                  answer[1]["virtualNetworkFunctionRecord"]["id"] == "r-1", answer)
    one = {"virtualNetworkFunctionRecord": record(), "vnfcInstance": {"id": "i-1"}}
    answer = nfvo.ask_vnfm("pyqueue", dict(one, action="START"))
    lab.check("START of one instance: answer does not name it",
              "vnfcInstance" not in answer[1], answer)
    answer = nfvo.ask_vnfm("pyqueue", dict(one, action="STOP"))
    lab.check("STOP of one instance: answer names it",
              answer[1]["vnfcInstance"] == {"id": "i-1"}, answer)
    answer = nfvo.ask_vnfm("pyqueue", {
        "action": "SCALE_OUT", "virtualNetworkFunctionRecord": record(),
        "component": {"id": "c-2"}, "mode": "", "extension": {}, "vimInstance": VIM})
    lab.check("SCALE_OUT: SCALING asked, SCALED answered with the new instance",
              nfvo.seen[-1][2]["action"] == "SCALING" and answer[1]["action"] == "SCALED" and
              answer[1]["vnfcInstance"]["id"] == "i-2", answer)
    before = len(peer.calls())
    answer = nfvo.ask_vnfm("pyqueue", dict(instantiate(), vnfr=record()))
    lab.check("INSTANTIATE with vnfr (restart): echoed, no grant, no handler called",
              answer[1]["virtualNetworkFunctionRecord"]["id"] == "r-1" and
              len(peer.calls()) == before, answer)
    for action in ("SCALE_IN", "ERROR", "EXECUTE", "UPDATE"):
        answer = nfvo.ask_vnfm("pyqueue", {"action": action, "vnfr": record(), "script": {},
                                           "vnfcInstance": {"id": "i-1"}}, 2)
        lab.check(action + " is never answered", answer is None, answer)
    lab.check("handlers called", peer.calls() == [
        "instantiate", "modify", "start_vnfr", "stop_vnfr", "heal", "configure",
        "get_resumed_action", "resume", "terminate", "start_vnfci", "stop_vnfci", "scale_out",
        "scale_in", "handle_error", "execute_script"], peer.calls())
    for answer, what in ((nfvo.ask_vnfm("pyqueue", {"action": "LOG_REQUEST"}, 2), "LOG_REQUEST"),
                         (nfvo.ask_vnfm("pyqueue", ["no object"], 2), "no JSON object")):
        lab.check(what + " is never answered", answer is None, answer)

    peer.stop(signal.SIGINT)
    gone = nfvo.until(lambda: nfvo.seen[-1][2]["action"] == "unregister", 5)
    _, properties, body = nfvo.seen[-1]
    lab.check("SIGINT unregisters, with its password, without reply_to", gone and
              body["username"].startswith("pyvnfm-") and body["password"] and body["type"] == "pyvnfm" and
              body["vnfmManagerEndpoint"]["endpoint"] == "pyqueue" and
              properties.reply_to is None, body)
    lab.check("queue gone with its consumer",
              nfvo.until(lambda: lab.management.queue("pyqueue") is None, 10))


def case_vnfm_errors(lab):
    """Exceptions, refusals, SIGTERM."""
    lab.fresh()
    nfvo = lab.nfvo
    peer = lab.vnfm("--fail", "start_vnfr=boom", "--fail", "scale_in=boom",
                    "--result", "modify=null")
    peer.ready()
    answer = nfvo.ask_vnfm("pyqueue", {"action": "START",
                                       "virtualNetworkFunctionRecord": record()})
    lab.check("exception in a handler: ERROR with the record as sent", answer[1] == {
        "action": "ERROR", "virtualNetworkFunctionRecord": record(), "nsrId": "n-1",
        "exception": {"detailMessage": "boom", "cause": {"detailMessage": "boom"}}}, answer)
    answer = nfvo.ask_vnfm("pyqueue", {"action": "SCALE_IN", "vnfr": record()})
    lab.check("exception in a handler that never answers: ERROR all the same",
              bool(answer) and answer[1]["action"] == "ERROR", answer)
    answer = nfvo.ask_vnfm("pyqueue", {"action": "MODIFY", "vnfr": record()})
    lab.check("handler returns None: record null",
              answer[1] == {"action": "MODIFY", "virtualNetworkFunctionRecord": None}, answer)

    nfvo.answers["GRANT_OPERATION"] = lambda m: {"action": "ERROR", "message": "no quota"}
    answer = nfvo.ask_vnfm("pyqueue", instantiate())
    lab.check("grant refused: ERROR, record without id, text is Python's, not ours",
              answer[1]["action"] == "ERROR" and answer[1]["nsrId"] == "n-1" and
              "id" not in answer[1]["virtualNetworkFunctionRecord"] and
              "no quota" not in answer[1]["exception"]["detailMessage"], answer)
    del nfvo.answers["GRANT_OPERATION"]
    nfvo.answers["ALLOCATE_RESOURCES"] = lambda m: {"action": "ERROR", "message": "no host",
                                                    "vnfr": record()}
    answer = nfvo.ask_vnfm("pyqueue", instantiate())
    lab.check("allocate refused: ERROR with the granted record, our message lost",
              answer[1]["action"] == "ERROR" and
              answer[1]["virtualNetworkFunctionRecord"]["id"] == "r-1" and
              "multiple values" in answer[1]["exception"]["detailMessage"], answer)
    nfvo.answers["ALLOCATE_RESOURCES"] = lambda m: "null"
    answer = nfvo.ask_vnfm("pyqueue", instantiate(), 3)
    lab.check("allocate answered with null: INSTANTIATE never answered", answer is None, answer)
    broken = instantiate()
    broken["vimInstances"] = {}
    answer = nfvo.ask_vnfm("pyqueue", broken)
    lab.check("VDU without VIM: ERROR with empty record and null nsrId",
              answer[1]["virtualNetworkFunctionRecord"] == {} and answer[1]["nsrId"] is None,
              answer)
    seen = len(nfvo.seen)
    nfvo.channel.basic_publish(EXCHANGE, "pyqueue", json.dumps(
        {"action": "CONFIGURE", "vnfr": record()}), pika.BasicProperties())
    nfvo.until(lambda: len(nfvo.seen) > seen)
    lab.check("without reply_to the answer goes to vnfm.nfvo.actions",
              nfvo.seen[-1][0] == "vnfm.nfvo.actions", nfvo.seen[seen:])
    seen = len(nfvo.seen)
    status = peer.stop(signal.SIGTERM)
    nfvo.until(lambda: False, 1)
    lab.check("SIGTERM: dies at once, does not unregister",
              status == -signal.SIGTERM and len(nfvo.seen) == seen, status)


def case_vnfm_slow(lab):
    """A handler longer than three heartbeats: nobody serves its connection meanwhile."""
    lab.fresh()
    peer = lab.vnfm("--heartbeat", "2", "--delay", "start_vnfr=9")
    peer.ready()
    answer = lab.nfvo.ask_vnfm("pyqueue", {"action": "START",
                                           "virtualNetworkFunctionRecord": record()}, 14)
    lab.check("slow handler: its answer is lost", answer is None, answer)
    answer = lab.nfvo.ask_vnfm("pyqueue", {"action": "STOP",
                                           "virtualNetworkFunctionRecord": record()})
    lab.check("the VNFM itself lives on", bool(answer), peer.output())


def case_vnfm_connections(lab):
    """A connection per message; none is closed by the SDK."""
    lab.fresh()
    peer = lab.vnfm()
    peer.ready()
    for _ in range(20):
        lab.nfvo.ask_vnfm("pyqueue", {"action": "CONFIGURE", "vnfr": record()})
    lab.nfvo.until(lambda: False, 6)  # the broker's statistics lag by up to 5 s
    ours = len(lab.connections()) - 1
    lab.check("more connections than the listener's are left open (%d)" % ours, ours > 1, ours)


def case_vnfm_parallel(lab):
    """Prefetch 1 orders nothing: the SDK acknowledges first and works afterwards, in threads."""
    lab.fresh()
    nfvo, peer = lab.nfvo, lab.vnfm("--delay", "start_vnfr=3")
    peer.ready()
    nfvo.channel.basic_publish(EXCHANGE, "pyqueue", json.dumps(
        {"action": "START", "virtualNetworkFunctionRecord": record()}),
        pika.BasicProperties(reply_to="probe.replies"))
    nfvo.until(lambda: peer.calls() == ["start_vnfr"])
    answer = nfvo.ask_vnfm("pyqueue", {"action": "STOP",
                                       "virtualNetworkFunctionRecord": record()}, 2)
    lab.check("STOP overtakes a running START of the same record", bool(answer), answer)
    lab.check("and the START ends afterwards", nfvo.until(lambda: len(nfvo.replies) == 2))


def case_lost_broker(lab):
    """The connection breaks; the password changes."""
    lab.fresh()
    peer = lab.vnfm()
    peer.ready()
    lab.cut_peers()
    lab.check("vnfm: ends with an error when its connection breaks",
              lab.nfvo.until(lambda: peer.process.poll() == 1, 10), peer.process.poll())

    lab.fresh()
    peer = lab.driver()
    peer.ready()
    lab.cut_peers()
    lab.nfvo.until(lambda: False, 5)
    lab.check("driver: process stays, its queue is gone, nothing reconnects",
              peer.process.poll() is None and lab.management.queue(DRIVER_QUEUE) is None,
              peer.process.poll())

    lab.fresh()
    peer = lab.vnfm()
    peer.ready()
    # Registered again with another password, as for a second process of the same type.
    lab.nfvo.answer_register(lab.nfvo.seen[0][2])
    answer = lab.nfvo.ask_vnfm("pyqueue", {"action": "CONFIGURE", "vnfr": record()}, 8)
    lab.check("vnfm: dies of the next message when its password changed",
              answer is None and lab.nfvo.until(lambda: peer.process.poll() == 1, 5),
              (answer, peer.process.poll()))


def case_driver(lab):
    """Registration, the calls an NFVO makes, and each kind of result."""
    lab.fresh()
    nfvo, peer = lab.nfvo, lab.driver("--fail", "add_image=no space", "--result",
                                      "update_image={}")
    lab.check("driver registers with the minimal rights", peer.ready(), peer.output())
    _, properties, body = nfvo.seen[0]
    lab.check("registration: bare type, through the exchange",
              body == {"type": "pytest", "action": "register"} and
              properties.reply_to.startswith("amq.gen-") and properties.correlation_id, body)
    queue = lab.management.queue(DRIVER_QUEUE)
    lab.check("queue durable, auto-delete, not exclusive, no arguments",
              (queue["durable"], queue["auto_delete"], queue["exclusive"], queue["arguments"]) ==
              (True, True, False, {}), queue)
    ask = lambda *a, **k: nfvo.ask_driver(DRIVER_QUEUE, *a, **k)  # noqa: E731

    answer = ask("refresh", VIM)
    lab.check("refresh: dict", answer and answer["answer"]["images"][0]["extId"] == "image-1",
              answer or peer.output())
    properties = nfvo.replies[-1][0]
    lab.check("reply: correlation id echoed, text/plain",
              properties.correlation_id and properties.content_type == "text/plain", properties)
    lab.check("empty list: empty body", ask("listServer", VIM) == b"")
    answer = ask("launchInstanceAndWait", VIM, "web-1", "image-1", "flavour-1", "", [
        {"virtual_link_reference": "mgmt"}], [], "", {"mgmt": "random"}, [])
    server = answer.get("answer", {})
    lab.check("launch (10 arguments): server; nulls for id, version, updated",
              server.get("name") == "web-1" and server["ips"] == {"mgmt": ["10.1.0.10"]} and
              server["id"] is None and server["version"] is None and "image" not in server,
              answer)
    answer = ask("launchInstanceAndWait", VIM, "web-2", "image-1", "flavour-1", "", [], [], "")
    lab.check("launch (8 arguments)", "answer" in answer, answer)
    lab.check("list: both servers",
              [s["name"] for s in ask("listServer", VIM)["answer"]] == ["web-1", "web-2"])
    lab.check("delete returns None: no answer",
              ask("deleteServerByIdAndWait", VIM, server["extId"], seconds=2) is None)
    lab.check("... and is done", len(ask("listServer", VIM)["answer"]) == 1)
    network = ask("createNetwork", VIM, {"name": "mgmt", "subnets": []})["answer"]
    lab.check("createNetwork: extId, 'shared' is the flag, not the base member",
              network["extId"] and network["shared"] is False, network)
    answer = ask("deleteNetwork", VIM, network["extId"])
    lab.check("True: an exception, although done",
              answer == {"exception": {"detailMessage": "'bool' object has no attribute "
                                                        "'get_dict'"}}, answer)
    lab.check("... done", ask("listNetworks", VIM) == b"")
    answer = ask("getType", VIM)
    lab.check("string: an exception", "'str' object" in answer["exception"]["detailMessage"],
              answer)
    lab.check("object: Quota", ask("getQuota", VIM)["answer"]["cores"] == 100)
    lab.check("empty dict: empty body", ask("updateImage", VIM, {}) == b"")
    answer = ask("addImage", VIM, {"name": "i"}, "http://x/i.img")
    lab.check("exception: detailMessage only",
              answer == {"exception": {"detailMessage": "no space"}}, answer)
    answer = ask("refresh", VIM, 1)
    lab.check("wrong number of arguments: exception", "exception" in answer, answer)
    lab.check("unknown method: no answer", ask("makeCoffee", VIM, seconds=2) is None)
    lab.check("... and it lives on", "answer" in ask("refresh", VIM))

    seen = len(nfvo.seen)
    status = peer.stop(signal.SIGINT, 8)
    lab.check("SIGINT: ends with status 0, does not unregister",
              status == 0 and len(nfvo.seen) == seen, (status, nfvo.seen[seen:]))
    lab.check("queue gone with its consumer",
              nfvo.until(lambda: lab.management.queue(DRIVER_QUEUE) is None, 10))


def case_driver_results(lab):
    """What each remaining kind of result becomes."""
    def no_dict(kind):
        return {"exception": {"detailMessage":
                              "'%s' object has no attribute 'get_dict'" % kind}}

    lab.fresh()
    for result, expected in (('["a", 1, true, {}]', {"answer": ["a", 1, True, {}]}),
                             # both members: an exception wins
                             ("[null]", dict(no_dict("NoneType"), answer=[])),
                             ("[1, [2]]", dict(no_dict("list"), answer=[1])),
                             ("[]", b""), ("{}", b""), ('""', b""), ("null", None),
                             ('"text"', no_dict("str")), ("5", no_dict("int")),
                             ("true", no_dict("bool"))):
        peer = lab.driver("--result", "get_quota=" + result)
        peer.ready()
        answer = lab.nfvo.ask_driver(DRIVER_QUEUE, "getQuota", VIM, seconds=2)
        lab.check("result %s" % result, answer == expected, answer)
        peer.stop()
        lab.nfvo.until(lambda: lab.management.queue(DRIVER_QUEUE) is None, 10)


def case_driver_deaf(lab):
    """What ends the driver's only reply thread: it goes on working and never answers again."""
    for what, arguments, request, properties in (
            ("result False", ("--result", "delete_network=false"), ("deleteNetwork", VIM, "x"),
             {}),
            ("result 0", ("--result", "get_quota=0"), ("getQuota", VIM), {}),
            ("request without reply_to that has an answer", (), ("refresh", VIM),
             {"reply_to": None}),
            ("reply key the topic permission refuses", (), ("refresh", VIM),
             {"reply_to": "forbidden"})):
        lab.fresh()
        peer = lab.driver(*arguments)
        peer.ready()
        answer = lab.nfvo.ask_driver(DRIVER_QUEUE, *request, seconds=2, **properties)
        lab.check(what + ": no answer", answer is None, answer)
        answers = [lab.nfvo.ask_driver(DRIVER_QUEUE, "refresh", VIM, seconds=2) for _ in "ab"]
        lab.check(what + ": deaf from then on, still working", answers == [None, None] and
                  peer.calls()[-2:] == ["refresh", "refresh"], answers)


def case_driver_idle(lab):
    """Idle for more than three heartbeats: nobody serves the reply thread's connection."""
    lab.fresh()
    peer = lab.driver("--heartbeat", "2")
    peer.ready()
    lab.nfvo.until(lambda: False, 10)
    answers = [lab.nfvo.ask_driver(DRIVER_QUEUE, "refresh", VIM, seconds=3) is not None
               for _ in "abc"]
    lab.check("answers arrive after an idle time", answers == [True] * 3, answers)


def case_driver_without_nfvo(lab):
    """Registration is repeated until someone answers."""
    lab.fresh()
    lab.nfvo.answers["register"] = lambda m: None
    lab.driver()
    lab.nfvo.until(lambda: len(lab.nfvo.seen) >= 2, 15)
    ids = {p.correlation_id for _, p, _ in lab.nfvo.seen}
    lab.check("driver repeats its registration, same correlation id",
              len(lab.nfvo.seen) >= 2 and len(ids) == 1, lab.nfvo.seen)


def rights(lab):
    """Takes every single right away: the peer must fail, or the right was too much."""
    for kind, lists in RIGHTS.items():
        for index, part in enumerate(("configure", "write", "read", "topic write", "topic read")):
            for alternative in lists[index]:
                less = [list(x) for x in lists]
                less[index].remove(alternative)
                for peer_kind in ("vnfm", "driver") if kind == "registration" else (kind,):
                    lab.fresh(dict(RIGHTS, **{kind: less}))
                    lab.nfvo.until(lambda: False, 0.2)
                    peer = getattr(lab, peer_kind)()
                    works = peer.ready(6)
                    if works and peer_kind == "vnfm":
                        answer = lab.nfvo.ask_vnfm("pyqueue", instantiate(), 4)
                        works = bool(answer) and answer[1]["action"] == "INSTANTIATE"
                        peer.stop(signal.SIGINT)
                        farewell = lab.nfvo.until(
                            lambda: lab.nfvo.seen[-1][2]["action"] == "unregister", 3)
                    elif works:
                        works = lab.nfvo.ask_driver(DRIVER_QUEUE, "refresh", VIM,
                                                    seconds=4) is not None
                        farewell = True
                    got = "fails" if not works else "works" if farewell else "no unregister"
                    lab.check("%s without %s %s: %s %s" % (kind, part, alternative, peer_kind,
                                                           got),
                              got == SPARE.get((kind, part, alternative, peer_kind), "fails"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--broker", default=os.environ.get("BATON_BROKER", "127.0.0.1:5672"))
    parser.add_argument("--management", default=os.environ.get("BATON_BROKER_MANAGEMENT",
                                                               "127.0.0.1:15672"))
    parser.add_argument("--user", default="guest")
    parser.add_argument("--password", default="guest")
    parser.add_argument("--rights", action="store_true")
    parser.add_argument("cases", nargs="*", metavar="CASE")
    options = parser.parse_args()
    options.vhost = "/"
    cases = {n[5:]: f for n, f in globals().items() if n.startswith("case_")}
    lab = Lab(options)
    try:
        if options.rights:
            rights(lab)
        for name in options.cases or ([] if options.rights else cases):
            print("-- %s: %s" % (name, cases[name].__doc__), flush=True)
            try:
                cases[name](lab)
            except Exception as error:  # a case that breaks off must not hide the others
                traceback.print_exc()
                lab.check(name, False, error)
    finally:
        lab.close()
    return 1 if lab.failed else 0


if __name__ == "__main__":
    sys.exit(main())
