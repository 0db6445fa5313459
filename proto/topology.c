#include "proto/topology.h"

void topology_rights_release(struct topology_rights *r)
{
    sbuf_release(&r->configure);
    sbuf_release(&r->write);
    sbuf_release(&r->read);
    sbuf_release(&r->topic_write);
    sbuf_release(&r->topic_read);
}

/* Names from peers go into a regular expression: everything but letters, digits, - and _ is escaped. */
static void quoted(struct sbuf *out, const char *name)
{
    for (; *name; name++) {
        char c = *name;
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            sbuf_addc(out, '\\');
        sbuf_addc(out, c);
    }
}

void topology_rights_registration(struct topology_rights *r)
{
    sbuf_adds(&r->configure, "^amq\\.gen.*$");
    sbuf_adds(&r->write, "^(amq\\.gen.*|amq\\.default|" TOPOLOGY_EXCHANGE ")$");
    sbuf_adds(&r->read, "^(amq\\.gen.*|" TOPOLOGY_EXCHANGE ")$");
    sbuf_adds(&r->topic_write, "^nfvo\\.manager\\.handling$");
    sbuf_adds(&r->topic_read, "^amq\\.gen.*$");
}

static void common_rights(struct topology_rights *r, const char *queue, int wants_default_exchange)
{
    sbuf_adds(&r->configure, "^(amq\\.gen.*|");
    quoted(&r->configure, queue);
    sbuf_adds(&r->write, wants_default_exchange ? "^(amq\\.gen.*|amq\\.default|" TOPOLOGY_EXCHANGE "|"
                                                : "^(amq\\.gen.*|" TOPOLOGY_EXCHANGE "|");
    quoted(&r->write, queue);
    sbuf_adds(&r->read, "^(amq\\.gen.*|" TOPOLOGY_EXCHANGE "|");
    quoted(&r->read, queue);
    sbuf_adds(&r->topic_read, "^(amq\\.gen.*|");
    quoted(&r->topic_read, queue);
    sbuf_adds(&r->topic_write,
              "^(vnfm\\.nfvo\\.actions|vnfm\\.nfvo\\.actions\\.reply|nfvo\\.manager\\.handling|nfvo\\.repl.*|amq\\.gen.*)$");
}

static void close_all(struct topology_rights *r, const char *tail)
{
    sbuf_adds(&r->configure, tail);
    sbuf_adds(&r->write, tail);
    sbuf_adds(&r->read, tail);
    sbuf_adds(&r->topic_read, tail);
}

void topology_rights_vnfm(struct topology_rights *r, const char *queue, int wants_default_exchange)
{
    common_rights(r, queue, wants_default_exchange);
    close_all(r, ")$");
}

void topology_rights_plugin(struct topology_rights *r, const char *type, int wants_default_exchange)
{
    /* The Python SDK registers with the bare driver type: its queue is vim-drivers.<type>.<any name> (2.2, TRAP). */
    common_rights(r, type, wants_default_exchange);
    AUTO(sbuf_release) struct sbuf tail = SBUF_INIT;
    sbuf_adds(&tail, "|vim-drivers\\.");
    quoted(&tail, type);
    sbuf_adds(&tail, "\\.[A-Za-z0-9_.-]+)$");
    close_all(r, tail.s);
}
