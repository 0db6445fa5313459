"""The table and bench.json of make bench."""
import json
import os

DRIFT_MAX = 1  # message per NSR: PoPs are refreshed, and who comes meanwhile waits for that
TARGETS = {  # key: (what, unit, to reach, more is better)
    "nsr_per_s": ("NSR to ACTIVE", "/s", 80, True),
    "nsr_failed": ("NSRs that failed", "", 0, False),
    "floor_nsr_per_s": ("the floor", "/s", None, True),
    "floor_ratio": ("share of the floor", "", 0.3, True),
    "alone_p50_ms": ("one NSR alone, median", "ms", 50, False),
    "alone_p99_ms": ("one NSR alone, p99", "ms", 250, False),
    "stored_ratio": ("rate with 10,000 stored against 100", "", 0.9, True),
    "crowd_ratio": ("rate with 20,000 subscriptions, 300 drivers", "", 0.95, True),
    "rss_suite_mb": ("memory of our processes", "MB", 100, False),
    "pss_ems_mb": ("EMS agent during a script, Pss", "MB", 4, False),
    "agents_nsr_per_s": ("NSR to ACTIVE with agents and scripts", "/s", None, True),
    "agents_nsr_failed": ("of these failed", "", 0, False),
    "agents_alone_p50_ms": ("one of these alone, median", "ms", None, False),
    "agents_alone_p99_ms": ("one of these alone, p99", "ms", None, False),
    "launch_to_hello_plain_ms": ("launch to hello, plain, median", "ms", None, False),
    "launch_to_hello_plain_p99_ms": ("launch to hello, plain, p99", "ms", None, False),
    "launch_to_hello_runc_ms": ("launch to hello, runc, median", "ms", None, False),
    "launch_to_hello_runc_p99_ms": ("launch to hello, runc, p99", "ms", None, False),
    "vendors_c_amqp_nsr_per_s": ("libob_vnfm over AMQP", "NSR/s", None, True),
    "vendors_c_http_nsr_per_s": ("libob_vnfm over HTTP", "NSR/s", None, True),
    "vendors_py_amqp_nsr_per_s": ("python-vnfm-sdk", "NSR/s", None, True),
    "vendors_py_http_nsr_per_s": ("plain Python over HTTP", "NSR/s", None, True),
    "vendors_java_amqp_nsr_per_s": ("Java VNFM SDK", "NSR/s", None, True),
    "vendors_java_like_http_nsr_per_s": ("as the Java REST SDK", "NSR/s", None, True),
    "vendors_c_amqp_alone_ms": ("libob_vnfm over AMQP, one alone", "ms", None, False),
    "vendors_c_http_alone_ms": ("libob_vnfm over HTTP, one alone", "ms", None, False),
    "vendors_py_amqp_alone_ms": ("python-vnfm-sdk, one alone", "ms", None, False),
    "vendors_py_http_alone_ms": ("plain Python over HTTP, one alone", "ms", None, False),
    "vendors_java_amqp_alone_ms": ("Java VNFM SDK, one alone", "ms", None, False),
    "vendors_java_like_http_alone_ms": ("as the Java REST SDK, one alone", "ms", None, False),
    "vendors_launches_ratio": ("64 launches of 2 s against one", "", 1.1, False),
    "vendors_redelivery_us": ("a request once more", "us", None, False),
    "ready_s": ("nfvo from exec to ready", "s", 1, False),
    "get_ratio": ("GET against libmicrohttpd", "", 0.1, True),
    "messages_per_nsr": ("messages published per NSR", "", None, False),
    "floor_messages_per_nsr": ("the same of the floor", "", None, False),
    "floor_drift": ("the floor moves more or fewer, by", "", DRIFT_MAX, False),
    "commits_per_nsr": ("commits per NSR", "", None, False),
}


def row(key, value, spread):
    what, unit, target, is_more = TARGETS[key]
    reached = target is None or (value >= target if is_more else value <= target)
    goal = "" if target is None else f"{'>=' if is_more else '<='} {target:g}"
    around = f"{min(spread):.2f} .. {max(spread):.2f}" if len(spread) > 1 else ""
    return f"{what + (', ' + unit if unit else ''):38} {value:10.2f} {goal:>10}{'  ' if reached else ' !'}  {around}".rstrip()


def write(bench, options):
    print(f"\n{os.cpu_count()} cores, load average {' '.join(f'{x:.1f}' for x in os.getloadavg())}, "
          f"{options.rounds} rounds of {options.count} NSRs")
    print(f"{'measure':38} {'found':>10} {'to reach':>10}    spread of the rounds")
    for key in TARGETS:
        if key in bench.found:
            print(row(key, bench.found[key], bench.spread.get(key, [])))
    for line in bench.details:
        print("  " + line)
    path = os.path.join(options.build, "bench.json")
    with open(path, "w") as f:
        json.dump({k: round(v, 4) for k, v in bench.found.items()}, f, indent=1)
        f.write("\n")
    print(f"in {path}")
