/* What a server is, and how it is: as its own scripts read it, and as the NFVO is answered. */
#include "vim-drivers/local/local.h"

#include "proto/codec/codec.h"

#include <string.h>

void loc_metadata(const struct loc_server *s, struct sbuf *out)
{
    char ip[IP4_TEXT];
    sbuf_adds(out, "{\"name\":");
    proto_quotes(out, s->name);
    sbuf_addf(out, ",\"id\":\"%s\",\"mode\":\"%s\",\"image\":", s->id, loc_mode_names[s->mode]);
    proto_quotes(out, s->image);
    sbuf_adds(out, ",\"flavour\":");
    proto_quotes(out, s->flavour.name);
    sbuf_addf(out, ",\"vcpus\":%lld,\"ram\":%lld,\"disk\":%lld,\"ips\":{",
              (long long)s->flavour.vcpus, (long long)s->flavour.ram, (long long)s->flavour.disk);
    for (unsigned i = 0; i < s->nic_n; i++) {
        bool is_again = false; /* a network that an earlier one has named */
        for (unsigned k = 0; k < i; k++)
            is_again |= strcmp(s->nics[k].name, s->nics[i].name) == 0;
        if (is_again)
            continue;
        sbuf_adds(out, i ? "," : "");
        proto_quotes(out, s->nics[i].name);
        const char *sep = ":[";
        for (unsigned k = i; k < s->nic_n; k++) {
            if (strcmp(s->nics[k].name, s->nics[i].name) != 0)
                continue;
            ip4_print(s->nics[k].ip, ip);
            sbuf_addf(out, "%s\"%s\"", sep, ip);
            sep = ",";
        }
        sbuf_addc(out, ']');
    }
    sbuf_adds(out, "}}\n");
}

const char *loc_server_status(const struct loc *l, const struct loc_server *s, const char **ret_why)
{
    *ret_why = s->fault[0] ? s->fault : NULL;
    if (s->phase == LOC_MAKING)
        return "BUILD";
    if (s->phase == LOC_REBUILDING)
        return "REBUILD";
    if (s->phase == LOC_FAILED)
        return "ERROR";
    if (strcmp(s->boot, l->boot) != 0)
        *ret_why = "stopped: this host was started again since";
    else if (!s->start || loc_process_start(s->pid) != s->start)
        *ret_why = "stopped: its first process has ended";
    else
        return "ACTIVE";
    return "ERROR";
}
