/* What a project has to know of the host it is on: with whom it shares what, and what is not
 * bounded here. */
#include "vim-drivers/local/local.h"

#include "common/base/sbuf.h"
#include "common/log/log.h"

#include <string.h>

static bool is_another(const char *project, const char *other)
{
    return strcmp(other, LOC_OF_BEFORE) != 0 && strcmp(other, project) != 0;
}

/* How many others have servers here. What was made before there were projects is not told apart. */
static unsigned others(const struct loc *l, const char *project)
{
    unsigned n = 0;
    for (const struct loc_server *s = l->servers; s; s = s->next) {
        const struct loc_server *o = l->servers;
        while (o != s && strcmp(o->project, s->project) != 0)
            o = o->next;
        n += o == s && is_another(project, s->project);
    }
    return n;
}

static void add_networks(const struct loc *l, const char *project, struct sbuf *out)
{
    const char *sep = ", networks ";
    for (const struct loc_network *n = l->networks; n && out->len < 300; n = n->next)
        if ((strcmp(n->project, LOC_SHARED) == 0 || strcmp(n->project, LOC_OF_BEFORE) == 0) &&
            loc_network_is_listed(l, n, project)) {
            sbuf_addf(out, "%s'%s'", sep, n->name);
            sep = " ";
        }
}

void loc_sharing_warn(const struct loc *l, const char *project, struct sbuf *out)
{
    unsigned n = others(l, project);
    if (n == 0)
        return;
    sbuf_addf(out, "its servers are on one host with those of %u other project%s: ", n,
              n == 1 ? "" : "s");
    if (l->mode == LOC_PLAIN) {
        sbuf_adds(out, "processes of one account, not isolated from each other; all is shared");
        return;
    }
    sbuf_adds(out, "kernel, /usr of image 'host', processor, rates of disk and network");
    if (!l->has_disk)
        sbuf_adds(out, ", space on disk");
    if (l->o->relay.n)
        sbuf_adds(out, ", relayed ports");
    add_networks(l, project, out);
    sbuf_adds(out, " are shared");
}

void loc_sharing_note(const struct loc *l, struct sbuf *out)
{
    if (l->mode == LOC_PLAIN)
        sbuf_adds(out, "mode plain: servers are processes of the host, not isolated; memory and "
                       "file sizes are bounded per process, processes, processor and disk are not");
    else if (!l->has_cgroups)
        sbuf_adds(out, "no control groups: memory is bounded per process, processes and processor "
                       "are not");
    if (l->mode == LOC_RUNC && !l->has_disk)
        sbuf_addf(out, "%sdisks are not bounded, only single files are: %s", out->len ? "; " : "",
                  l->no_disk);
}

void loc_sharing_log(const struct loc *l, const struct loc_server *s)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    loc_sharing_warn(l, s->project, &text);
    if (text.len)
        log_warn(LOG_DRIVER, "shared_host", KV_S("project", s->project), KV_S("server", s->id),
                 KV_S("text", text.s));
}
