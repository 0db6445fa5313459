#!/usr/bin/env python3
"""A VIM driver that sends what one on Open Baton's Go SDK sends (go_wire.py), over a cloud in a file.

    go_vim_driver.py --broker 127.0.0.1:5672 --type gotest --state cloud.json --journal calls.jsonl

Prints "READY <queue>" when it consumes.  SIGINT unregisters.
"""
import json
import os
import sys
import threading
import uuid

import go_wire
import peer_common


class Driver:
    def __init__(self, args):
        self._path, self._lock = args.state, threading.Lock()
        self._script = peer_common.Script(args)

    def _cloud(self):
        if os.path.exists(self._path):
            with open(self._path) as state:
                return json.load(state)
        return {"servers": {}, "networks": {}}

    def _keep(self, cloud):
        with open(self._path + ".tmp", "w") as state:
            json.dump(cloud, state)
        os.rename(self._path + ".tmp", self._path)

    # -- methods: the PoP and the other parameters -> what the driver returns

    def refresh(self, cloud, pop):
        seen = go_wire.write("pop", go_wire.read("pop", pop))  # what a Go PoP does not know is gone
        seen["images"] = [go_wire.write("image", {"extId": "test-image"})]
        seen["networks"] = [go_wire.write("network", n) for n in cloud["networks"].values()]
        return seen

    def create_network(self, cloud, pop, network):
        made = {"name": network["name"], "extId": str(uuid.uuid4())}
        cloud["networks"][made["extId"]] = made
        return go_wire.write("network", made)

    def delete_network(self, cloud, pop, ext_id):
        return cloud["networks"].pop(ext_id, None) is not None

    def launch(self, cloud, pop, name, image, flavour, keypair, points, *_):
        number = len(cloud["servers"]) + 2
        server = {"name": name, "hostName": name, "instanceName": name, "status": "ACTIVE",
                  "extendedStatus": "ACTIVE", "extId": str(uuid.uuid4()),
                  "image": {"extId": image}, "flavor": {"flavour_key": flavour},
                  "ips": {p["virtual_link_reference"]: ["10.9.%d.%d" % (i, number)]
                          for i, p in enumerate(points or [])}, "floatingIps": {}}
        cloud["servers"][server["extId"]] = server
        return go_wire.write("server", server)

    def list_server(self, cloud, pop):
        return [go_wire.write("server", s) for s in cloud["servers"].values()]

    def delete_server(self, cloud, pop, ext_id):
        cloud["servers"].pop(ext_id, None)  # returns an error or nothing: the answer is {}

    METHODS = {"refresh": refresh, "createNetwork": create_network, "deleteNetwork": delete_network,
               "launchInstanceAndWait": launch, "listServer": list_server,
               "deleteServerByIdAndWait": delete_server}

    def handle(self, message, _ask):
        method, parameters = message["methodName"], message["parameters"]
        if method not in self.METHODS:
            return {"exception": {
                "detailMessage": "protocol error, NFVO and plugin are out of sync"}}
        details = {"name": parameters[1], "flavor": parameters[3]} if method.startswith(
            "launch") else {}

        def effect():
            with self._lock:
                cloud = self._cloud()
                answer = self.METHODS[method](self, cloud, *parameters)
                self._keep(cloud)
            return {} if answer is None else {"answer": answer}

        try:
            return self._script.call(method, effect, parameters[0].get("name"), **details)
        except RuntimeError as error:
            return {"exception": {"detailMessage": str(error)}}


def main():
    parser = peer_common.parser(__doc__.splitlines()[0])
    parser.add_argument("--type", required=True)
    parser.add_argument("--name", help="last part of the queue name; default: the type")
    parser.add_argument("--state", metavar="FILE", required=True)
    parser.add_argument("--timeout", type=float, default=60, help="of the registration")
    args = parser.parse_args()
    peer_common.log_to_stderr(args.verbose)
    queue = "vim-drivers.%s.%s" % (args.type, args.name or args.type)
    return go_wire.Manager(args, queue, {"type": queue, "action": "register"}).serve(
        Driver(args).handle)


if __name__ == "__main__":
    sys.exit(main())
