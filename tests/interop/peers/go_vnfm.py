#!/usr/bin/env python3
"""A VNFM that sends what one on Open Baton's Go SDK sends (go_wire.py).  It manages nothing: it answers.

    go_vnfm.py --broker 127.0.0.1:5672 --type go --journal calls.jsonl [--allocate-itself]

--allocate-itself: as the reference's Docker VNFM, which makes its instances in INSTANTIATE and knows their
names and addresses in START.  Prints "READY <endpoint>" when it consumes.  SIGINT unregisters.
"""
import sys

import go_wire
import peer_common

ANSWERED = {"INSTANTIATE": "instantiate", "MODIFY": "modify", "START": "start_vnfr",
            "STOP": "stop_vnfr", "CONFIGURE": "configure", "RELEASE_RESOURCES": "terminate"}


class Failed(Exception):
    """What becomes an ERROR: text and record."""


def record_of(vnfd, flavour, vlrs, extension, vims):
    """The SDK's factory: a record of a descriptor.  What it does not copy is missing here, too."""
    ext_ids = {vlr["name"]: vlr.get("extId", "") for vlr in vlrs or []}

    def points(vnfc):
        return [{name: point.get(name) for name in (
            "type", "floatingIp", "fixedIp", "virtual_link_reference", "interfaceId", "chosenPool")}
            for point in vnfc.get("connection_point") or []]

    configurations = vnfd.get("configurations") or {"name": vnfd["name"]}
    return go_wire.read("vnfr", {
        "name": vnfd["name"], "type": vnfd["type"], "endpoint": vnfd.get("endpoint"),
        "vendor": vnfd["vendor"], "version": vnfd["version"], "status": "NULL",
        "descriptor_reference": vnfd.get("id"), "packageId": vnfd.get("vnfPackageLocation"),
        "parent_ns_id": extension.get("nsr-id"), "deployment_flavour_key": flavour,
        "vnf_address": [], "lifecycle_event_history": [], "connection_point": [],
        "auto_scale_policy": [], "monitoring_parameter": [],
        "configurations": {"name": configurations.get("name"), "configurationParameters": [
            {"confKey": p["confKey"], "value": p.get("value")}
            for p in configurations.get("configurationParameters") or []]},
        "provides": {"name": "provides", "configurationParameters": [
            {"confKey": key} for key in vnfd.get("provides") or []]},
        "requires": {"name": "requires", "configurationParameters": []},
        "lifecycle_event": [{"event": e["event"], "lifecycle_events": e["lifecycle_events"]}
                            for e in vnfd.get("lifecycle_event") or []],
        "virtual_link": [{"name": link["name"], "extId": ext_ids.get(link["name"]), "qos": [],
                          "test_access": [], "connection_points_references": []}
                         for link in vnfd.get("virtual_link") or []],
        "vdu": [{"parent_vdu": vdu["id"], "hostname": vdu.get("hostname"),
                 "scale_in_out": vdu.get("scale_in_out"), "vm_image": vdu.get("vm_image"),
                 "vimInstanceName": [pop["name"] for pop in vims.get(vdu["id"]) or []],
                 "vnfc": [{"connection_point": points(vnfc)} for vnfc in vdu.get("vnfc") or []],
                 "vnfc_instance": [], "lifecycle_event": [], "monitoring_parameter": []}
                for vdu in vnfd["vdu"]]})


class Vnfm:
    def __init__(self, args):
        self._allocates_itself = args.allocate_itself
        self._script = peer_common.Script(args)

    # -- what a VNFM's own code does: journal, and the Docker VNFM's instances

    def _call(self, method, record, **details):
        hosts = {i["hostname"]: {ip["netName"]: ip["ip"] for ip in i["ips"] or []}
                 for vdu in record["vdu"] or [] for i in vdu["vnfc_instance"] or []}
        try:
            return self._script.call(method, lambda: record, record["name"], vnfr=record["id"],
                                     nsr=record["parent_ns_id"], hosts=hosts, **details)
        except RuntimeError as error:
            raise Failed(str(error), record) from None

    @staticmethod
    def _make_instances(record, vims):
        for vdu in record["vdu"]:
            pops = vims.get(vdu["parent_vdu"])
            if not pops:
                raise Failed("no VIM instance for parent VDU '%s'" % vdu["parent_vdu"], record)
            points = vdu["vnfc"][0]["connection_point"]
            for point in points:
                if not point["virtual_link_reference_id"]:
                    raise Failed("Network with id [] not found", record)
            vdu["vnfc_instance"] = [go_wire.read("instance", {
                "vim_id": pops[0]["id"], "hostname": record["name"], "state": "ACTIVE",
                "vnfComponent": vnfc,
                "connection_point": [{
                    "virtual_link_reference": p["virtual_link_reference"], "floatingIp": "random",
                    "type": "docker", "fixedIp": p["fixedIp"]} for p in points],
                "ips": [{"netName": p["virtual_link_reference"], "ip": p["fixedIp"]}
                        for p in points]}) for vnfc in vdu["vnfc"]]

    @staticmethod
    def _start_instances(record):
        for vdu in record["vdu"]:
            for n, instance in enumerate(vdu["vnfc_instance"] or []):
                instance.update(vc_id="container-%d" % n, hostname="%s-%d" % (record["name"],
                                                                             4711 + n),
                                ips=[go_wire.read("ip", {"netName": "new-network",
                                                         "ip": "172.30.0.%d" % (2 + n)})])

    # -- the SDK's worker

    def _instantiate(self, message, ask):
        if message.get("vnfr"):  # a restart: only an UPDATE comes back
            return {"action": "UPDATE", "virtualNetworkFunctionRecord": message["vnfr"]}
        vims = message["vimInstances"]
        record = record_of(message["vnfd"], (message.get("vnfdf") or {}).get("flavour_key", ""),
                           message.get("vlrs"), message.get("extension") or {}, vims)

        def request(action, **more):
            said = ask("vnfm.nfvo.actions.reply", dict(more, **{
                "action": action,
                "virtualNetworkFunctionRecord": go_wire.write("vnfr", record, mapped=True)}))
            if said["action"] == "ERROR":
                raise Failed("Unable to allocate Resources. Reason: %s" % said.get("message"),
                             go_wire.read("vnfr", said.get("vnfr")) or record)
            return said

        granted = request("GRANT_OPERATION")
        record = go_wire.read("vnfr", granted["virtualNetworkFunctionRecord"])
        if not self._allocates_itself:
            record = go_wire.read("vnfr", request(
                "ALLOCATE_RESOURCES", vimInstances=granted["vduVim"], userdata="#!/bin/sh",
                keyPairs=message.get("keys") or [])["vnfr"])
        package = message.get("vnfPackage") or {}
        scripts = package.get("scriptsLink") or [s["name"] for s in package.get("scripts") or []]
        record = self._call("instantiate", record, scripts=scripts, vim_instances=sorted(vims))
        if self._allocates_itself:
            self._make_instances(record, vims)
        return self._answer("INSTANTIATE", record)

    @staticmethod
    def _answer(action, record):
        return {"action": action,
                "virtualNetworkFunctionRecord": go_wire.write("vnfr", record, mapped=True)}

    def handle(self, message, ask):
        action = message["action"]
        try:
            if action == "INSTANTIATE":
                return self._instantiate(message, ask)
            if action not in ANSWERED:
                return None  # null: the SDK has no case for it
            record = go_wire.read("vnfr", message.get("vnfr") or
                                  message.get("virtualNetworkFunctionRecord"))
            dependency = go_wire.read("dependency", message.get("vnfrd"))
            record = self._call(ANSWERED[action], record, dependency=dependency)
            if action == "START" and self._allocates_itself:
                self._start_instances(record)
            return self._answer(action, record)
        except Failed as failed:
            text, record = failed.args
            cause = {"detailMessage": text, "stackTrace": [], "suppressedExceptions": []}
            return dict(self._answer("ERROR", record), nsrId=record["parent_ns_id"],
                        exception=dict(cause, cause=cause))


def main():
    parser = peer_common.parser(__doc__.splitlines()[0])
    parser.add_argument("--type", default="go", help="matches VNFD.endpoint; its queue, too")
    parser.add_argument("--allocate-itself", action="store_true")
    parser.add_argument("--timeout", type=float, default=60, help="of each answer of the NFVO")
    args = parser.parse_args()
    peer_common.log_to_stderr(args.verbose)
    endpoint = {"projectId": "", "type": args.type, "endpointType": "RABBIT",
                "endpoint": args.type, "description": "The Vnfm written in go", "enabled": True,
                "active": True}
    return go_wire.Manager(args, args.type, {
        "type": args.type, "action": "register",
        "vnfmManagerEndpoint": endpoint}).serve(Vnfm(args).handle)


if __name__ == "__main__":
    sys.exit(main())
