#!/bin/sh
# Fetches the unmodified Java VNFM SDK and compiles the peer that stands on it (peers/java).  Idempotent and quiet
# when there is nothing to do; prints the folder of jars and classes on the last line.
#
#   BATON_INTEROP_JAVA   where they go (default build/interop-java); Maven's own downloads stay in ~/.m2
#   exit 0  ready    77  cannot be made here (no JDK, no Maven, no registry in reach): skip, loudly
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
peer=$here/peers/java
home=${BATON_INTEROP_JAVA:-$root/build/interop-java}
stamp=$home/stamp

skip()
{
    echo "interop/java-setup.sh: SKIP: $1" >&2
    exit 77
}

# "Unmodified" is a claim that the tests rest on: each jar must be the one that was seen when they were written.
verify()
{
    (cd "$home/jars" && sha256sum --quiet --strict --check "$peer/jars.sha256") ||
        { echo "interop/java-setup.sh: a jar is not the one that jars.sha256 names" >&2 && exit 1; }
}

fetch()
{
    if ! mvn --batch-mode -Dmaven.wagon.rto=30000 -Daether.connector.connectTimeout=10000 --file "$peer/pom.xml" \
        org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies -DincludeScope=runtime \
        -DoutputDirectory="$home/jars" >"$log" 2>&1; then
        cat "$log" >&2
        # Only a registry that cannot be reached is a reason to skip; an artifact that is gone is a failure.
        grep -Eq 'Could not transfer|[Cc]onnection refused|timed out|Unknown host|Temporary failure|unreachable' \
            "$log" && skip "the Maven registry cannot be reached"
        exit 1
    fi
}

wanted=$(cat "$peer/pom.xml" "$peer/jars.sha256" "$peer/JavaVnfm.java" "$peer/conf.properties" | sha256sum)
if [ "$wanted" != "$(cat "$stamp" 2>/dev/null)" ]; then
    command -v javac >/dev/null || skip "no JDK (package openjdk-17-jdk-headless)"
    command -v mvn >/dev/null || skip "no Maven (package maven)"
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    rm -rf "$home"
    mkdir -p "$home/classes"
    fetch
    verify
    javac -nowarn -Xlint:none -encoding UTF-8 -d "$home/classes" -cp "$home/jars/*" "$peer/JavaVnfm.java" >"$log" 2>&1 ||
        { cat "$log" >&2 && exit 1; }
    cp "$peer/conf.properties" "$home/classes"
    echo "$wanted" >"$stamp"
fi

verify
echo "$home"
