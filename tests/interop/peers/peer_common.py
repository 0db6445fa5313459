"""What both Python peers share: command line, journal, faults, and pointing the SDK at a broker.

The SDKs stay unmodified.  Two things they cannot do are done from outside, here and only here:

* virtual host and port: the VNFM SDK has no setting for either, the plugin SDK has none for the
  virtual host and forgets its port in the thread that consumes requests.  Both build
  pika.ConnectionParameters from keyword arguments, so pika's own class defaults fill the gap.
* readiness: neither SDK tells when it has begun to consume.  Both call into pika for it.
"""
import argparse
import json
import logging
import os
import sys
import threading
import time
import warnings

import stdlib_compat  # noqa: F401  before pika
import pika
import pika.connection
from pika.adapters.blocking_connection import BlockingChannel

# pika 0.13 warns on each use of heartbeat_interval, which both SDKs use.
warnings.filterwarnings("ignore", category=DeprecationWarning)


def parser(description):
    args = argparse.ArgumentParser(description=description)
    args.add_argument("--broker", default="127.0.0.1:5672", metavar="HOST:PORT")
    args.add_argument("--vhost", default="/")
    args.add_argument("--user", default="openbaton-manager-user", help="registration user")
    args.add_argument("--password", default="openbaton", help="of the registration user")
    args.add_argument("--exchange", default="openbaton-exchange")
    args.add_argument("--heartbeat", type=int, default=60, metavar="SECONDS")
    args.add_argument("--journal", metavar="FILE", help="one JSON line per call, when it begins")
    # METHOD may be METHOD[:NAME][#N]: only for this VNFR or PoP, only its Nth call there.
    args.add_argument("--fail", action="append", default=[], metavar="METHOD[=TEXT]",
                      help="raise an exception in METHOD, after its delay")
    args.add_argument("--delay", action="append", default=[], metavar="METHOD=SECONDS")
    args.add_argument("--result", action="append", default=[], metavar="METHOD=JSON",
                      help="do nothing in METHOD and return this value")
    args.add_argument("--answer", action="append", default=[], metavar="METHOD=JSON",
                      help="do in METHOD what is asked, but return this value")
    args.add_argument("--verbose", action="store_true", help="the SDK's and pika's log to stderr")
    return args


class Rules:
    """Options of the form METHOD[:NAME][#N][=VALUE]."""

    def __init__(self, options, read=str, default=None):
        self._rules = {}
        for option in options:
            where, given, value = option.partition("=")
            self._rules[where] = read(value) if given else default

    def of(self, method, subject, n):
        """A list with the value of the most special rule, or an empty one."""
        for where in ("%s:%s#%d" % (method, subject, n), "%s:%s" % (method, subject),
                      "%s#%d" % (method, n), method):
            if where in self._rules:
                return [self._rules[where]]
        return []


class Script:
    """What the command line wants each method to do, and the journal of what was called."""

    def __init__(self, args, mute=None):
        """mute: what to raise for --fail-mutely, where a peer has that option."""
        self._mute = mute
        self._fail_mutely = Rules(getattr(args, "fail_mutely", []))
        self._journal = args.journal
        self._fail = Rules(args.fail, default="told to fail")
        self._delay = Rules(args.delay, float)
        self._result = Rules(args.result, json.loads)
        self._answer = Rules(args.answer, json.loads)
        self._count = {}
        self._lock = threading.Lock()

    def call(self, method, effect, subject=None, **details):
        """Journal the call, then wait, fail or return as told, else do what effect() does."""
        with self._lock:
            key = method, subject
            n = self._count[key] = self._count.get(key, 0) + 1
            line = {"method": method, "n": n, "subject": subject, "pid": os.getpid(),
                    "time": time.time()}
            line.update(details)
            if self._journal:
                # One write, opened to append: lines of several peers never mix, and a
                # line is in the file before the call has any effect.
                with open(self._journal, "ab", buffering=0) as journal:
                    journal.write(json.dumps(line).encode() + b"\n")
        for seconds in self._delay.of(method, subject, n):
            time.sleep(seconds)
        for _ in self._fail_mutely.of(method, subject, n):
            raise self._mute
        for text in self._fail.of(method, subject, n):
            raise RuntimeError(text)
        for value in self._result.of(method, subject, n):
            return value
        done = effect()
        for value in self._answer.of(method, subject, n):
            return value
        return done


def point_pika_at(args):
    """Give pika the address parts for which the SDKs have no setting.  Returns (host, port)."""
    host, _, port = args.broker.rpartition(":")
    pika.connection.Parameters.DEFAULT_PORT = int(port)
    pika.connection.Parameters.DEFAULT_VIRTUAL_HOST = args.vhost
    # The plugin SDK lets these override its configuration file; the command line decides.
    for name in ("RABBITMQ_USER", "RABBITMQ_PW", "RABBITMQ_IP", "RABBITMQ_PORT"):
        os.environ.pop(name, None)
    return host, int(port)


def announce(queue):
    """Print "READY <queue>" once this process consumes from queue."""
    consume = BlockingChannel.basic_consume

    def consume_and_tell(self, *args, **kwargs):
        tag = consume(self, *args, **kwargs)  # returns after the broker's consume-ok
        if kwargs.get("queue") == queue:
            print("READY " + queue, flush=True)
        return tag

    BlockingChannel.basic_consume = consume_and_tell


def log_to_stderr(verbose):
    logging.basicConfig(stream=sys.stderr, level=logging.DEBUG if verbose else logging.ERROR)
    logging.getLogger("pika").setLevel(logging.INFO if verbose else logging.CRITICAL)
