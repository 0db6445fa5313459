#!/usr/bin/env python3
"""A whole deployment by nothing but a client that a public generator made of our OpenAPI document.

    client.py FOLDER URL USER PASSWORD VNFM POP_TYPE

FOLDER holds the package `generated` (openapi-python-client --meta none).  Ends with 0 and says what was done.
"""
import base64
import pathlib
import sys
import time

sys.path.insert(0, sys.argv[1])
from generated import AuthenticatedClient, Client  # noqa: E402
from generated.api.datacenters import create_pop, delete_pop, list_pops  # noqa: E402
from generated.api.ns_descriptors import create_nsd, delete_nsd, get_nsd  # noqa: E402
from generated.api.ns_records import delete_nsr, deploy_nsd, get_nsr, list_nsrs, list_vnfrs  # noqa: E402
from generated.api.oauth import login  # noqa: E402
from generated.api.projects import list_projects  # noqa: E402
from generated.api.server import get_health  # noqa: E402
from generated.models import (DeployBody, Error, NsdRequest, TokenRequest, TokenRequestGrantType,  # noqa: E402
                              VimInstanceRequest)

PATIENCE_S = 60


def fail(what, answer):
    sys.exit("client.py: %s: %s %s" % (what, answer.status_code, answer.content.decode(errors="replace")[:600]))


def made(what, answer, status):
    if answer.status_code != status:
        fail(what, answer)
    return answer.parsed


def until(what, ask, is_done):
    end = time.monotonic() + PATIENCE_S
    while True:
        answer = ask()
        if is_done(answer):
            return answer
        if time.monotonic() > end:
            fail("not within %d s: %s" % (PATIENCE_S, what), answer)
        time.sleep(0.05)  # between two looks


def nsd(vnfm):
    return NsdRequest.from_dict({
        "name": "generated", "vendor": "contract", "version": "1.0", "vld": [{"name": "net"}],
        "vnfd": [{"name": "web", "vendor": "contract", "version": "1.0", "type": "web", "endpoint": vnfm,
                  "virtual_link": [{"name": "net"}], "deployment_flavour": [{"flavour_key": "m1.small"}],
                  "vdu": [{"name": "web-vdu", "vm_image": ["test-image"], "scale_in_out": 1,
                           "vnfc": [{"connection_point": [{"virtual_link_reference": "net"}]}]}]}]})


def main():
    _, _, url, user, password, vnfm, pop_type = sys.argv
    basic = "Basic " + base64.b64encode(b"openbatonOSClient:secret").decode()
    anybody = Client(base_url=url)
    made("health", get_health.sync_detailed(client=anybody), 200)
    token = made("login", login.sync_detailed(
        client=Client(base_url=url, headers={"Authorization": basic}),
        body=TokenRequest(grant_type=TokenRequestGrantType.PASSWORD, username=user, password=password)), 200)
    client = AuthenticatedClient(base_url=url, token=token.access_token)
    project = made("projects", list_projects.sync_detailed(client=client), 200)[0].id
    us = {"client": client, "project_id": project}
    pop = made("PoP", create_pop.sync_detailed(body=VimInstanceRequest(
        name="generated", type_=pop_type, auth_url="http://192.0.2.1/"), **us), 201)
    refused = create_pop.sync_detailed(body=VimInstanceRequest(name="generated", type_=pop_type, auth_url="x"), **us)
    if refused.status_code != 422 or not isinstance(refused.parsed, Error) or not refused.parsed.fault.code:
        fail("a second PoP of the name is refused with a fault", refused)
    descriptor = made("NSD", create_nsd.sync_detailed(body=nsd(vnfm), **us), 201)
    nsr = made("deployment", deploy_nsd.sync_detailed(descriptor.id, body=DeployBody.from_dict(
        {"vduVimInstances": {"web-vdu": ["generated"]}}), **us), 201)
    active = until("ACTIVE", lambda: get_nsr.sync_detailed(nsr.id, **us), lambda a: a.parsed.status == "ACTIVE").parsed
    vnfrs = made("VNFRs", list_vnfrs.sync_detailed(nsr.id, **us), 200)
    if len(active.vnfr) != 1 or [v.id for v in vnfrs] != [active.vnfr[0].id]:
        sys.exit("client.py: VNFRs: %s" % vnfrs)
    instance = vnfrs[0].vdu[0].vnfc_instance[0]
    listed = made("list", list_nsrs.sync_detailed(name="generated", slim=True, **us), 200)
    if [n.id for n in listed] != [nsr.id]:
        sys.exit("client.py: the list has %s" % listed)
    made("release", delete_nsr.sync_detailed(nsr.id, **us), 204)
    until("released", lambda: get_nsr.sync_detailed(nsr.id, **us), lambda a: a.status_code == 404)
    made("NSD deleted", delete_nsd.sync_detailed(descriptor.id, **us), 204)
    made("NSD gone", get_nsd.sync_detailed(descriptor.id, **us), 404)
    made("PoP deleted", delete_pop.sync_detailed(pop.id, **us), 204)
    if made("PoPs", list_pops.sync_detailed(**us), 200):
        sys.exit("client.py: a PoP is left")
    modules = len([f for f in (pathlib.Path(sys.argv[1]) / "generated" / "api").glob("*/*.py") if f.name != "__init__.py"])
    print("%s deployed with %s and released, by a client of %d calls" % (instance.hostname, instance.ips[0].ip, modules))


main()
