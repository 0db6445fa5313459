"""One suite of real processes for one scenario: nfvo, VNFMs and drivers, C and Python, in a virtual
host and a database schema of their own.  Standard library only: the peers' virtualenv is theirs.

What tests/e2e needs as well (leftover rows and messages) is asked of deploy/local/suite.sh.
"""
import base64
import io
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import tarfile
import urllib.error
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
POLL_S = 0.05


class Failed(Exception):
    """A scenario's expectation does not hold."""


class Stopped(Exception):
    """The run is being ended from outside."""


def check(what, ok, detail=None):
    if not ok:
        raise Failed(what if detail is None else "%s: %s" % (what, detail))


def equal(what, got, wanted):
    check(what, got == wanted, "%r, not %r" % (got, wanted))


class Environment:
    """Where everything is: OB_TEST_* as tests/support/servers writes them, and our programs."""

    def __init__(self, binaries, python, java, work):
        get = os.environ.__getitem__
        self.binaries, self.python, self.java, self.work = binaries, python, java, work
        self.host, self.port = get("OB_TEST_BROKER_HOST"), int(get("OB_TEST_BROKER_PORT"))
        self.user, self.password = get("OB_TEST_BROKER_USER"), get("OB_TEST_BROKER_PASSWORD")
        self.management_port = int(get("OB_TEST_BROKER_MANAGEMENT_PORT"))
        self.database = get("OB_TEST_DB")
        self.stopping = threading.Event()
        self.children = []

    def until(self, seconds, what, condition):
        """The first true result of condition(), or Failed after so many seconds.  what: text, or
        a function that makes it, asked at the end."""
        end = time.monotonic() + seconds
        while True:
            result = condition()
            if result:
                return result
            if time.monotonic() > end:
                raise Failed("not within %g s: %s" % (seconds, what() if callable(what) else what))
            if self.stopping.wait(POLL_S):
                raise Stopped()


class Http:
    """JSON over HTTP.  Answers (status, decoded body); a body that is no JSON comes as text."""

    def __init__(self, base):
        self._base = self.url = base
        self.headers = {}

    def __call__(self, method, path, body=None, headers=None):
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        every = {"Content-Type": "application/json", **self.headers, **(headers or {})}
        every = {name: value for name, value in every.items() if value is not None}
        request = urllib.request.Request(self._base + path, body, every, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                status, text = response.status, response.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        try:
            return status, json.loads(text) if text else None
        except ValueError:
            return status, text.decode(errors="replace")


def basic(user, password):
    return "Basic " + base64.b64encode(("%s:%s" % (user, password)).encode()).decode()


class Process:
    """A child with its log; ready when it says so (C: --ready-fd, Python: READY on its output)."""

    def __init__(self, suite, name, command, says_ready, wait=True):
        self._suite, self._says_ready = suite, says_ready
        self.name = name
        self.log = os.path.join(suite.work, name + ".log")
        self.started_at = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        self._reading, writing = os.pipe()
        os.set_blocking(self._reading, False)
        # A peer that is killed leaves its temporary folder: it goes with the suite's.
        environment = dict(os.environ, TMPDIR=suite.work) if says_ready else None
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(
                command + ([] if says_ready else ["--ready-fd", str(writing)]),
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                pass_fds=[writing], start_new_session=True, cwd=suite.work, env=environment)
        suite.env.children.append(self.popen)
        os.close(writing)
        suite.processes.append(self)
        if wait:
            self.wait_ready()

    def wait_ready(self, seconds=120):
        try:
            self._suite.env.until(seconds, "%s is ready" % self.name, self._is_ready)
        finally:
            os.close(self._reading)

    def _is_ready(self):
        if self.popen.poll() is not None:
            raise Failed("%s ended with status %s" % (self.name, self.popen.returncode))
        if self._says_ready:
            return self._says_ready in self.output()
        try:
            return os.read(self._reading, 100).startswith(b"ready ")
        except BlockingIOError:
            return False

    def output(self):
        with open(self.log, errors="replace") as log:
            log.seek(self.started_at)
            return log.read()

    def stop(self, number=signal.SIGTERM, seconds=120):
        """The exit status; killed, and said so, if it does not stop."""
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            raise Failed("%s did not stop within %d s" % (self.name, seconds))

    def kill(self):
        self.stop(signal.SIGKILL)


class Suite:
    """Use as a context; processes end and vhosts, schema and users go when it is left.

    Peers of ours are enrolled, each kind in a room of its own.  Those of others register in the open
    room; with is_closed registration is closed, and they are enrolled as well."""

    def __init__(self, env, name, is_closed=False):
        self.env, self.name, self.is_closed = env, name, is_closed
        self.tag = secrets.token_hex(4)
        self.vhost = "interop-" + self.tag
        self.open_room = self.vhost + ".open"
        self.registrar = "registrar-" + self.tag  # the well-known one would be all suites'
        self.agents_vhost = self.vhost + "-agents"
        self.schema = "interop_" + self.tag
        self.work = tempfile.mkdtemp(prefix=name.replace("/", "-")[:24] + ".", dir=env.work)
        self.processes = []
        self.nfvo = None
        self.cloud = None  # folder of the local driver
        self.api = None
        self.broker = Http("http://%s:%d/api/" % (env.host, env.management_port))
        self.broker.headers["Authorization"] = basic(env.user, env.password)

    def __enter__(self):
        try:
            self._open()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _open(self):
        mine = {"configure": ".*", "write": ".*", "read": ".*"}
        for path, body in (("vhosts/" + self.vhost, {}),
                           ("permissions/%s/%s" % (self.vhost, self.env.user), mine)):
            status, said = self.broker("PUT", path, body)
            check("the broker makes " + path, status in (201, 204), (status, said))
        self.sql("create schema %s" % self.schema)
        self._write_config()

    def __exit__(self, *_):
        for process in reversed(self.processes):
            if process.popen.poll() is None:
                process.popen.kill()
                process.popen.wait()
        if self.cloud:
            subprocess.run([os.path.join(self.env.binaries, "vim-driver-local"), "--clean",
                            "--state-dir", self.cloud], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=False)
        for user in self.users() + [self.registrar]:  # users are not inside the virtual host
            self.broker("DELETE", "users/" + urllib.parse.quote(user, safe=""))
        for vhost in self.broker("GET", "vhosts?columns=name")[1]:
            if self.tag in vhost["name"]:  # no rights are left in it: nfvo/vnfm/management_vhost.c
                self.broker("DELETE", "permissions/%s/%s" % (vhost["name"], self.env.user))
                self.broker("DELETE", "vhosts/" + vhost["name"])
        subprocess.run(["psql", "--no-psqlrc", "--quiet", "--command",
                        "drop schema if exists %s, %s_vnfm cascade" % (self.schema, self.schema),
                        self.env.database],
                       stderr=subprocess.DEVNULL, check=False)
        if not os.environ.get("KEEP"):
            shutil.rmtree(self.work, ignore_errors=True)

    # -- processes

    def _write_config(self):
        env = self.env
        self._config = os.path.join(self.work, "nfvo.conf")
        with open(self._config, "w", opener=lambda p, f: os.open(p, f, 0o600)) as out:
            out.write("\n".join("%s = \"%s\"" % pair for pair in (
                ("broker-host", env.host), ("broker-port", env.port),
                ("broker-vhost", self.vhost), ("agents-vhost", self.agents_vhost),
                ("broker-user", env.user),
                ("broker-password", env.password),
                ("broker-management-port", env.management_port),
                ("database", env.database), ("database-schema", self.schema),
                ("seal-key-path", os.path.join(self.work, "seal-key")),
                ("listen", "127.0.0.1"), ("port", 0), ("admin-password", "Interop-1"),
                ("admin-password-path", os.path.join(self.work, "admin-password")),
                ("upload-dir", self.work), ("agents-managers", self.type("generic")),
                ("registration-open", "no" if self.is_closed else "yes"),
                ("registration-room", self.open_room), ("registration-user", self.registrar),
                ("manager-check-interval", "1s"), ("manager-unregister-grace", "3s"),
                ("manager-absence-grace", "3s"))) + "\n")

    def start_nfvo(self, *options):
        """Start it, or start it again with the options of the last time."""
        if options or not self.nfvo:
            self._nfvo_options = options
        self.nfvo = Process(self, "nfvo", [os.path.join(self.env.binaries, "nfvo"), "--config",
                                           self._config, *self._nfvo_options], None)
        port = re.findall(r"ev=listening .*?port=(\d+)", self.nfvo.output())
        check("nfvo says where it listens", port, self.nfvo.output()[-400:])
        self.api = Http("http://127.0.0.1:" + port[-1])
        self._login()

    def _login(self):
        form = {"grant_type": "password", "username": "admin", "password": "Interop-1"}
        status, said = self.api("POST", "/oauth/token", urllib.parse.urlencode(form).encode(), {
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": basic("openbatonOSClient", "secret")})
        check("login", status == 200, (status, said))
        self.api.headers["Authorization"] = "Bearer " + said["value"]
        projects = self.rest("GET", "projects")
        self.api.headers["project-id"] = projects[0]["id"]

    def is_enrolled(self, kind):
        return self.is_closed or not kind.startswith(("py", "java", "go"))

    def room_of(self, kind):
        return "%s.%s" % (self.vhost, kind) if self.is_enrolled(kind) else self.open_room

    def _enrol(self, kind, what):
        """As an operator does it before the peer starts; again, it is the same account.  The file
        with its password; None: it registers by itself."""
        if not self.is_enrolled(kind):
            return None
        file = os.path.join(self.work, kind + ".password")
        done = subprocess.run(
            [os.path.join(self.env.binaries, "nfvo"), "--config", self._config, "--enrol",
             self.type(kind), "--kind", what, "--type", self.type(kind), "--room",
             self.room_of(kind), "--password-file", file],
            text=True, capture_output=True, check=False)
        check("%s is enrolled" % kind, done.returncode == 0, done.stderr)
        return file

    def _our_peer(self, program, what, kind, *options):
        return Process(self, "%s-%s" % (program, kind), [
            os.path.join(self.env.binaries, program), "--broker-host", self.env.host,
            "--broker-port", str(self.env.port), "--broker-vhost", self.room_of(kind),
            "--broker-user", self.type(kind), "--broker-password-file", self._enrol(kind, what),
            "--type", self.type(kind), *options], None)

    def _login_of(self, kind, what):
        """Options of a peer of others."""
        file = self._enrol(kind, what)
        login = [self.registrar, "openbaton"]
        if file:
            with open(file) as text:
                login = [self.type(kind), text.read().strip()]
        return ["--broker", "%s:%d" % (self.env.host, self.env.port), "--vhost",
                self.room_of(kind), "--user", login[0], "--password", login[1],
                "--type", self.type(kind), "--journal", self.journal_of(kind)]

    def _python_peer(self, script, what, kind, queue, *options, wait=True):
        return Process(self, "%s-%s" % (script[:-3], kind), [
            self.env.python, os.path.join(HERE, "peers", script), *self._login_of(kind, what),
            *options], "READY " + queue, wait)

    def _java_peer(self, kind, *options, wait=True):
        """A JVM: some seconds of processor time before it says anything."""
        java = self.env.java
        return Process(self, "java-vnfm-" + kind, [
            "java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m", "-Xshare:auto",
            "--add-opens", "java.base/java.lang=ALL-UNNAMED", "-cp",
            "%s/classes:%s/jars/*" % (java, java), "JavaVnfm", *self._login_of(kind, "vnfm"),
            *options],
            "READY " + self.type(kind), wait)

    def type(self, kind):
        """Broker users are named after types and belong to no virtual host."""
        return "%s-%s" % (kind, self.tag)

    def journal_of(self, kind):
        return os.path.join(self.work, kind + ".journal")

    def start_vnfm(self, kind, *options, wait=True):
        """kind: pyvnfm..., javavnfm..., govnfm... or cvnfm...; returns when the NFVO knows it."""
        if kind.startswith(("py", "go")):
            process = self._python_peer("%s_vnfm.py" % kind[:2], "vnfm", kind, self.type(kind), *options,
                                        wait=wait)
        elif kind.startswith("java"):
            process = self._java_peer(kind, *options, wait=wait)
        else:
            process = self._our_peer("vnfm-dummy", "vnfm", kind, "--journal",
                                     self.journal_of(kind), *options)
        if wait:
            self.env.until(120, "VNFM %s is registered" % kind, lambda: self.has_vnfm(kind))
        return process

    def start_driver(self, kind, *options, wait=True):
        """kind: pydriver..., godriver... or cdriver...; its clouds outlive it."""
        state = os.path.join(self.work, kind + ".state")
        if kind.startswith(("py", "go")):
            queue = "vim-drivers.%s.%s" % (self.type(kind), self.type(kind))
            process = self._python_peer("%s_vim_driver.py" % kind[:2], "driver", kind, queue,
                                        "--state", state, *options, wait=wait)
        else:
            process = self._our_peer("vim-driver-test", "driver", kind, "--journal",
                                     self.journal_of(kind), "--images", "test-image",
                                     "--state-file", state, *options)
        if wait:
            self.env.until(120, "driver %s is registered" % kind, lambda: self.has_driver(kind))
        return process

    def start_generic(self, kind, *options):
        """The generic VNFM: its packages' VNFDs name self.type(kind) as their endpoint."""
        process = self._our_peer("vnfm-generic", "vnfm", kind, "--agents-vhost",
                                 self.agents_vhost, "--database", self.env.database,
                                 "--database-schema", self.schema + "_vnfm", *options)
        self.env.until(120, "VNFM %s is registered" % kind, lambda: self.has_vnfm(kind))
        return process

    def start_local_driver(self, kind):
        """Servers are folders and processes of this host (plain mode), with real agents."""
        self.cloud = os.path.join(self.work, kind)
        process = self._our_peer("vim-driver-local", "driver", kind, "--mode", "plain",
                                 "--state-dir", self.cloud)
        self.env.until(120, "driver %s is registered" % kind, lambda: self.has_driver(kind))
        return process

    def has_vnfm(self, kind):
        return any(m["type"] == self.type(kind) and m["active"] and m["enabled"]
                   for m in self.rest("GET", "vnfmanagers"))

    def has_queue(self, kind):
        """Of a VNFM of others: it goes with its last consumer."""
        return self.broker("GET", "queues/%s/%s" % (self.room_of(kind), self.type(kind)))[0] == 200

    def has_driver(self, kind):
        return any(d.startswith("vim-drivers.%s." % self.type(kind))
                   for d in self.rest("GET", "plugins"))

    # -- journals: kind -> what was called

    def calls(self, kind, method=None, subject=None):
        """Lines of a peer's journal, in order.  Python: method, subject; C: action, name."""
        lines = []
        if os.path.exists(self.journal_of(kind)):
            with open(self.journal_of(kind)) as journal:
                lines = [json.loads(line) for line in journal if line.endswith("\n")]
        return [line for line in lines
                if method in (None, line.get("method"), line.get("action")) and
                subject in (None, line.get("subject"), line.get("name"))]

    def forget_calls(self, *kinds):
        """Of Python and Java peers, which open their journal for each line."""
        for kind in kinds:
            if os.path.exists(self.journal_of(kind)):
                os.remove(self.journal_of(kind))

    def wait_for_call(self, kind, method, subject=None, n=1, seconds=120):
        return self.env.until(seconds, "%s of %s was called %d times" % (method, kind, n), lambda:
                              self.calls(kind, method, subject)[n - 1:n])[0]

    def servers(self, kind, resident=False):
        """Names of the servers that exist at a driver."""
        if kind.startswith(("py", "go")):
            path = os.path.join(self.work, kind + ".state")
            if not os.path.exists(path):
                return []
            with open(path) as state:
                clouds = json.load(state)
            if kind.startswith("go"):
                clouds = {"": clouds}
            return sorted(s["name"] for cloud in clouds.values()
                          for key, s in cloud["servers"].items() if resident or key != "resident")
        there = {}
        for line in self.calls(kind):
            if line.get("outcome") in ("done", "repeated") and line.get("id"):
                if line["action"].startswith("launch"):
                    there[line["id"]] = line["name"]
                elif line["action"].startswith("deleteServer"):
                    there.pop(line["id"], None)
        return sorted(there.values())

    # -- REST

    def rest(self, method, path, body=None, wanted=(200, 201, 202, 204)):
        status, said = self.api(method, "/api/v1/" + path, body)
        if status not in wanted:
            raise Failed("%s %s: %s %s" % (method, path, status, json.dumps(said)[:600]))
        return said

    def register_pop(self, kind, name):
        return self.rest("POST", "datacenters", {
            "name": name, "authUrl": "http://nowhere.invalid", "tenant": "t", "username": "u",
            "password": "p", "type": self.type(kind)})

    def onboard(self, name, vnfds, dependencies=(), more_vdus=()):
        """vnfds: (name, VNFM kind, PoP, instances); dependencies: (source, target)."""
        point = {"virtual_link_reference": "private", "interfaceId": 0}
        return self.rest("POST", "ns-descriptors", {
            "name": name, "vendor": "interop", "version": "1", "vld": [{"name": "private"}],
            "vnfd": [{
                "name": vnfd, "vendor": "interop", "version": "1", "type": vnfd + "-type",
                "endpoint": self.type(kind),
                "virtual_link": [{"name": "private"}],
                "configurations": {"name": "c", "configurationParameters": [
                    {"confKey": "port", "value": "5060"}]},
                "deployment_flavour": [{"flavour_key": "m1.small"}],
                "lifecycle_event": [{"event": "INSTANTIATE", "lifecycle_events": ["a.sh"]},
                                    {"event": "START", "lifecycle_events": ["b.sh"]}],
                "vdu": [{"vm_image": ["test-image"], "scale_in_out": 5, "vimInstanceName": [pop],
                         "vnfc": [{"connection_point": [point]} for _ in range(instances)]},
                        *more_vdus],
            } for vnfd, kind, pop, instances in vnfds],
            "vnf_dependency": [{"source": s, "target": t, "parameters": ["private", "hostname", "port"]}
                               for s, t in dependencies]})

    def upload_package(self, files):
        """files: name -> bytes.  As the reference's CLI does it; answers the VNFD."""
        tar = io.BytesIO()
        with tarfile.open(fileobj=tar, mode="w") as archive:
            for name, data in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
        head = ("--sep\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\n"
                "Content-Type: multipart/form-data\r\n\r\n")
        status, said = self.api("POST", "/api/v1/vnf-packages/",
                                head.encode() + tar.getvalue() + b"\r\n--sep--\r\n",
                                {"Content-Type": "multipart/form-data; boundary=sep"})
        equal("status of the upload", (status, said if status != 200 else None), (200, None))
        return said

    def deploy(self, nsd):
        return self.rest("POST", "ns-records/" + nsd["id"], {})["id"]

    def nsr(self, nsr_id):
        return self.rest("GET", "ns-records/" + nsr_id)

    def wait_status(self, nsr_id, wanted, seconds=120):
        """The NSR once it is so; Failed at once when it ended otherwise."""
        def reached():
            nsr = self.nsr(nsr_id)
            if nsr["status"] == "ERROR" != wanted:
                raise Failed("the NSR is in ERROR: %s" % json.dumps(faults(nsr)))
            return nsr if nsr["status"] == wanted else None

        def missed():
            nsr = self.nsr(nsr_id)
            return "NSR %s is %s; it is %s with %s" % (nsr_id, wanted, nsr["status"], [
                (v["name"], v["status"]) for v in nsr["vnfr"]])

        return self.env.until(seconds, missed, reached)

    def delete(self, nsr_id, seconds=120):
        self.rest("DELETE", "ns-records/" + nsr_id)
        self.wait_gone(nsr_id, seconds)

    def wait_gone(self, nsr_id, seconds=120):
        self.env.until(seconds, "NSR %s is gone" % nsr_id, lambda: self.api(
            "GET", "/api/v1/ns-records/" + nsr_id)[0] == 404)

    # -- what is left, whose rights are what

    def sql(self, statement):
        done = subprocess.run(
            ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set",
             "ON_ERROR_STOP=1", "--command", statement, self.env.database], text=True,
            capture_output=True, check=False, env=dict(os.environ, PGOPTIONS="-c search_path=%s" %
                                                       self.schema))
        check("the database takes: " + statement, done.returncode == 0, done.stderr)
        return done.stdout.strip()

    def leftovers(self):
        """Rows, messages and reply queues that a suite without services must not have."""
        return subprocess.run(
            ["bash", "-c", '. "$0"; suite_schema=$1 suite_vhost=$2 suite_agents_vhost=$3; '
             "suite_leftover_rows; suite_leftover_messages",
             os.path.join(TOP, "deploy/local/suite.sh"), self.schema, self.vhost, self.agents_vhost],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            check=False).stdout.strip()

    def expect_nothing_left(self, *drivers, seconds=120):
        for kind in drivers:
            self.env.until(seconds, "no server at " + kind, lambda: not self.servers(kind))
        try:
            self.env.until(seconds, "", lambda: not self.leftovers())
        except Failed:
            raise Failed("this is left: " + self.leftovers()) from None

    def forget_dead_letters(self, room):
        """What was refused is kept there with its reason, for people."""
        self.broker("DELETE", "queues/%s/nfvo.dead-letters/contents" % room)

    def users(self):
        """Broker users that were made for peers of this suite."""
        return sorted(u["name"] for u in self.broker("GET", "users")[1]
                      if self.tag in u["name"] and u["name"] != self.registrar)

    def accounts(self, kind):
        """Those of this kind: by open registration each process has one of its own."""
        name = re.escape(self.type(kind))
        if not self.is_enrolled(kind):
            name = r"(vim-drivers\.%s\.)?%s-.{8}" % (name, name)
        return [u for u in self.users() if re.fullmatch(name, u)]

    def expect_rights(self, kind, may, may_not):
        """may, may_not: (right, name) with right of configure, write, read, topic write or topic
        read.  The patterns are the broker's, so they are tried, not compared as text."""
        self.env.until(120, "%s has one broker user" % kind,
                       lambda: len(self.accounts(kind)) == 1)
        user = self.accounts(kind)[0]
        tags = next(u["tags"] for u in self.broker("GET", "users")[1] if u["name"] == user)
        check("%s is no administrator" % user, "administrator" not in str(tags), tags)
        rights = {}
        for path, prefix in (("permissions", ""), ("topic-permissions", "topic ")):
            for row in self.broker("GET", "users/%s/%s" % (user, path))[1]:
                equal("%s of %s are in its room only" % (path, user), row["vhost"],
                      self.room_of(kind))
                rights.update((prefix + k, row[k]) for k in ("configure", "write", "read")
                              if k in row)
        for wanted, rows in ((True, may), (False, may_not)):
            for right, name in rows:
                pattern = rights.get(right, "^$" if right.startswith("topic") else "")
                allowed = bool(re.search(pattern, name)) if pattern else False
                check("user %s %s %s '%s'" % (user, "has" if wanted else "does not have", right,
                                              name), allowed == wanted, pattern)

    # -- for a report

    def explain(self, words=(), lines=12):
        """Of each log the last lines with one of the words, or that warn."""
        pattern = re.compile("|".join([r"lvl=(warn|error|crit)", r"Error|Exception|READY|Sanitizer|runtime error"] +
                                      [re.escape(w) for w in words if w]))
        out = []
        for name in sorted(os.listdir(self.work)):
            if name.endswith(".log"):
                with open(os.path.join(self.work, name), errors="replace") as log:
                    hits = [line.rstrip()[:500] for line in log if pattern.search(line)]
                out += ["--- " + name] + hits[-lines:]
        return out


def faults(nsr):
    return [f for f in [nsr.get("fault")] + [v.get("fault") for v in nsr.get("vnfr") or []] if f]
