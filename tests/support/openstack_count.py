#!/usr/bin/env python3
"""What an OpenStack project has, asked of its services and not of our driver: "servers 1 ports 2 floatingips 0 networks 1
routers 1 server_groups 0", shared and external networks not counted. Of the cloud that the environment's OS_* variables name."""
import json
import os
import time
import urllib.request


def ask(url, token=None, body=None, minor=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["X-Auth-Token"] = token
    if minor:
        headers["OpenStack-API-Version"] = "compute " + minor
    for tries in range(5):
        try:
            with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode() if body else None, headers), timeout=60) as r:
                return json.loads(r.read()), r.headers
        except (ConnectionError, TimeoutError):
            if tries == 4:
                raise
            time.sleep(0.2)


env = os.environ
login = {"auth": {"identity": {"methods": ["password"], "password": {"user": {
    "name": env["OS_USERNAME"], "password": env["OS_PASSWORD"], "domain": {"id": "default"}}}},
    "scope": {"project": {"id": env["OS_PROJECT_ID"]}}}}
answer, headers = ask(env["OS_AUTH_URL"] + "/auth/tokens", body=login)
token = headers["X-Subject-Token"]
urls = {c["type"]: next(e["url"] for e in c["endpoints"] if e["interface"] == "public") for c in answer["token"]["catalog"] if c["endpoints"]}


def count(service, path, table, keep=lambda row: True):
    base, query, total = urls[service].rstrip("/"), "", 0
    if service == "network" and not base.endswith("/v2.0"):
        base += "/v2.0"
    while True:
        page = ask(base + path + query, token)[0]
        total += sum(1 for row in page[table] if keep(row))
        more = [link["href"] for link in page.get(table + "_links", []) if link["rel"] == "next"]
        if not more:
            return total
        query = "?" + more[0].split("?", 1)[1]


mine = env["OS_PROJECT_ID"]
print("servers", count("compute", "/servers/detail", "servers"),
      "ports", count("network", "/ports", "ports", lambda p: not p["device_owner"].startswith("network:")),
      "floatingips", count("network", "/floatingips", "floatingips"),
      "networks", count("network", "/networks", "networks", lambda n: not n["router:external"] and not n["shared"] and
                        (n.get("project_id") or n.get("tenant_id")) == mine),
      "routers", count("network", "/routers", "routers"),
      "server_groups", count("compute", "/os-server-groups", "server_groups"))
