"""`baton test` with the Python VNFM and driver of the tutorials: what deploy/tutorials/test-a-peer.md
says is known of the SDK is what the kit finds, by the command that stands there; see scenarios.py."""
import json
import os
import re
import shlex
import subprocess
import urllib.parse

from scenarios import group
from scenarios_tutorials import TUTORIALS, code_of
from suite import Suite, equal

KIT = "test-a-peer.md"
SECONDS = 300  # it takes about 25, most of it waiting for answers that do not come
# Killed, it answers some of what it had in hand, or by chance all.
BY_CHANCE = {"killed-request"}


def command_of_tutorial():
    """The words behind "$ baton test vnfm" of the page."""
    with open(os.path.join(TUTORIALS, KIT)) as text:
        line = re.search(r"^\$ baton (test vnfm .*)$", text.read(), re.M).group(1)
    return line


def known_of(peer):
    """(rules that it breaks, advice) in the page's table."""
    with open(os.path.join(TUTORIALS, KIT)) as text:
        row = re.search(r"^\| %s [^|]*\|([^|]*)\|([^|]*)\|$" % peer, text.read(), re.M)
    return [sorted(re.findall(r"`([a-z0-9-]+)`", cell)) for cell in row.groups()]


def run(suite, arguments, variables):
    env, vhost = suite.env, suite.vhost + "-kit"
    place = "amqp://%s:%s@%s:%d/" % (urllib.parse.quote(env.user), urllib.parse.quote(env.password),
                                     env.host, env.port)
    line = arguments.replace("amqp://guest:guest@localhost:5672/baton-test", place + vhost)
    words = shlex.split(line.replace("$py", env.python))
    words += ["-o", "json", "--broker-api", "http://%s:%d" % (env.host, env.management_port)]
    environment = dict(os.environ, BROKER_HOST=env.host, BROKER_PORT=str(env.port),
                       BROKER_VHOST=vhost, CLOUD=suite.work, **variables)
    with open(os.path.join(suite.work, "kit.log"), "w") as log:
        done = subprocess.run([os.path.join(env.binaries, "baton"), *words], stdout=subprocess.PIPE,
                              stderr=log, text=True, timeout=SECONDS, cwd=suite.work,
                              env=environment, check=False)
    rules = json.loads(done.stdout)["rules"]
    return done.returncode, [sorted(r["rule"] for r in rules if r["verdict"] == "failed" and
                                    r["weight"] == weight) for weight in ("must", "should")]


@group
def kit(env, report):
    with Suite(env, "kit") as suite:
        with open(os.path.join(suite.work, "greeter.py"), "w") as script:
            script.write(code_of("write-a-vnfm.md", "greeter.py"))
        with report.scenario("kit/greeter.py", suite):
            status, found = run(suite, command_of_tutorial(), {"TYPE": "greeter-py"})
            equal("what it breaks", [sorted(set(rules) - BY_CHANCE) for rules in found],
                  [sorted(set(rules) - BY_CHANCE) for rules in known_of("python-vnfm-sdk")])
            equal("exit status", status, 1)
            with open(os.path.join(suite.work, "greeter.html")) as page:
                equal("the page names it", "VNFM &#39;greeter-py&#39;" in page.read(), True)
