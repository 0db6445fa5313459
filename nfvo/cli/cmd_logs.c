/* baton logs: what the scripts of an instance said. The VNFM is asked through the server:
 * POST /logs/{nsr}/vnfrecord/{vnfr}/hostname/{hostname}, answered with an array of lines. */
#include "common/base/mem.h"
#include "common/http/http.h"
#include "nfvo/cli/commands.h"
#include "nfvo/cli/explain.h"
#include "nfvo/cli/interrupt.h"
#include "nfvo/cli/logs.h"

#include <stdlib.h>
#include <string.h>

#define POLL_MS 1000

struct source {
    char *vnfr, *host;
    json_t *lines; /* as last seen; NULL: never */
    char *complaint;
    bool is_gone;
};

struct reader {
    struct cli *c;
    const char *wanted, *host; /* as asked for; host NULL: all */
    char nsr[64];
    struct source *at;
    size_t n;
    long last; /* --lines; -1: all */
};

static void release(struct reader *r)
{
    for (size_t i = 0; i < r->n; i++) {
        free(r->at[i].vnfr);
        free(r->at[i].host);
        free(r->at[i].complaint);
        json_decref(r->at[i].lines);
    }
    free(r->at);
}

static void add_source(struct reader *r, const char *vnfr, const char *host)
{
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->at[i].host, host) == 0)
            return;
    r->at = xrealloc(r->at, (r->n + 1) * sizeof(r->at[0]));
    r->at[r->n++] = (struct source){.vnfr = xstrdup(vnfr), .host = xstrdup(host)};
}

/* Which instances are meant: of the NSR, of the VNFR, or that one. */
static void add_sources(struct reader *r, const json_t *all, const json_t *hit)
{
    size_t i, k;
    const json_t *vnfr, *instance;
    const char *kind = cli_json_str(hit, "kind"), *id = cli_json_str(hit, "id");
    json_array_foreach(json_object_get(all, "vnfrs"), i, vnfr)
    {
        if (strcmp(kind, "vnfr") == 0 && strcmp(cli_json_str(vnfr, "id"), id) != 0)
            continue;
        json_array_foreach(json_object_get(vnfr, "instances"), k, instance)
        {
            const char *host = cli_json_str(instance, "hostname");
            if (strcmp(kind, "instance") == 0 && strcmp(cli_json_str(instance, "id"), id) != 0)
                continue;
            if (!r->host || strcmp(host, r->host) == 0)
                add_source(r, cli_json_str(vnfr, "name"), host);
        }
    }
}

static bool is_gone(const json_t *hit)
{
    return strcmp(cli_json_str(hit, "kind"), "gone") == 0;
}

/* Of a service that was released: what was kept, of all its hosts or of the one that was named. */
static void add_kept(struct reader *r, const json_t *all)
{
    size_t i;
    const json_t *host, *logs = json_object_get(all, "logs");
    bool is_host = false;
    json_array_foreach(logs, i, host) is_host |= strcmp(cli_json_str(host, "host"), r->wanted) == 0;
    const char *only = r->host ? r->host : is_host ? r->wanted : NULL;
    json_array_foreach(logs, i, host)
    {
        if (!only || strcmp(cli_json_str(host, "host"), only) == 0)
            add_source(r, cli_json_str(host, "vnfr"), cli_json_str(host, "host"));
    }
}

static bool has_instances(const json_t *hit)
{
    const char *kind = cli_json_str(hit, "kind");
    return is_gone(hit) || strcmp(kind, "nsr") == 0 || strcmp(kind, "vnfr") == 0 ||
           strcmp(kind, "instance") == 0;
}

/* What was meant: the only one that has instances, or the widest of several of one service (a VNF
 * may be called as its service is). */
static const json_t *only_hit(const json_t *hits, int *ret_n)
{
    size_t i;
    const json_t *hit, *found = NULL;
    *ret_n = 0;
    json_array_foreach(hits, i, hit)
    {
        if (!has_instances(hit))
            continue;
        if (found && strcmp(cli_json_str(found, "nsr"), cli_json_str(hit, "nsr")) == 0) {
            if (strcmp(cli_json_str(hit, "kind"), "nsr") == 0)
                found = hit;
            continue;
        }
        found = hit;
        ++*ret_n;
    }
    return found;
}

static int find_sources(struct reader *r)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    int n;
    if (cli_ask_explain(r->c, *r->nsr ? r->nsr : r->wanted, "limit=0", &a) != CLI_OK)
        return cli_report(r->c, &a, "look for '%s'", r->wanted);
    const json_t *hits = json_object_get(a.json, "hits"), *hit = only_hit(hits, &n);
    if (n > 1 || (n == 1 && json_array_size(hits) > 1)) {
        AUTO(sbuf_release) struct sbuf again = SBUF_INIT;
        if (n > 1)
            return cli_tell_hits(r->c, "logs", hits, r->wanted);
        sbuf_addf(&again, "%s/%s", cli_json_str(hit, "kind"), cli_json_str(hit, "id"));
        if (cli_ask_explain(r->c, again.s, "limit=0", &a) != CLI_OK)
            return cli_report(r->c, &a, "look for '%s'", r->wanted);
        hit = only_hit(json_object_get(a.json, "hits"), &n);
    }
    if (n == 0) {
        struct err err = ERR_INIT;
        err_hint(&err, "baton nsr list");
        return cli_fail(r->c, CLI_NOT_FOUND, &err, "'%s' is no network service, VNF or host",
                        r->wanted);
    }
    snprintf(r->nsr, sizeof(r->nsr), "%s", cli_json_str(hit, "nsr"));
    if (is_gone(hit))
        add_kept(r, a.json);
    else
        add_sources(r, a.json, hit);
    return CLI_OK;
}

/* --- printing --------------------------------------------------------------------------------- */

struct printer {
    struct reader *r;
    const struct source *s;
    int width; /* of the hostnames; 0: there is only one */
};

#define PUBLISHED       "##baton set "
#define PUBLISHED_SHOWN 120

/* A value that a script published may be long, and is on the record. */
static size_t shown_of(const char *text)
{
    size_t n = strlen(text), cut = PUBLISHED_SHOWN;
    if (strncmp(text, PUBLISHED, sizeof(PUBLISHED) - 1) != 0 || n <= PUBLISHED_SHOWN + 40)
        return n;
    while (cut > 0 && ((unsigned char)text[cut] & 0xc0) == 0x80) /* not inside of a character */
        cut--;
    return cut;
}

static void print_line(void *arg, const char *text)
{
    const struct printer *p = arg;
    struct cli *c = p->r->c;
    if (c->output == CLI_JSON) {
        json_t *line = json_pack("{ss ss}", "hostname", p->s->host, "line", text);
        json_dumpf(line, c->out, JSON_COMPACT);
        json_decref(line);
        fputc('\n', c->out);
        return;
    }
    if (p->width)
        fprintf(c->out, "%-*s  ", p->width, p->s->host);
    size_t n = shown_of(text);
    for (size_t i = 0; i < n; i++)
        fputc(text[i] == '\r' ? ' ' : text[i], c->out);
    if (text[n])
        fprintf(c->out, "... (%zu bytes; -o json shows them)", strlen(text));
    fputc('\n', c->out);
}

static int width_of(const struct reader *r)
{
    size_t width = 0;
    for (size_t i = 0; r->n > 1 && i < r->n; i++)
        if (strlen(r->at[i].host) > width)
            width = strlen(r->at[i].host);
    return (int)width;
}

static json_t *last_of(const json_t *lines, long last)
{
    size_t n = json_array_size(lines), i = last >= 0 && n > (size_t)last ? n - (size_t)last : 0;
    json_t *ret = json_array();
    for (; i < n; i++)
        json_array_append(ret, json_array_get(lines, i));
    return ret;
}

static int print_once(struct reader *r)
{
    int exit = CLI_OK, width = width_of(r);
    json_t *all = json_object();
    for (size_t i = 0; i < r->n; i++) {
        AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
        struct printer p = {r, &r->at[i], width};
        if (cli_ask_logs(r->c, &(struct cli_host){r->nsr, r->at[i].vnfr, r->at[i].host}, r->last, 0,
                         &a) != CLI_OK) {
            exit = cli_report(r->c, &a, "read the logs of '%s'", r->at[i].host);
            continue;
        }
        json_t *lines = last_of(a.json, r->last);
        if (r->c->output == CLI_JSON)
            json_object_set(all, r->at[i].host, lines);
        else if (json_array_size(lines) == 0)
            fprintf(r->c->errors, "%s: no script has said anything yet\n", r->at[i].host);
        else
            cli_logs_diff(NULL, lines, print_line, &p);
        json_decref(lines);
    }
    if (r->c->output == CLI_JSON) {
        char *text = json_dumps(all, JSON_COMPACT);
        cli_print_json(r->c, all, text);
        free(text);
    }
    json_decref(all);
    return exit;
}

/* --- following -------------------------------------------------------------------------------- */

/* Said once, until it changes: the VNFM may be away for a while. */
static void complain(struct reader *r, struct source *s, const struct cli_answer *a)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    const char *message = cli_json_str(a->json, "message");
    sbuf_adds(&text, *message ? message : a->err.msg);
    if (s->complaint && strcmp(s->complaint, text.s) == 0)
        return;
    fprintf(r->c->errors, "%s: %s; asking again\n", s->host, text.s);
    free(s->complaint);
    s->complaint = xstrdup(text.s);
}

static void follow_one(struct reader *r, struct source *s)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    struct printer p = {r, s, width_of(r)};
    if (cli_ask_logs(r->c, &(struct cli_host){r->nsr, s->vnfr, s->host}, -1, 0, &a) != CLI_OK) {
        if (a.exit == CLI_NOT_FOUND)
            s->is_gone = true;
        else
            complain(r, s, &a);
        return;
    }
    free(s->complaint);
    s->complaint = NULL;
    if (!s->lines) {
        json_t *lines = last_of(a.json, r->last);
        cli_logs_diff(NULL, lines, print_line, &p);
        json_decref(lines);
    } else {
        cli_logs_diff(s->lines, a.json, print_line, &p);
    }
    json_decref(s->lines);
    s->lines = json_incref(a.json);
}

/* Is the network service still there? Servers that appeared are added. */
static bool look_again(struct reader *r)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    if (cli_ask_explain(r->c, r->wanted, "limit=0", &a) != CLI_OK)
        return a.exit != CLI_NOT_FOUND;
    int n;
    const json_t *hit = only_hit(json_object_get(a.json, "hits"), &n);
    if (n == 1 && !is_gone(hit))
        add_sources(r, a.json, hit);
    return n > 1 || (n == 1 && !is_gone(hit));
}

static int follow(struct reader *r)
{
    cli_interrupt_fd();
    for (int round = 0;; round++) {
        size_t left = 0;
        for (size_t i = 0; i < r->n; i++) {
            if (!r->at[i].is_gone)
                follow_one(r, &r->at[i]);
            left += !r->at[i].is_gone;
        }
        fflush(r->c->out);
        if (cli_interrupted(POLL_MS))
            return CLI_OK;
        if ((left == 0 || round % 5 == 4) && !look_again(r)) {
            fprintf(r->c->errors, "'%s' is gone\n", r->wanted);
            return CLI_OK;
        }
    }
}

int cli_cmd_logs(struct cli *c)
{
    struct reader r = {
        .c = c, .wanted = c->args[0], .host = c->arg_n > 1 ? c->args[1] : NULL, .last = -1};
    int exit = cli_lines(c, &r.last);
    if (exit == CLI_OK)
        exit = find_sources(&r);
    if (exit == CLI_OK && r.n == 0 && !c->option[CLI_OPT_FOLLOW])
        exit = r.host ? cli_fail(c, CLI_NOT_FOUND, NULL, "'%s' has no host '%s'", r.wanted, r.host)
                      : cli_fail(c, CLI_NOT_FOUND, NULL,
                                 "'%s' has no servers, or was released and no logs were kept",
                                 r.wanted);
    else if (exit == CLI_OK)
        exit = c->option[CLI_OPT_FOLLOW] ? follow(&r) : print_once(&r);
    release(&r);
    return exit;
}
