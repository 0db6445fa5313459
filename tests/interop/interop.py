#!/usr/bin/env python3
"""The interop layer: unmodified Python and Java peers and ours, in every combination, against a real
NFVO.  With SECOND_TRY=1 the group of the only scenario that failed may have a second try, at the end,
alone (tests/support/second-try).

    interop.py --python VENV_PYTHON --bin FOLDER [--java FOLDER] [--jobs N] [WORD...]

Needs OB_TEST_* in its environment (tests/interop/run does all that).  With words only the groups
whose name holds one of them.  The last line counts.
"""
import argparse
import concurrent.futures
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import scenarios
import scenarios_cli  # noqa: F401  adds its group
import scenarios_companions  # noqa: F401  adds its group
import scenarios_cli_all  # noqa: F401  adds its group
import scenarios_contract  # noqa: F401  adds its group
import scenarios_go  # noqa: F401  adds its groups
import scenarios_java  # noqa: F401  adds its groups
import scenarios_kit  # noqa: F401  adds its groups
import scenarios_plugin  # noqa: F401  adds its group
import scenarios_killed  # noqa: F401  adds its group
import scenarios_targets  # noqa: F401  adds its groups
import scenarios_tutorials  # noqa: F401  adds its group
import scenarios_scaling  # noqa: F401  adds its groups
from suite import TOP, Environment, Failed, Stopped


class Report:
    """What a group's scenarios did."""

    printing = threading.Lock()

    def __init__(self):
        self._failed = set()
        self.passed = self.failed = 0
        self.said = ""  # of what failed

    @contextlib.contextmanager
    def scenario(self, name, suite, *words, quiet=False):
        """Counts what is done inside.  quiet: a preparation, counted only when it fails; then
        the scenario of the same name is not counted again."""
        began = time.monotonic()
        try:
            yield
        except Stopped:
            raise
        except Exception as error:  # one scenario must not hide the others
            self._tell(name, False, began, self._why(error), suite.explain(words))
            return
        if not quiet:
            self._tell(name, True, began)

    @staticmethod
    def _why(error):
        if isinstance(error, Failed):
            return str(error)
        return "".join(traceback.format_exception(error)[-3:]).strip()

    def _tell(self, name, is_ok, began, why="", log=()):
        with self.printing:
            if name in self._failed:
                return
            self.passed += is_ok
            self.failed += not is_ok
            text = "%-6s %s (%d ms)%s" % ("ok" if is_ok else "FAILED", name,
                                          (time.monotonic() - began) * 1000,
                                          ": " + why if why else "")
            text = "\n    ".join([text, *log])
            if not is_ok:
                self._failed.add(name)
                self.said += text + "\n"
            print(text, flush=True)

    def opening_failed(self, group, error):
        with self.printing:
            self.failed += 1
            text = "FAILED %s: %s" % (group.__name__, error)
            self.said += text + "\n"
            print(text, flush=True)

    def failed_names(self, group):
        return sorted(self._failed) or [group.__name__]


def run_side_by_side(groups, env, jobs):
    """The report of each group."""
    reports = {g: Report() for g in groups}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(g, env, reports[g]): g for g in groups}
        try:
            for future in concurrent.futures.as_completed(futures):
                try:
                    future.result()
                except Exception as error:  # opening the suite itself
                    reports[futures[future]].opening_failed(futures[future], error)
        except BaseException:
            env.stopping.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return reports


def try_again(reports, env):
    """The group of a scenario that failed, when no other did, once more."""
    failed = sum(r.failed for r in reports.values())
    group = next((g for g, r in reports.items() if r.failed), None)
    if not group:
        return
    said = os.path.join(env.work, "said")
    with open(said, "w", errors="replace") as file:
        file.write(reports[group].said)
    if subprocess.call([os.path.join(TOP, "tests/support/second-try"), "interop", str(failed), "1", said]):
        return
    names = reports[group].failed_names(group)
    reports.update(run_side_by_side([group], env, 1))
    if not reports[group].failed:
        print("UNSTEADY interop %s: failed once, passed when run again" % " ".join(names), flush=True)


def unlisted():
    """What README.md's tables lack, or name without its being there."""
    with open(os.path.join(TOP, "tests/interop/README.md")) as text:
        page = text.read()
    groups = {g.__name__.replace("_", "-") for g in scenarios.GROUPS}
    rows = page[page.index("## What the scenarios hold"):page.index("## Peer by operation")]
    first = re.findall(r"^\| ([a-z][^|]*?) \|", rows, re.M)
    told = {w for cell in first for w in re.findall(r"[a-z-]+", cell)}
    wrong = ["%s is in no table" % g for g in sorted(groups)
             if g not in told and not g.startswith("lifecycle-")]
    for cell in re.findall(r"^\| by \| (.*) \|$", page, re.M):
        for name in re.split(r"[,|] *", cell):
            name = name.strip()
            script = os.path.join(TOP, "tests/e2e/%s.sh" % name.removeprefix("e2e ").strip())
            if name not in groups and name != "lifecycle" and not os.path.exists(script):
                wrong.append("'%s' is named, and is not there" % name)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", required=True, help="interpreter of the peers' virtualenv")
    parser.add_argument("--java", help="jars and classes of the Java peer; without: its groups do "
                        "not run")
    parser.add_argument("--contract", help="interpreter of the virtualenv of tests/contract; without: "
                        "its group does not run")
    parser.add_argument("--bin", required=True, help="folder of our programs")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 1) + 1)
    parser.add_argument("words", nargs="*", metavar="WORD")
    options = parser.parse_args()
    work = tempfile.mkdtemp(prefix="baton-interop.")
    env = Environment(options.bin, options.python, options.java, work)
    env.contract = options.contract

    def stop(number, _frame):
        for again in (signal.SIGTERM, signal.SIGINT):
            signal.signal(again, signal.SIG_IGN)
        env.stopping.set()
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    wrong = unlisted()
    for line in wrong:
        print("FAILED tests/interop/README.md: " + line)
    groups = [g for g in scenarios.GROUPS
              if not options.words or any(w.replace("-", "_") in g.__name__ for w in options.words)]
    if not groups:
        print("no group holds %s; there are: %s" % (" or ".join(options.words),
                                                    ", ".join(g.__name__ for g in scenarios.GROUPS)))
        return 2
    left_out = [g for g in groups if g in scenarios.NEED_JAVA and not options.java]
    for g in left_out:
        print("NOT RUN %s: there is no Java peer (java-setup.sh says why)" % g.__name__)
    without = [g for g in groups if g in scenarios.NEED_CONTRACT and not options.contract]
    for g in without:
        print("NOT RUN %s: there are no tools (tests/contract/setup.sh says why)" % g.__name__)
    left_out += without
    groups = [g for g in groups if g not in left_out]
    try:
        reports = run_side_by_side(groups, env, options.jobs)
        try_again(reports, env)
    finally:
        for child in env.children:  # whatever went wrong
            if child.poll() is None:
                child.kill()
        if not os.environ.get("KEEP"):
            shutil.rmtree(work, ignore_errors=True)
        else:
            print("kept: " + work)
    failed = sum(r.failed for r in reports.values()) + len(wrong)
    print("interop: %d passed, %d failed%s" % (sum(r.passed for r in reports.values()), failed,
                                               ", %d skipped" % len(left_out) if left_out else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
