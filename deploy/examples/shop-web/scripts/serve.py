#!/usr/bin/env python3
"""Answers the load balancer: how many visits there were, by which web server. serve.py ADDRESS DATABASE LB

The database lets in this server's address and no other, and psql cannot be told from which to come where a machine has several
(all of a PoP in plain mode): so it asks here, port 5432, and is passed on from the right one."""
import http.server
import json
import socket
import subprocess
import sys
import threading

address, database, lb = sys.argv[1:4]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.client_address[0] != lb:
            return self.send_error(403)
        sql = f"insert into visit (web) values ('{address}'); select web, count(*) from visit group by web order by web"
        done = subprocess.run(["psql", "-XqAt", "-h", address, "-U", "shop", "-d", "shop", "-c", sql], capture_output=True, text=True,
                              timeout=10, check=False)
        if done.returncode:
            return self.send_error(503, done.stderr.strip()[:200].replace("\n", " "))
        body = json.dumps({"web": address, "visits": dict(line.split("|") for line in done.stdout.split())}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return self.wfile.write(body)


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def pass_on(client):
    try:
        with client, socket.create_connection((database, 5432), 5, (address, 0)) as there:
            threading.Thread(target=pump, args=(client, there), daemon=True).start()
            pump(there, client)
    except OSError as e:
        print(f"database {database}: {e}", flush=True)


def database_at_home():
    with socket.create_server((address, 5432)) as server:
        while True:
            threading.Thread(target=pass_on, args=(server.accept()[0],), daemon=True).start()


threading.Thread(target=database_at_home, daemon=True).start()
http.server.ThreadingHTTPServer((address, 8080), Handler).serve_forever()
