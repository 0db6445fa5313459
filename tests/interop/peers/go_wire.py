"""What peers on Open Baton's Go SDK put on the wire, in plain pika: the SDK itself is served by no Go
proxy.  Facts of its public sources (go-openbaton, v6), in words of our own:

* A record is a struct of fixed members.  What it does not know is dropped; what was not said is sent as
  its zero value ("" 0 false null), unless it is one of the few that are left out when empty.
* A VNFM's messages go through a map of structs first: lists of records are then [] where a driver's
  are null.
* VDUs have no name in a new record, but parent_vdu, vimInstanceName, and "" as flavour.
* Registering and answering go through the default exchange, requests through openbaton-exchange.
"""
import json
import random
import signal
import string
import threading

import stdlib_compat  # noqa: F401  before pika
import pika
import pika.exceptions

EXCHANGE = "openbaton-exchange"

# -- records: member -> kind; "?" behind it: left out when it has its zero value.  Kinds: str int num bool,
# strs maps (of strings), a name (record), [name] (list of them), {name} (map of them).

BASE = {"id": "str?", "hbVersion": "int?", "projectId": "str", "shared": "bool?", "metadata": "maps?"}
SHAPES = {
    "cp": {"type": "str", "fixedIp": "str", "chosenPool": "str", "virtual_link_reference": "str",
           "virtual_link_reference_id": "str", "floatingIp": "str", "interfaceId": "int"},
    "vnfc": {"connection_point": "[cp]"},
    "ip": {"netName": "str", "ip": "str"},
    "instance": {"connection_point": "[cp]", "vim_id": "str", "vc_id": "str", "hostname": "str",
                 "state": "str", "vnfComponent": "vnfc?", "floatingIps": "[ip]", "ips": "[ip]"},
    "event": {"event": "str", "lifecycle_events": "strs"},
    "history": {"event": "str", "description": "str", "executedAt": "str"},
    "parameter": {"description": "str?", "confKey": "str", "value": "str?"},
    "configuration": {"configurationParameters": "[parameter]", "name": "str"},
    "ha": {"resiliencyLevel": "str", "geoRedundancy": "bool", "redundancyScheme": "str"},
    "vdu": {"name": "str", "vm_image": "strs", "parent_vdu": "str", "computation_requirement": "str",
            "virtual_memory_resource_element": "str", "virtual_network_bandwidth_resource": "str",
            "lifecycle_event": "[event]", "vdu_constraint": "str", "high_availability": "ha?",
            "scale_in_out": "int", "vnfc": "[vnfc]", "vnfc_instance": "[instance]",
            "monitoring_parameter": "strs", "hostname": "str", "vimInstanceName": "strs"},
    "link": {"extId": "str", "root_requirement": "str", "leaf_requirement": "str", "qos": "strs",
             "test_access": "strs", "connectivity_type": "strs", "name": "str",
             "connection_points_references": "strs"},
    "point": {"type": "str"},
    "vnfr": {"auto_scale_policy": "[point]", "connection_point": "[point]",
             "deployment_flavour_key": "str", "configurations": "configuration?",
             "lifecycle_event": "[event]", "lifecycle_event_history": "[history]",
             "localization": "str", "monitoring_parameter": "strs", "vdu": "[vdu]", "vendor": "str",
             "version": "str", "virtual_link": "[link]", "parent_ns_id": "str",
             "descriptor_reference": "str", "vnfm_id": "str",
             "connected_external_virtual_link": "[link]", "vnf_address": "strs", "status": "str",
             "notification": "strs", "audit_log": "str", "runtime_policy_info": "strs", "name": "str",
             "type": "str", "endpoint": "str", "task": "str", "requires": "configuration?",
             "provides": "configuration?", "cyclic_dependency": "bool", "packageId": "str"},
    "dparams": {"parameters": "maps"},
    "vnfcparams": {"vnfcId": "str", "parameters": "{dparams}"},
    "dependency": {"target": "str", "parameters": "{dparams}", "vnfcParameters": "{vnfcparams}",
                   "idType": "maps"},
    "image": {"extId": "str", "created": "str?"},
    "flavour": {"flavour_key": "str", "extId": "str", "ram": "int", "disk": "int", "vcpus": "int"},
    "server": {"name": "str", "image": "image", "flavor": "flavour", "status": "str",
               "extendedStatus": "str", "extId": "str", "ips": "any", "floatingIps": "maps",
               "created": "str?", "updated": "str?", "hostName": "str", "hypervisorHostName": "str",
               "instanceName": "str"},
    "network": {"name": "str", "extId": "str"},
    "location": {"name": "str?", "latitude": "str?", "longitude": "str?"},
    "pop": {"name": "str", "authUrl": "str", "active": "bool", "location": "location?",
            "type": "str"},
    "quota": {"tenant": "str", "cores": "int", "floatingIps": "int", "instances": "int",
              "keyPairs": "int", "ram": "int"},
}
TYPES = {"str": str, "int": int, "bool": bool, "strs": list, "maps": dict, "any": dict}
ZERO = {"str": "", "int": 0, "bool": False}


def members(shape):
    return dict(BASE, **SHAPES[shape])


def read(shape, value):
    """As json.Unmarshal: the struct's members only; one of the wrong type is as if it were not there."""
    if not isinstance(value, dict):
        return None
    out = {}
    for name, kind in members(shape).items():
        kind, said = kind.rstrip("?"), value.get(name)
        if kind[0] in "[{":
            inner, is_list = kind[1:-1], kind[0] == "["
            out[name] = None
            if isinstance(said, list if is_list else dict):
                out[name] = ([read(inner, v) for v in said] if is_list else
                             {k: read(inner, v) for k, v in said.items()})
        elif kind in SHAPES:
            out[name] = read(kind, said)
        else:
            out[name] = said if isinstance(said, TYPES[kind]) else ZERO.get(kind)
    return out


def write(shape, value, mapped=False):
    """As json.Marshal; mapped: as it goes through a map of structs first (messages of VNFMs)."""
    if value is None:
        return None
    out = {}
    for name, kind in members(shape).items():
        bare, said = kind.rstrip("?"), value.get(name, ZERO.get(kind.rstrip("?")))
        left_out = said is None or (said == ZERO.get(bare)) or (not said and not mapped)
        if kind.endswith("?") and left_out:
            continue
        if bare[0] == "[":
            out[name] = ([] if mapped else None) if said is None else [
                write(bare[1:-1], v, mapped) for v in said]
        elif bare[0] == "{":
            out[name] = said and {k: write(bare[1:-1], v, mapped) for k, v in said.items()}
        else:
            out[name] = write(bare, said, mapped) if bare in SHAPES else said
    return out


# -- messages

def rpc(channel, exchange, key, body, seconds):
    """One exclusive queue per request; only the answer with our correlation id counts."""
    queue = channel.queue_declare(queue="", exclusive=True).method.queue
    correlation = "".join(random.choice(string.ascii_uppercase[:-1]) for _ in range(32))
    channel.basic_publish(exchange, key, json.dumps(body), pika.BasicProperties(
        content_type="text/plain", correlation_id=correlation, reply_to=queue))
    for method, properties, text in channel.consume(queue, no_ack=True,
                                                    inactivity_timeout=seconds):
        if method is None:
            raise RuntimeError("no answer after %g seconds" % seconds)
        if properties.correlation_id == correlation:
            channel.cancel()
            return json.loads(text)


class Manager:
    """Registers, consumes, and answers each request in a thread of its own."""

    def __init__(self, args, queue, registration):
        self._args, self._queue, self._registration = args, queue, registration
        connection = self.connect(args.user, args.password)
        said = rpc(connection.channel(), "", "nfvo.manager.handling", registration, args.timeout)
        connection.close()
        self._user, self._password = said["rabbitUsername"], said["rabbitPassword"]

    def connect(self, user=None, password=None):
        host, _, port = self._args.broker.rpartition(":")
        return pika.BlockingConnection(pika.ConnectionParameters(
            host, int(port), self._args.vhost, pika.PlainCredentials(
                user or self._user, password or self._password)))

    def serve(self, handle):
        """handle(message, ask) -> what to answer; ask(queue, body) is an RPC to the NFVO."""
        connection = self.connect()
        channel = connection.channel()
        channel.queue_declare(self._queue, durable=True, auto_delete=True)
        channel.queue_bind(self._queue, EXCHANGE, self._queue)

        def work(properties, text):
            mine = self.connect()
            own = mine.channel()
            answer = handle(json.loads(text), lambda key, body: rpc(
                mine.channel(), EXCHANGE, key, body, self._args.timeout))
            own.basic_publish("", properties.reply_to or "", json.dumps(answer),
                              pika.BasicProperties(content_type="text/plain",
                                                   correlation_id=properties.correlation_id))
            mine.close()

        def deliver(_channel, method, properties, text):
            threading.Thread(target=work, args=(properties, text), daemon=True).start()
            channel.basic_ack(method.delivery_tag)

        stopped = threading.Event()
        signal.signal(signal.SIGINT, lambda *_: stopped.set())
        channel.basic_consume(deliver, queue=self._queue)
        print("READY " + self._queue, flush=True)
        while not stopped.is_set():
            connection.process_data_events(0.2)
        channel.basic_publish(EXCHANGE, "nfvo.manager.handling", json.dumps(dict(
            self._registration, action="unregister", type=self._args.type, username=self._user,
            password=self._password)), pika.BasicProperties(content_type="text/plain"))
        try:
            connection.close()
        except pika.exceptions.ConnectionClosed:  # our user is gone, and its connections with it
            pass
        return 0
