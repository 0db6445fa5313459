/* /baton/targets: which instances Prometheus may scrape, in the form of its HTTP service discovery.
 * It sends no header of ours, so the project is a parameter: without it, all projects in which the
 * user has a role. */
#include <stdlib.h>
#include <string.h>

#include "common/base/text.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/api/context.h"
#include "nfvo/store/store_scrape.h"
#include "proto/records/manager.h"

enum { PATH_MAX_SIZE = 200 };

/* "9100", "9100/metrics": port and path. false: neither. */
static bool read_metrics(const char *text, long *ret_port, const char **ret_path)
{
    char *end = NULL;
    long port = strtol(text, &end, 10);
    if (end == text || text[0] < '0' || text[0] > '9' || port < 1 || port > 65535 ||
        (*end != '\0' && *end != '/') || strlen(end) >= PATH_MAX_SIZE)
        return false;
    *ret_port = port;
    *ret_path = end;
    return true;
}

static void add_label(struct sbuf *out, const char *before, const char *name, const char *value)
{
    sbuf_addf(out, "%s\"%s\":", before, name);
    text_add_json(out, value);
}

static void add_target(struct sbuf *out, const struct store_scrape *t, long port, const char *path)
{
    AUTO(sbuf_release) struct sbuf at = SBUF_INIT;
    bool is_v6 = strchr(t->address, ':') != NULL;
    sbuf_addf(&at, "%s%s%s:%ld", is_v6 ? "[" : "", t->address, is_v6 ? "]" : "", port);
    sbuf_adds(out, out->len > 1 ? ",{\"targets\":[" : "{\"targets\":[");
    text_add_json(out, at.s);
    sbuf_adds(out, "],\"labels\":{");
    add_label(out, "", "nsr", t->nsr_name);
    add_label(out, ",", "nsr_id", t->nsr);
    add_label(out, ",", "vnfr", t->vnfr_name);
    add_label(out, ",", "vnfr_id", t->vnfr);
    add_label(out, ",", "vnfc", t->host);
    add_label(out, ",", "vdu", t->vdu);
    add_label(out, ",", "pop", t->pop);
    add_label(out, ",", "project", t->project);
    if (*path)
        add_label(out, ",", "__metrics_path__", path);
    sbuf_adds(out, "}}");
}

static enum err_code targets(struct call *c, struct err *err)
{
    AUTO(db_array_release) struct db_array names = DB_TEXT_ARRAY;
    const char *project = http_request_query(c->req, "project");
    const char *port_text = http_request_query(c->req, "port");
    const char *path = "", *none = "";
    long port = 0, default_port = 0;
    struct store_scrape *found = NULL;
    size_t n = 0;
    if (port_text && (!read_metrics(port_text, &default_port, &none) || *none)) {
        err_set(err, ERR_INVALID, "port '%.40s' is not a number from 1 to 65535", port_text);
        return err_hint(err, "port=9100");
    }
    if (!project && c->project && strcmp(c->project, "*") != 0)
        project = c->project;
    const struct user *user = session_user(c->session);
    for (uint32_t i = 0; i < user->roles.n; i++)
        if (user->roles.at[i]->project)
            db_array_text(&names, user->roles.at[i]->project);
    enum err_code rc =
        store_scrape_list(call_db(c), project, session_is_everywhere(c->session) ? NULL : &names,
                          default_port > 0, &c->arena, &found, &n, err);
    if (rc != ERR_OK)
        return rc;
    sbuf_addc(&c->out, '[');
    for (size_t i = 0; i < n; i++) {
        port = default_port;
        path = "";
        /* What a descriptor says wrongly is as if it said nothing. */
        if (read_metrics(found[i].metrics, &port, &path) || port > 0)
            add_target(&c->out, &found[i], port, path);
    }
    sbuf_addc(&c->out, ']');
    return ERR_OK;
}

/* clang-format off */
const struct endpoint target_endpoints[] = {
    {"GET", "/api/v1/baton/targets", targets, 200, API_ANY_PROJECT, "Instances to scrape, for http_sd_configs of Prometheus: those whose VDU or VNFD says metadata baton.metrics = PORT[/PATH]; project=NAME, port=N (of all others, too)"},
    {0},
};
/* clang-format on */
