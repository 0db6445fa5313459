#!/usr/bin/env python3
"""Every row of section 2 of rest-api.md is a route: rows are compared with the routes of
tests/integration/test_api_matrix.c, which that test compares with the router.

    rest_rows.py [FILE]      another copy of the specification; the last line counts
"""
import re
import sys

SPEC = "proto/doc/rest-api.md"
MATRIX = "tests/integration/test_api_matrix.c"
# Paths that the specification names to say that nothing is there.
NOTHING_THERE = {"GET /api/v1/security", "GET /error/errors", "GET /api/v1/configurations",
                 "PUT /api/v1/configurations"}


def shape(path):
    return re.sub(r"\{[^}]*\}", "{}", path).rstrip("/") or "/"


def routes():
    with open(MATRIX, encoding="utf-8") as text:
        code = text.read()
    names = dict(re.findall(r'^#define ([A-Z]+) +"([^"]*)"', code, re.M))
    found = set()
    for call in re.findall(r'^    \{((?:"[^"]*"|[A-Z]+| )+), [A-Z_]+\}', code, re.M):
        parts = re.findall(r'"([^"]*)"|([A-Z]+)', call)
        found.add(" ".join(shape(p) for p in "".join(t or names[n] for t, n in parts).split(" ", 1)))
    return found


def expand(path):
    """`a[/][/{id}]`, `..., `/x`: the paths that are meant."""
    path = path.split("?")[0]
    if "[" not in path:
        return [path]
    bare = re.sub(r"\[[^]]*\]", "", path)
    full = path.replace("[/][/", "[/").replace("[/]", "")
    return [bare, re.sub(r"[][]", "", full)] if full != bare else [bare]


def absolute(path, prefix, last, before):
    """before: what the row's first path was, for those that go on from it."""
    if path == "(base)":
        return prefix
    if path.startswith("..."):
        return last[:last.index("/vnfcinstances")].rstrip("/") + path[3:] if "/vnfcinstances" in path \
            else before + path[3:]
    if path.startswith("/api/"):
        return path
    return prefix + path


def of_row(cells, prefix, instances):
    """("METHOD /path", the row's path as written) of each call of a row."""
    methods = re.findall(r"[A-Z]{3,6}", cells[0])
    text = cells[1].replace("(base)", "`(base)`")
    calls, before = [], prefix
    parts = re.findall(r"\b(GET|POST|PUT|DELETE|PATCH)\b(?= `)|`([^`]*)`", text)
    own, by_turn = None, len(methods) == len([p for _, p in parts if p]) > 1 and "," in cells[0]
    turn, is_several = 0, "/" in cells[0] and "POST" in methods
    for verb, path in parts:
        if verb:
            own = verb
            continue
        path = absolute(path, prefix, instances, before) if path.startswith(("/", ".", "(")) else None
        if path is None:
            continue
        if path.startswith(prefix + "/{depId}") and before != prefix:
            path = before.rstrip("/") + "/{depId}"
        elif re.fullmatch(re.escape(prefix) + r"/(start|stop)", path):
            path = before.rsplit("/", 1)[0] + path[len(prefix):]
        before = path
        for one in expand(path):
            for method in [own] if own else [methods[turn]] if by_turn else methods:
                is_member = shape(one).endswith("{}")
                if is_several and (method == "POST") == is_member and method != "GET":
                    continue  # one makes in a collection, and changes a member
                calls.append("%s %s" % (method, shape(one)))
        turn += 1
    return calls


def wanted(spec):
    with open(spec, encoding="utf-8") as text:
        section = re.search(r"^## 2[. ].*?(?=^## 3)", text.read(), re.M | re.S).group(0)
    number, base, instances = 0, "", "/api/v1/ns-records/{id}/vnfrecords/{v}/vdunits/{vdu}/vnfcinstances"
    for line in section.splitlines():
        heading = re.match(r"### 2\.(\d+) (.*)", line)
        if heading:
            number = int(heading.group(1))
            at = re.search(r"[:`] ?`?(/[a-z-]+)", heading.group(2).replace("VNFM REST", ""))
            base = "/admin/v1" if number == 12 else \
                "/api/v1" + (at.group(1) if at and number in (1, 3, 4, 5, 6, 7, 9) else "")
            if number == 11:
                for path in re.findall(r"`(/[a-z-]+)`", heading.group(2)):
                    for call in ("GET", "POST", "GET /{}", "PUT /{}", "DELETE /{}"):
                        method, _, rest = call.partition(" ")
                        yield "%s /api/v1%s%s" % (method, path, rest), line
        if number == 13 and line.startswith("| `"):
            for path in re.findall(r"`(?:GET )?(/[^` ]*)`", line.split("|")[1]):
                yield "GET " + shape(path), line
        if not re.match(r"\| [A-Z]{3,6}([/,] ?[A-Z]{3,6})* \|", line) or number > 12:
            continue
        prefix = base + ("/{id}" if number == 1 and "`/{id}/" in line else "")
        cells = [c.strip() for c in line.strip("|").split("|")]
        if number == 1:  # relative to /ns-descriptors, or written with it
            cells[1] = cells[1].replace("`/ns-descriptors", "`/api/v1/ns-descriptors")
            prefix = base
        for call in of_row(cells, prefix, instances):
            yield call, line


def main():
    spec = sys.argv[1] if len(sys.argv) > 1 else SPEC
    there = routes()
    rows, missing = 0, 0
    for call, line in wanted(spec):
        rows += 1
        if call not in there and call not in NOTHING_THERE:
            missing += 1
            print("%s: no such route\n    %s" % (call, line[:120]))
    print("rest-api.md, section 2: %d calls, %d of them no route (%d routes)" %
          (rows, missing, len(there)))
    return 1 if missing or rows < 150 else 0


if __name__ == "__main__":
    sys.exit(main())
