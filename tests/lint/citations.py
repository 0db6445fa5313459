"""citations.py FILE...: every document that a text cites by name ("amqp-protocol.md 4.5", "decisions.md D12") is in the
repository, or is made by `make docs`, and has the section."""
import os
import re
import subprocess
import sys

MADE = {"calls.md", "queues.md", "rights.md", "messages.md", "driver-methods.md", "phases.md", "environment.md",
        "operation-tables.md"}  # nfvo/api/contract/documents.c
# What is called like a document and is none: installed under another name, of others, or a file that a test makes.
OTHERS = {"deploy.md", "config.md", "config-linux.md"}
CITED = re.compile(r"([A-Za-z0-9-]+\.md)\b(?:,? (?:sections? )?([0-9]+(?:\.[0-9]+)*|[DHO][0-9]+)\b)?")


def listed():
    files = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
                           capture_output=True, text=True, check=True).stdout.split()
    return {os.path.basename(f): f for f in files}


def sections(path):
    text = open(path, encoding="utf-8").read()
    return set(re.findall(r"^#+ ([0-9]+(?:\.[0-9]+)*)\b", text, re.M)) | set(re.findall(r"^\| ([DHO][0-9]+)\b", text, re.M))


def main():
    documents, known, wrong = listed(), {}, 0
    for path in sys.argv[1:]:
        for number, line in enumerate(open(path, encoding="utf-8", errors="replace"), 1):
            for name, section in CITED.findall(line):
                if name in MADE or name in OTHERS:
                    continue
                if name not in documents:
                    why = "there is no such document"
                elif section and documents[name].startswith("proto/doc/"):
                    known.setdefault(name, sections(documents[name]))
                    if section in known[name]:
                        continue
                    why = "it has no section %s" % section
                else:
                    continue
                print("%s:%d: %s: %s" % (path, number, name, why))
                wrong += 1
    if wrong:
        print("hint: proto/doc/README.md lists the documents; cite what ships")
    print("lint: %d passed, %d failed" % (not wrong, bool(wrong)))
    return bool(wrong)


sys.exit(main())
