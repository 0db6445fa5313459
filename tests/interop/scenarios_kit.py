"""`baton test` with peers on the reference's SDKs and with our examples in C: what
deploy/tutorials/test-a-peer.md says is known of each is what the kit finds; see scenarios.py."""
import json
import os
import re
import shlex
import subprocess
import urllib.parse

from scenarios import group, java_group
from scenarios_tutorials import TUTORIALS, code_of
from suite import TOP, Suite, equal

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


def kit_vhost(suite):
    return suite.vhost + "-kit"


def test_command(whose, kind, start, patience="3s"):
    return ("test %s %s --broker amqp://guest:guest@localhost:5672/baton-test --answer-within %s "
            "--run %s" % (whose, kind, patience, shlex.quote("exec " + start)))


def login(suite, kind):
    return ("--broker %s:%d --vhost %s --user openbaton-manager-user --password openbaton --type %s"
            % (suite.env.host, suite.env.port, kit_vhost(suite), kind))


def is_as_known(found, peer):
    equal("what it breaks", [sorted(set(rules) - BY_CHANCE) for rules in found],
          [sorted(set(rules) - BY_CHANCE) for rules in known_of(peer)])


def run(suite, arguments, variables):
    env, vhost = suite.env, kit_vhost(suite)
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
def kit_greeter(env, report):
    with Suite(env, "kit") as suite:
        with open(os.path.join(suite.work, "greeter.py"), "w") as script:
            script.write(code_of("write-a-vnfm.md", "greeter.py"))
        with report.scenario("kit/greeter.py", suite):
            status, found = run(suite, command_of_tutorial(), {"TYPE": "greeter-py"})
            is_as_known(found, "python-vnfm-sdk")
            equal("exit status", status, 1)
            with open(os.path.join(suite.work, "greeter.html")) as page:
                equal("the page names it", "VNFM &#39;greeter-py&#39;" in page.read(), True)


@group
def kit_driver(env, report):
    """A driver on the Python plugin SDK."""
    with Suite(env, "kit-driver") as suite:
        with report.scenario("kit/python driver", suite):
            start = "$py -W ignore %s %s --state %s/cloud" % (
                os.path.join(TOP, "tests/interop/peers/py_vim_driver.py"), login(suite, "kitpy"),
                suite.work)
            status, found = run(suite, test_command("driver", "kitpy", start), {})
            is_as_known(found, "python-plugin-sdk")
            equal("exit status", status, 1)


@java_group
def kit_java(env, report):
    """A VNFM on the Java VNFM SDK."""
    with Suite(env, "kit-java") as suite:
        with report.scenario("kit/java VNFM", suite):
            start = ("java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx128m --add-opens "
                     "java.base/java.lang=ALL-UNNAMED -cp '%s/classes:%s/jars/*' JavaVnfm %s"
                     % (env.java, env.java, login(suite, "kitjava")))
            status, found = run(suite, test_command("vnfm", "kitjava", start, "6s"), {})
            is_as_known(found, "vnfm-sdk-amqp")
            equal("exit status", status, 1)


@group
def kit_examples(env, report):
    """The C examples of the tutorials, built against an installed copy: nothing to find."""
    with Suite(env, "kit-c") as suite:
        place = os.path.join(suite.work, "at")
        with report.scenario("kit/examples", suite, quiet=True):
            subprocess.run(["make", "-s", "O=" + os.path.dirname(env.binaries), "DESTDIR=" + place,
                            "PREFIX=/usr", "install"], cwd=TOP, check=True, timeout=SECONDS,
                           stdout=subprocess.DEVNULL)
        for whose, page, name, library in (("vnfm", "write-a-vnfm.md", "greeter", "ob_vnfm"),
                                           ("driver", "write-a-driver.md", "folder", "ob_vim")):
            with report.scenario("kit/%s.c" % name, suite):
                program = os.path.join(suite.work, name)
                with open(program + ".c", "w") as source:
                    source.write(code_of(page, name + ".c"))
                subprocess.run(["gcc", "-Wall", "-Werror", "-o", program, program + ".c",
                                "-I%s/usr/include" % place, "-L%s/usr/lib" % place,
                                "-Wl,-rpath,%s/usr/lib" % place, "-l" + library, "-ljansson"],
                               check=True, timeout=SECONDS)
                status, found = run(suite, test_command(whose, name, program, "10s"),
                                    {"MOOD": "good"})
                if name == "greeter":
                    equal("what it breaks", found, [[], []])
                else:
                    is_as_known(found, name + ".c")
                equal("exit status", status, 0)
