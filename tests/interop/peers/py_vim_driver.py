#!/usr/bin/env python3
"""A VIM driver on the unmodified Open Baton Python plugin SDK, with a cloud made of dicts.

    py_vim_driver.py --broker 127.0.0.1:5672 --type pytest --journal calls.jsonl

Prints "READY vim-drivers.<type>.<name>" when it consumes.  Every VIM instance (told apart by
name) is a cloud of its own with one image and one flavour; --state FILE keeps the clouds over a
restart, as a real one would.
"""
import configparser
import json
import os
import signal
import sys
import tempfile
import threading
import uuid

import peer_common  # before the SDK: it prepares the ground for pika
from org.openbaton.plugin.sdk import catalogue, utils, vim


class Clouds:
    """Servers, networks, images and flavours per VIM instance, as wire dicts by extId."""

    def __init__(self, path, resident=None):
        self._path = path
        self._resident = resident
        self.lock = threading.RLock()
        self._clouds = {}
        if path and os.path.exists(path):
            with open(path) as f:
                self._clouds = json.load(f)

    def of(self, vim_instance):
        name = vim_instance["name"]
        if name not in self._clouds:
            image = catalogue.NFVImage(ext_id="image-1", name="test-image", min_ram=0,
                                       min_disk_space=0, min_cpu="0", is_public=True,
                                       disk_format="QCOW2", container_format="BARE",
                                       status=catalogue.ImageStatus.ACTIVE)
            flavour = catalogue.DeploymentFlavour(flavour_key="m1.small", ext_id="flavour-1",
                                                  ram=512, disk=1, vcpu=1)
            self._clouds[name] = {"servers": {}, "networks": {},
                                  "images": {"image-1": image.get_dict()},
                                  "flavours": {"flavour-1": flavour.get_dict()}}
            if self._resident:
                server = catalogue.Server(name=self._resident, ext_id="resident",
                                          hostname=self._resident, status="ACTIVE")
                self._clouds[name]["servers"]["resident"] = server.get_dict()
        return self._clouds[name]

    def save(self):
        if self._path:
            with open(self._path + ".new", "w") as f:
                json.dump(self._clouds, f)
            os.replace(self._path + ".new", self._path)


def object_of(kind, thing):
    """An object of the SDK with these members, nested ones as objects, too."""
    made = kind()
    for name, value in thing.items():
        setattr(made, name, value)
    if kind is catalogue.NFVImage:
        made.status = catalogue.ImageStatus(made.status)
    return made


def openstack_pop(vim_instance, cloud):
    """What OpenStack has: objects in objects, each with what the cloud calls it (extId), members that
    are null, zones with hosts. The SDK's own class for it, OpenstackVimInstance, cannot be made
    (its base takes no 'type'), so it is the base, whose images and networks are turned into JSON;
    others have to be dicts."""
    made = object_of(catalogue.BaseVimInstance, vim_instance)
    made.images = [object_of(catalogue.NFVImage, i) for i in cloud["images"].values()]
    made.networks = []
    for network in cloud["networks"].values():
        made.networks.append(object_of(catalogue.Network, network))
        made.networks[-1].subnets = [object_of(catalogue.Subnet, s) for s in network["subnets"]]
    made.flavours = list(cloud["flavours"].values())
    made.zones = [catalogue.AvailabilityZone(name="nova", available=True,
                                             hosts={"compute-1": "up"}).get_dict(),
                  catalogue.AvailabilityZone(name="spare", available=False).get_dict()]
    made.keyPair = made.securityGroups = made.location = None
    return made


class Driver(vim.VimDriver):
    """The SDK makes one of these per message and calls the method with positional arguments.

    Results follow the annotations of the SDK's abstract class, bool included, although the SDK
    cannot transmit them (README.md, "What a driver's result becomes").
    """

    def __init__(self, script, clouds, is_openstack=False):
        super().__init__()
        self._script = script
        self._clouds = clouds
        self._is_openstack = is_openstack

    def _call(self, method, vim_instance, effect, **details):
        def locked():
            with self._clouds.lock:
                result = effect(self._clouds.of(vim_instance))
                self._clouds.save()
                return result

        return self._script.call(method, locked, vim_instance.get("name"), **details)

    # -- reading

    def refresh(self, vim_instance):
        def effect(cloud):
            answer = dict(vim_instance)
            answer["images"] = list(cloud["images"].values())
            answer["networks"] = list(cloud["networks"].values())
            answer["flavours"] = list(cloud["flavours"].values())
            return openstack_pop(answer, cloud) if self._is_openstack else answer

        return self._call("refresh", vim_instance, effect)

    def list_images(self, vim_instance):
        return self._call("list_images", vim_instance, lambda c: list(c["images"].values()))

    def list_networks(self, vim_instance):
        return self._call("list_networks", vim_instance, lambda c: list(c["networks"].values()))

    def list_flavors(self, vim_instance):
        return self._call("list_flavors", vim_instance, lambda c: list(c["flavours"].values()))

    def list_server(self, vim_instance):
        return self._call("list_server", vim_instance, lambda c: list(c["servers"].values()))

    def get_network_by_id(self, vim_instance, ext_id):
        return self._call("get_network_by_id", vim_instance, lambda c: c["networks"][ext_id],
                          ext_id=ext_id)

    def get_subnets_ext_ids(self, vim_instance, network_ext_id):
        return self._call("get_subnets_ext_ids", vim_instance,
                          lambda c: [s["extId"] for s in c["networks"][network_ext_id]["subnets"]])

    def get_quota(self, vim_instance):
        return self._call("get_quota", vim_instance, lambda c: catalogue.Quota(
            tenant=vim_instance.get("tenant"), cores=100, floating_ips=100, instances=100,
            keypairs=100, ram=102400))

    def get_type(self, vim_instance):
        return self._call("get_type", vim_instance, lambda c: vim_instance.get("type"))

    # -- servers

    def launch_instance_and_wait(self, vim_instance, instance_name, image, flavor, key_pair,
                                 networks, security_groups, user_data, floating_ips=None,
                                 keys=None):
        def effect(cloud):
            number = len(cloud["servers"]) + 10
            names = [n.get("virtual_link_reference") or n.get("name") for n in networks or []]
            server = catalogue.Server(
                name=instance_name, ext_id=str(uuid.uuid4()), status="ACTIVE",
                extended_status="active", hostname=instance_name, hypervisor_host_name="test",
                instance_name=instance_name, created="2018-05-03T14:22:01Z",
                ips={name: ["10.%d.0.%d" % (i + 1, number)] for i, name in enumerate(names)},
                floating_ips={name: "172.24.4.%d" % number for name in floating_ips or {}})
            if self._is_openstack:
                server.image = object_of(catalogue.NFVImage, cloud["images"]["image-1"])
                server.flavor = object_of(catalogue.DeploymentFlavour,
                                          cloud["flavours"]["flavour-1"])
                server.updated = None
            cloud["servers"][server.extId] = server.get_dict()
            return server

        return self._call("launch_instance_and_wait", vim_instance, effect, name=instance_name,
                          image=image, flavor=flavor, user_data=user_data,
                          arguments=9 + (keys is not None))

    def launch_instance(self, vim_instance, name, image, flavor, keypair, networks,
                        security_groups, user_data):
        return self.launch_instance_and_wait(vim_instance, name, image, flavor, keypair,
                                             networks, security_groups, user_data)

    def rebuild_server(self, vim_instance, server_id, image_id):
        return self._call("rebuild_server", vim_instance, lambda c: c["servers"][server_id],
                          ext_id=server_id, image=image_id)

    def delete_server_by_id_and_wait(self, vim_instance, ext_id):
        def effect(cloud):
            cloud["servers"].pop(ext_id, None)  # returns nothing: hence no answer

        return self._call("delete_server_by_id_and_wait", vim_instance, effect, ext_id=ext_id)

    # -- networks

    def create_network(self, vim_instance, network):
        def effect(cloud):
            made = catalogue.Network(name=network["name"], ext_id=str(uuid.uuid4()))
            if self._is_openstack:
                made.subnets = [catalogue.Subnet(name=network["name"] + "-v4", dns=["9.9.9.9"],
                                                 ext_id=str(uuid.uuid4()), network_id=made.extId,
                                                 cidr="10.1.0.0/24")]
            cloud["networks"][made.extId] = made.get_dict()
            return made if self._is_openstack else made.get_dict()

        return self._call("create_network", vim_instance, effect, name=network.get("name"))

    def update_network(self, vim_instance, network):
        def effect(cloud):
            cloud["networks"][network["extId"]].update(network)
            return cloud["networks"][network["extId"]]

        return self._call("update_network", vim_instance, effect, ext_id=network.get("extId"))

    def delete_network(self, vim_instance, ext_id):
        return self._call("delete_network", vim_instance,
                          lambda c: bool(c["networks"].pop(ext_id)), ext_id=ext_id)

    def create_subnet(self, vim_instance, created_network, subnet):
        def effect(cloud):
            made = catalogue.Subnet(name=subnet.get("name"), ext_id=str(uuid.uuid4()),
                                    network_id=created_network["extId"], cidr=subnet.get("cidr"))
            cloud["networks"][created_network["extId"]]["subnets"].append(made.get_dict())
            return made

        return self._call("create_subnet", vim_instance, effect, name=subnet.get("name"))

    def update_subnet(self, vim_instance, updated_network, subnet):
        return self._call("update_subnet", vim_instance, lambda c: dict(subnet))

    def delete_subnet(self, vim_instance, existing_subnet_ext_id):
        def effect(cloud):
            for network in cloud["networks"].values():
                network["subnets"] = [s for s in network["subnets"]
                                      if s["extId"] != existing_subnet_ext_id]
            return True

        return self._call("delete_subnet", vim_instance, effect, ext_id=existing_subnet_ext_id)

    # -- images and flavours

    def _put(self, method, kind, vim_instance, thing):
        def effect(cloud):
            made = dict(thing, extId=thing.get("extId") or str(uuid.uuid4()))
            cloud[kind][made["extId"]] = made
            return made

        return self._call(method, vim_instance, effect)

    def add_flavor(self, vim_instance, deployment_flavour):
        return self._put("add_flavor", "flavours", vim_instance, deployment_flavour)

    def update_flavor(self, vim_instance, deployment_flavour):
        return self._put("update_flavor", "flavours", vim_instance, deployment_flavour)

    def delete_flavor(self, vim_instance, ext_id):
        return self._call("delete_flavor", vim_instance,
                          lambda c: bool(c["flavours"].pop(ext_id)), ext_id=ext_id)

    def add_image(self, vim_instance, image, image_file_or_url, image_repo_token=None):
        return self._put("add_image", "images", vim_instance, image)

    def update_image(self, vim_instance, image):
        return self._put("update_image", "images", vim_instance, image)

    def copy_image(self, vim_instance, image, image_file):
        return self._put("copy_image", "images", vim_instance, image)

    def delete_image(self, vim_instance, image):
        return self._call("delete_image", vim_instance,
                          lambda c: bool(c["images"].pop(image["extId"])))


def main():
    parser = peer_common.parser(__doc__.splitlines()[0])
    parser.add_argument("--type", required=True, help="of the VIM instances, and the user name")
    parser.add_argument("--name", help="last part of the queue name; default: the type")
    parser.add_argument("--state", metavar="FILE", help="keep the clouds over a restart")
    parser.add_argument("--resident", metavar="NAME",
                        help="a server that every cloud has from the beginning: no empty list")
    parser.add_argument("--openstack", action="store_true",
                        help="answer objects of the SDK's OpenStack kind")
    parser.add_argument("--workers", type=int, default=10, help="calls at the same time")
    args = parser.parse_args()
    name = args.name or args.type

    peer_common.log_to_stderr(args.verbose)
    host, port = peer_common.point_pika_at(args)
    peer_common.announce("vim-drivers.%s.%s" % (args.type, name))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # see py_vnfm.py

    config = configparser.RawConfigParser()
    config["rabbitmq"] = {
        "broker_ip": host,
        "port": str(port),
        "username": args.user,
        "password": args.password.replace("%", "%%"),  # read with interpolation on
        "heartbeat": str(args.heartbeat),
        "exchange-name": args.exchange,
    }
    with tempfile.NamedTemporaryFile("w", suffix=".ini") as f:
        config.write(f)
        f.flush()
        utils.start_vim_driver(Driver, f.name, args.workers, 1, 1, args.type, name,
                               peer_common.Script(args), Clouds(args.state, args.resident),
                               args.openstack)
    return 0


if __name__ == "__main__":
    sys.exit(main())
