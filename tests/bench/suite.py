"""What the bench measures: a private broker and database, and Baton's processes against them, all real and with fsync.

Python's standard library only; SQL through psql. Whatever is started here is remembered by its own handle and ended by close()."""
import base64
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TICKS = os.sysconf("SC_CLK_TCK")


class Failure(Exception):
    """The bench cannot go on; the text says why."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def call(url, method="GET", body=None, headers=None, form=False):
    """JSON in, JSON (or text) out."""
    data = None if body is None else (urllib.parse.urlencode(body) if form else json.dumps(body)).encode()
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    request = urllib.request.Request(url, data, {"Content-Type": kind, **(headers or {})}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=130) as answer:
            text = answer.read().decode()
    except urllib.error.HTTPError as e:
        raise Failure(f"{method} {url}: {e.code} {e.read().decode()[:500]}") from e
    return json.loads(text) if text[:1] in ("{", "[") else text


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def process_cpu_s(pid):
    """Processor seconds of a process and of its ended children."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return sum(int(x) for x in f.read().rpartition(")")[2].split()[11:15]) / TICKS
    except OSError:
        return 0.0


def children_of(pid):
    found = []
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/stat") as f:
                if int(f.read().rpartition(")")[2].split()[1]) == pid:
                    found.append(int(name))
        except (OSError, ValueError):
            pass
    return found


class Suite:
    def __init__(self, build, nfvo_options=()):
        self.bin = os.path.join(os.path.abspath(build), "bin")
        self.nfvo_options = list(nfvo_options)
        self.dir = tempfile.mkdtemp(prefix="baton-bench-")
        self.processes = {}
        self.env = {}
        self.port = free_port()
        self.password = secrets.token_hex(12) + "Aa1"
        self.token = self.project = self.nsd = ""

    # --- servers ------------------------------------------------------------------------------------------------
    def servers(self, command, *which, check=True):
        subprocess.run([os.path.join(TOP, "tests/support/servers"), command, os.path.join(self.dir, "servers"), *which],
                       check=check, start_new_session=True)  # a Ctrl-C is for us: we stop them

    def start_servers(self, profile=False):
        self.servers("start")
        self.read_env()
        if profile:
            with open(os.path.join(self.env["OB_TEST_STATE"], "db/postgresql.conf"), "a") as f:
                f.write("shared_preload_libraries = 'pg_stat_statements'\npg_stat_statements.track_utility = off\n")
            self.servers("restart", "db")
            self.read_env()
            self.sql("CREATE EXTENSION pg_stat_statements", admin=True)
        self.sql("CREATE DATABASE baton_floor")
        self.broker("PUT", "/api/vhosts/floor", {})
        self.broker("PUT", "/api/permissions/floor/" + self.env["OB_TEST_BROKER_USER"],
                    {"configure": ".*", "write": ".*", "read": ".*"})

    def read_env(self):
        text = subprocess.run(["bash", "-c", 'set -a; . "$1"; env -0', "-", os.path.join(self.dir, "servers/env")],
                              check=True, capture_output=True, env={"PATH": os.environ["PATH"]}).stdout.decode()
        self.env = dict(line.split("=", 1) for line in text.split("\0") if "=" in line)
        self.db = self.env["OB_TEST_DB"]
        self.floor_db = re.sub(r"dbname=\S+", "dbname=baton_floor", self.db)

    def broker(self, method, path, body=None):
        e = self.env
        return call(f"http://127.0.0.1:{e['OB_TEST_BROKER_MANAGEMENT_PORT']}{path}", method, body,
                    basic(e["OB_TEST_BROKER_USER"], e["OB_TEST_BROKER_PASSWORD"]))

    def sql(self, text, admin=False):
        """Rows of the last statement as lists of texts."""
        done = subprocess.run(["psql", "-XqtA", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-f", "-",
                               self.env["OB_TEST_DB_ADMIN"] if admin else self.db],
                              input=text, capture_output=True, text=True)
        if done.returncode:
            raise Failure(f"SQL: {done.stderr.strip()}")
        return [line.split("\t") for line in done.stdout.splitlines()]

    # --- our processes ------------------------------------------------------------------------------------------
    def start(self, name, options):
        """Start a program and wait until it says that it is ready; returns the seconds that took."""
        reader, writer = os.pipe()
        env = {k: v for k, v in os.environ.items() if not k.startswith(("OB_", "BATON_"))}
        began = time.monotonic()
        with open(os.path.join(self.dir, name + ".log"), "ab") as log:
            process = subprocess.Popen([os.path.join(self.bin, name), "--config", os.path.join(self.dir, name + ".conf"),
                                        "--ready-fd", str(writer), *options], stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=log, pass_fds=[writer], env=env, start_new_session=True)
        self.processes[name] = process
        os.close(writer)
        with os.fdopen(reader) as f:
            line = f.readline()
        took = time.monotonic() - began
        if not line.startswith("ready"):
            with open(os.path.join(self.dir, name + ".log")) as f:
                raise Failure(f"{name} did not start:\n{''.join(f.readlines()[-12:])}")
        return took

    def stop(self, name, seconds=20):
        process = self.processes.pop(name, None)
        if not process or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            print(f"bench: {name} does not stop, killing it")
            process.kill()
            process.wait()

    def write_config(self, name, options):
        path = os.path.join(self.dir, name + ".conf")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
            f.writelines(f'{key} = "{value}"\n' for key, value in options.items())

    def enrol(self, name, kind, type_):
        """An account for a peer in a room of its own, as it is made before it starts: its options towards the broker."""
        password = os.path.join(self.dir, name + ".password")
        done = subprocess.run([os.path.join(self.bin, "nfvo"), "--config", os.path.join(self.dir, "nfvo.conf"), "--enrol", name,
                               "--kind", kind, "--type", type_, "--password-file", password], capture_output=True, text=True)
        if done.returncode:
            raise Failure(f"{name} cannot be enrolled: {done.stderr}")
        e = self.env
        return {"broker-host": e["OB_TEST_BROKER_HOST"], "broker-port": e["OB_TEST_BROKER_PORT"], "broker-vhost": "baton." + name,
                "broker-user": name, "broker-password-file": password}

    def configure(self):
        e = self.env
        peer = {"broker-host": e["OB_TEST_BROKER_HOST"], "broker-port": e["OB_TEST_BROKER_PORT"]}
        self.write_config("nfvo", {
            **peer, "broker-user": e["OB_TEST_BROKER_USER"], "broker-password": e["OB_TEST_BROKER_PASSWORD"],
            "broker-management-port": e["OB_TEST_BROKER_MANAGEMENT_PORT"], "database": self.db,
            "seal-key-path": self.dir + "/seal-key", "admin-password": self.password, "port": self.port,
            "admin-password-path": self.dir + "/admin-password", "upload-dir": self.dir})
        self.write_config("vim-driver-test", {**self.enrol("vim-driver-test", "driver", "test"), "capacity": 1000000})
        self.write_config("vnfm-dummy", self.enrol("vnfm-dummy", "vnfm", "dummy"))

    def start_nfvo(self):
        return self.start("nfvo", self.nfvo_options)

    def start_all(self):
        self.configure()
        self.start_nfvo()
        self.start("vim-driver-test", [])
        self.start("vnfm-dummy", [])
        deadline = time.monotonic() + 30
        while self.sql("SELECT (SELECT count(*) FROM nfvo.vnfm_endpoint WHERE active), (SELECT count(*) FROM nfvo.vim_driver "
                       "WHERE active)")[0] != ["1", "1"]:
            if time.monotonic() > deadline:
                raise Failure("VNFM and driver did not register")
            time.sleep(0.1)

    # --- REST ---------------------------------------------------------------------------------------------------
    def rest(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.token}", "project-id": self.project}
        return call(f"http://127.0.0.1:{self.port}{path}", method, body, headers)

    def log_in(self):
        answer = call(f"http://127.0.0.1:{self.port}/oauth/token", "POST",
                      {"grant_type": "password", "username": "admin", "password": self.password},
                      basic("openbatonOSClient", "secret"), form=True)
        self.token = answer["access_token"]
        self.project = self.rest("GET", "/api/v1/projects")[0]["id"]

    def prepare(self):
        """Log in, register the PoP, onboard the NSD."""
        self.log_in()
        self.rest("POST", "/api/v1/datacenters", {"name": "bench", "type": "test", "authUrl": "http://nowhere.invalid"})
        self.nsd = self.rest("POST", "/api/v1/ns-descriptors", descriptor())["id"]

    # --- what was used ------------------------------------------------------------------------------------------
    def cpu_s(self):
        broker, database = int(self.env["BROKER_PID"]), int(self.env["POSTGRES_PID"])
        used = {name: process_cpu_s(p.pid) for name, p in self.processes.items()}
        used["broker"] = process_cpu_s(broker)
        used["database"] = process_cpu_s(database) + sum(process_cpu_s(p) for p in children_of(database))
        return used

    def statements(self, count):
        """With start_servers(profile=True): the statements that took most since the last call, per each of count."""
        rows = self.sql("SELECT round(total_exec_time::numeric / %d, 3), round(calls::numeric / %d, 3), "
                        "round(rows::numeric / %d, 2), left(regexp_replace(query, '\\s+', ' ', 'g'), 110) FROM pg_stat_statements "
                        "WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) "
                        "ORDER BY total_exec_time DESC LIMIT 25" % (count, count, count), admin=True)
        self.sql("SELECT pg_stat_statements_reset()", admin=True)
        return rows

    def tables(self):
        return self.sql("SELECT relname, 'seq scans ' || seq_scan || ' of ' || seq_tup_read || ' rows', 'index scans ' || idx_scan, "
                        "'updates ' || n_tup_upd || ', in place ' || n_tup_hot_upd, 'live ' || n_live_tup || ', dead ' || n_dead_tup, "
                        "'vacuumed ' || autovacuum_count || ', analyzed ' || autoanalyze_count, "
                        "pg_relation_size(relid) / 1024 || ' KB, with TOAST and indexes ' || pg_total_relation_size(relid) / 1024 "
                        "FROM pg_stat_user_tables WHERE schemaname = 'nfvo' AND seq_scan + coalesce(idx_scan, 0) + n_tup_ins > 500 "
                        "ORDER BY 1")

    def rss_mb(self):
        found = {}
        for name, process in self.processes.items():
            with open(f"/proc/{process.pid}/status") as f:
                found[name] = int(re.search(r"VmRSS:\s+(\d+)", f.read())[1]) / 1024
        return found

    def published(self, vhost):
        """The broker's count of messages published in a virtual host, when it does not change any more."""
        last = None
        while True:
            now = self.broker("GET", "/api/vhosts/" + vhost).get("message_stats", {}).get("publish", 0)
            if now == last:
                return now
            last = now
            time.sleep(6)  # the broker collects every 5 s

    def counters(self):
        """The broker's count of published messages, the database's of commits, the engine's of everything. The first two come
        late: the broker collects every 5 s, a session of the database reports when it is idle for a second."""
        published = self.broker("GET", "/api/overview").get("message_stats", {}).get("publish", 0)
        commits = int(self.sql("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")[0][0])
        text = call(f"http://127.0.0.1:{self.port}/metrics")
        engine = {m[1]: float(m[2]) for m in re.finditer(r"^baton_engine_(\w+)_total ([\d.e+-]+)$", text, re.M)}
        return {"published": published, "commits": commits, "engine": engine, "at": time.monotonic(), "cpu": self.cpu_s()}

    def close(self, keep=False):
        for name in ("vnfm-dummy", "vim-driver-test", "nfvo"):
            self.stop(name)
        for name in list(self.processes):
            self.stop(name)
        if keep:
            self.servers("stop", check=False)
            print(f"bench: logs and data are in {self.dir}")
        else:
            self.servers("clean", check=False)
            shutil.rmtree(self.dir, ignore_errors=True)


def descriptor():
    """2 VNFDs, 3 VNFC instances, 1 dependency."""
    def vnfd(name, instances, events):
        return {"name": name, "vendor": "baton", "version": "1.0", "type": name, "endpoint": "dummy",
                "lifecycle_event": [{"event": e, "lifecycle_events": [s]} for e, s in events],
                "virtual_link": [{"name": "private"}], "deployment_flavour": [{"flavour_key": "m1.small"}],
                "configurations": {"name": name, "configurationParameters": [{"confKey": "port", "value": "5001"}]},
                "vdu": [{"vm_image": ["ubuntu-16.04-server-cloudimg-amd64-disk1"], "scale_in_out": 5,
                         "vimInstanceName": ["bench"],
                         "vnfc": [{"connection_point": [{"virtual_link_reference": "private", "interfaceId": 0}]}
                                  for _ in range(instances)]}]}
    return {"name": "bench", "vendor": "baton", "version": "1.0", "vld": [{"name": "private"}],
            "vnfd": [vnfd("server", 1, [("INSTANTIATE", "install.sh"), ("START", "start.sh")]),
                     vnfd("client", 2, [("INSTANTIATE", "install.sh"), ("CONFIGURE", "server_configure.sh"),
                                        ("START", "start.sh")])],
            "vnf_dependency": [{"source": "server", "target": "client", "parameters": ["private"]}]}
