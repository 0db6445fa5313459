"""A driver on the unmodified Python plugin SDK whose objects are those of OpenStack; see scenarios.py."""
from scenarios import QUICK, RESIDENT, expect_dependency, expect_records, group, pair
from suite import Suite, check, equal


def pop_of(suite, kind):
    """With all that a driver's nulls could take away."""
    return suite.rest("POST", "datacenters", {
        "name": "pop", "authUrl": "http://nowhere.invalid", "tenant": "t", "username": "u",
        "password": "p", "keyPair": "mine", "securityGroups": ["default"], "type": suite.type(kind),
        "location": {"name": "here", "latitude": "52.5", "longitude": "13.3"}})


def named(things, name):
    found = [t for t in things if t.get("name") == name]
    equal("how many are called " + name, len(found), 1)
    return found[0]


@group
def driver_openstack(env, report):
    """Nested objects, extIds, members that are null: kept where they are the driver's, and nothing of
    ours is lost to them."""
    with Suite(env, "driver-openstack") as suite:
        with report.scenario("driver-openstack/setup", suite, quiet=True):
            suite.start_nfvo(*QUICK)
            suite.start_vnfm("cvnfm")
            suite.start_driver("pydriver", "--openstack", *RESIDENT)
            pop = pop_of(suite, "pydriver")
        with report.scenario("driver-openstack/the PoP", suite):
            equal("zones", [(z["name"], z["available"], z.get("hosts") or {}) for z in pop["zones"]],
                  [("nova", True, {"compute-1": "up"}), ("spare", False, {})])
            equal("the image", [(i["extId"], i["name"]) for i in pop["images"]],
                  [("image-1", "test-image")])
            equal("the flavour", [(f["extId"], f["flavour_key"], f["ram"]) for f in pop["flavours"]],
                  [("flavour-1", "m1.small", 512)])
            equal("what is ours", (pop["keyPair"], pop["securityGroups"], pop["location"]["name"]),
                  ("mine", ["default"], "here"))
        with report.scenario("driver-openstack/a service", suite):
            nsr_id = suite.deploy(pair(suite, "cvnfm", "cvnfm"))
            nsr = suite.wait_status(nsr_id, "ACTIVE")
            addresses = expect_records(suite, nsr, pop, "pydriver")
            expect_dependency(nsr, addresses)
            now = suite.rest("GET", "datacenters/%s/refresh" % pop["id"])
            network = named(now["networks"], "private")
            subnet = network["subnets"][0]
            equal("the network of the service", nsr["vlr"][0]["extId"], network["extId"])
            equal("its subnet", (subnet["name"], subnet["cidr"], subnet["networkId"], subnet["dns"]),
                  ("private-v4", "10.1.0.0/24", network["extId"], ["9.9.9.9"]))
            check("what the cloud calls it", subnet["extId"], subnet)
            equal("null is only what is not ours to know", sorted(
                n for n, value in subnet.items() if value is None), ["version"])
        with report.scenario("driver-openstack/refreshed, nothing is doubled", suite):
            again = suite.rest("GET", "datacenters/%s/refresh" % pop["id"])
            for what in ("images", "flavours", "networks", "zones"):
                equal("ids of " + what, sorted(t["id"] for t in again[what]),
                      sorted(t["id"] for t in now[what]))
            equal("ids of subnets", [s["id"] for s in named(again["networks"], "private")["subnets"]],
                  [subnet["id"]])
            equal("what is ours", (again["keyPair"], again["location"]["name"]), ("mine", "here"))
        with report.scenario("driver-openstack/nothing left", suite):
            suite.delete(nsr_id)
            suite.expect_nothing_left("pydriver")
