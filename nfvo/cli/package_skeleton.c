/* What `baton package create` writes: a VNF that works on the local PoP with the generic VNFM. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nfvo/cli/package.h"

#define MARK "@NAME@" /* the package's name */

/* clang-format off */
static const struct file {
    const char *name;
    mode_t mode;
    const char *text;
} files[] = {
{"Metadata.yaml", 0644,
"# What this package is. `baton package validate DIR` checks it, `baton package upload DIR` sends it to the server.\n"
"\n"
"# Name and vendor must be those of the VNFD (vnfd.json).\n"
"name: " MARK "\n"
"vendor: example\n"
"version: \"1.0\"\n"
"description: What it does, in a sentence.\n"
"\n"
"# The release of the orchestrator that it is made for; the first number counts.\n"
"nfvo_version: \"6.0\"\n"
"\n"
"# Types of points of presence that it runs on; others are not chosen.\n"
"vim_types:\n"
"  - local\n"
"\n"
"# Instead of the folder scripts/, a git repository that every instance clones:\n"
"# scripts-link: https://git.example.org/scripts.git\n"
"\n"
"# Images for VDUs whose vm_image is empty (a url, or a file images/<name>):\n"
"# images:\n"
"#   my-image:\n"
"#     url: https://example.org/my-image.qcow2\n"
"#     diskFormat: QCOW2\n"
"#     containerFormat: BARE\n"
"#     minCPU: 1\n"
"#     minDisk: 2\n"
"#     minRam: 256\n"
"#     isPublic: true\n"
"\n"
"# For people and catalogues:\n"
"# tag: test\n"
"# os-id: Ubuntu\n"
"# os-version: \"22.04\"\n"
"# os-architecture: x86_64\n"
"# requirements:\n"
"#   ram: 256 MB\n"},
{"vnfd.json", 0644,
"{\n"
"  \"name\": \"" MARK "\",\n"
"  \"vendor\": \"example\",\n"
"  \"version\": \"1.0\",\n"
"  \"type\": \"" MARK "\",\n"
"  \"endpoint\": \"generic\",\n"
"  \"lifecycle_event\": [\n"
"    { \"event\": \"INSTANTIATE\", \"lifecycle_events\": [\"install.sh\"] },\n"
"    { \"event\": \"START\", \"lifecycle_events\": [\"start.sh\"] },\n"
"    { \"event\": \"STOP\", \"lifecycle_events\": [\"stop.sh\"] },\n"
"    { \"event\": \"TERMINATE\", \"lifecycle_events\": [\"stop.sh\"] }\n"
"  ],\n"
"  \"configurations\": {\n"
"    \"name\": \"" MARK "\",\n"
"    \"configurationParameters\": [\n"
"      { \"confKey\": \"GREETING\", \"value\": \"hello\", \"description\": \"in the environment of every script\" }\n"
"    ]\n"
"  },\n"
"  \"virtual_link\": [\n"
"    { \"name\": \"private\" }\n"
"  ],\n"
"  \"deployment_flavour\": [\n"
"    { \"flavour_key\": \"tiny\" }\n"
"  ],\n"
"  \"vdu\": [\n"
"    {\n"
"      \"vm_image\": [\"host\"],\n"
"      \"scale_in_out\": 1,\n"
"      \"vnfc\": [\n"
"        { \"connection_point\": [{ \"virtual_link_reference\": \"private\" }] }\n"
"      ]\n"
"    }\n"
"  ]\n"
"}\n"},
{"scripts/install.sh", 0755,
"#!/bin/bash\n"
"# INSTANTIATE: put the software in place. Runs once in each instance, as the first of its scripts.\n"
"#\n"
"# Which script runs when says vnfd.json (lifecycle_event). In the environment of every script:\n"
"#   $hostname                   the instance's name\n"
"#   $private                    its address on the network of that name; $private_floatingIp if it has one\n"
"#   $GREETING                   and all other configurationParameters of vnfd.json\n"
"# A script that does not exit with 0 ends the deployment; its last lines of output are part of the error that the\n"
"# user sees. What it prints is kept: baton logs HOST.\n"
"set -euo pipefail\n"
"\n"
"echo \"this is $hostname, $private on the network 'private'\"\n"
"# apt-get install -y ...\n"},
{"scripts/start.sh", 0755,
"#!/bin/bash\n"
"# START: run the service and return. It goes on in the background, in a session of its own.\n"
"set -euo pipefail\n"
"cd \"$(dirname \"$0\")\"\n"
"run=$PWD/run # beside the scripts: several instances may share a machine\n"
"mkdir -p \"$run\"\n"
"\n"
"# Put your own program here.\n"
"setsid bash -c 'while sleep 1; do echo \"$(date +%T) $GREETING from $hostname\"; done' \\\n"
"    </dev/null >\"$run/service.log\" 2>&1 &\n"
"echo $! >\"$run/service.pid\"\n"
"echo \"runs, pid $!\"\n"
"\n"
"# Keep something on the VNF's record, where users and other VNFs find it; the VNFD declares the key:\n"
"#   \"provides\": [\"url\"]\n"
"# echo \"##baton set url http://$private:8080/\"\n"},
{"scripts/stop.sh", 0755,
"#!/bin/bash\n"
"# STOP and TERMINATE: end the service. Nothing to do is fine.\n"
"set -euo pipefail\n"
"cd \"$(dirname \"$0\")\"\n"
"\n"
"pid=$(cat run/service.pid 2>/dev/null || true)\n"
"if [[ $pid ]] && kill -- \"-$pid\" 2>/dev/null; then\n"
"    echo \"stopped, it was pid $pid\"\n"
"else\n"
"    echo \"does not run\"\n"
"fi\n"
"rm -f run/service.pid\n"},
};
/* clang-format on */

static enum err_code write_file(const char *folder, const char *name, const struct file *f,
                                struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    sbuf_addf(&path, "%s/%s", folder, f->name);
    FILE *to = fopen(path.s, "wxe");
    if (!to)
        return err_set_errno(err, ERR_IO, errno, "write '%s'", path.s);
    for (const char *p = f->text, *mark; *p; p = mark) {
        mark = strstr(p, MARK);
        mark = mark ? mark : p + strlen(p);
        fwrite(p, 1, (size_t)(mark - p), to);
        if (*mark) {
            fputs(name, to);
            mark += strlen(MARK);
        }
    }
    bool is_good = fchmod(fileno(to), f->mode) == 0;
    if (fclose(to) != 0 || !is_good)
        return err_set_errno(err, ERR_IO, errno, "write '%s'", path.s);
    return ERR_OK;
}

/* It stands in JSON, YAML and shell as it is. */
static bool is_name(const char *name)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
    size_t n = strlen(name);
    return n > 0 && n <= 60 && name[0] != '-' && name[0] != '.' && strspn(name, good) == n;
}

enum err_code cli_package_skeleton(const char *folder, const char *name, struct err *err)
{
    AUTO(sbuf_release) struct sbuf scripts = SBUF_INIT;
    if (!is_name(name)) {
        err_set(err, ERR_INVALID, "'%s' is no good name of a package", name);
        return err_hint(err, "use letters, digits, '-' and '.'");
    }
    sbuf_addf(&scripts, "%s/scripts", folder);
    if (mkdir(folder, 0755) != 0 || mkdir(scripts.s, 0755) != 0)
        return err_set_errno(err, ERR_IO, errno, "make the folder '%s'", folder);
    enum err_code rc = ERR_OK;
    for (size_t i = 0; rc == ERR_OK && i < ARRAY_LEN(files); i++)
        rc = write_file(folder, name, &files[i], err);
    return rc;
}
