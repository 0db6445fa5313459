#!/usr/bin/env python3
"""A VNFM on the unmodified Open Baton Python VNFM SDK.  It manages nothing: it answers.

    py_vnfm.py --broker 127.0.0.1:5672 --type python --journal calls.jsonl

Prints "READY <endpoint>" when it consumes.  SIGINT unregisters and ends; SIGTERM just ends.
"""
import configparser
import os
import shutil
import signal
import sys
import tempfile

import peer_common  # before the SDK: it prepares the ground for pika
import openbaton.vnfm
from openbaton.exceptions import PyVnfmSdkException


def _record(record):
    """What is journalled of a record: enough to check that the handler saw what REST shows."""
    record = record or {}
    return {"vnfr": record.get("id"), "nsr": record.get("parent_ns_id"),
            "hosts": {i.get("hostname"): {ip.get("netName"): ip.get("ip") for ip in i.get("ips")
                                          or []}
                      for vdu in record.get("vdu") or [] for i in vdu.get("vnfc_instance") or []}}


def _journalled(method, record_at=0):
    """A handler that journals and gives the record back, as most VNFMs do."""

    def handler(self, *args, **kwargs):
        # The SDK passes some arguments by name and some by position.
        record = kwargs["vnf_record"] if "vnf_record" in kwargs else args[record_at]
        instance = kwargs.get("vnfc_instance")
        if instance is None and len(args) > 1 and method in ("scale_out", "scale_in", "resume"):
            instance = args[1]
        dependency = kwargs.get("dependency")
        if dependency is None and len(args) > 1 and method == "modify":
            dependency = args[1]
        return self.script.call(method, lambda: record, (record or {}).get("name"),
                                vnfc_instance=(instance or {}).get("id"), dependency=dependency,
                                **_record(record))

    return handler


class Vnfm(openbaton.vnfm.AbstractVnfm):
    """The SDK makes one of these per message, with a broker connection of its own."""

    def __init__(self, script):
        super().__init__()
        self.script = script

    def instantiate(self, vnf_record, scripts, vim_instances):
        # scripts is a list, a link (string) or None.
        return self.script.call("instantiate", lambda: vnf_record, vnf_record.get("name"),
                                **_record(vnf_record), scripts=scripts if isinstance(scripts, str) else
                                [[s.get("name"), s.get("payload")] for s in scripts or []],
                                vim_instances=sorted(vim_instances or {}))

    def get_resumed_action(self, vnf_record, vnfc_instance):
        return self.script.call("get_resumed_action", lambda: "START",
                                vnf_record.get("name"), **_record(vnf_record))

    modify = _journalled("modify")
    start_vnfr = _journalled("start_vnfr")
    start_vnfci = _journalled("start_vnfci")
    stop_vnfr = _journalled("stop_vnfr")
    stop_vnfci = _journalled("stop_vnfci")
    terminate = _journalled("terminate")
    heal = _journalled("heal")
    handle_error = _journalled("handle_error")
    scale_out = _journalled("scale_out")
    scale_in = _journalled("scale_in")
    configure = _journalled("configure")
    resume = _journalled("resume")
    execute_script = _journalled("execute_script")

    # Demanded by the abstract class, called by nothing in the SDK.
    update_software = _journalled("update_software", record_at=1)

    def query(self):
        raise NotImplementedError

    check_instantiation_feasibility = upgrade_software = notify_change = query


def main():
    parser = peer_common.parser(__doc__.splitlines()[0])
    parser.add_argument("--type", default="python", help="matches VNFD.endpoint")
    parser.add_argument("--endpoint", help="queue name; default: the type")
    parser.add_argument("--no-allocate", action="store_true",
                        help="do not ask the NFVO for resources")
    parser.add_argument("--userdata", metavar="FILE")
    parser.add_argument("--listeners", type=int, default=1)
    parser.add_argument("--fail-mutely", action="append", default=[], metavar="METHOD",
                        help="raise the SDK's own exception: then the SDK answers nothing")
    args = parser.parse_args()

    peer_common.log_to_stderr(args.verbose)
    host, _ = peer_common.point_pika_at(args)
    peer_common.announce(args.endpoint or args.type)

    # A shell starts background jobs with SIGINT ignored, and Python then never sees it;
    # here it is the one way to make the SDK unregister.
    signal.signal(signal.SIGINT, signal.default_int_handler)

    work = tempfile.mkdtemp(prefix="baton-py-vnfm-")
    try:
        config = configparser.RawConfigParser()
        config["vnfm"] = {
            "type": args.type,
            "endpoint": args.endpoint or args.type,
            "endpoint_type": "RABBIT",
            "broker_ip": host,
            "username": args.user,
            # The SDK reads with interpolation on.
            "password": args.password.replace("%", "%%"),
            "exchange": args.exchange,
            "heartbeat": str(args.heartbeat),
            "allocate": "false" if args.no_allocate else "true",
            "userdata_path": args.userdata or os.path.join(work, "none"),
            "log_path": work,
        }
        path = os.path.join(work, "vnfm.ini")
        with open(path, "w") as f:
            config.write(f)
        openbaton.vnfm.start_vnfm_instances(Vnfm, path, args.listeners,
                                            script=peer_common.Script(
                                                args, PyVnfmSdkException("told to fail")))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
