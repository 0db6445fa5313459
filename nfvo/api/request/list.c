#include "nfvo/api/request/list.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/audit/audit.h"
#include "nfvo/lifecycle/types.h"
#include "proto/records/manager.h"

enum {
    LIMIT_MAX = 1000,
    ROWS_FIRST = 100,
    ROWS_FIRST_PACKAGE = 4, /* with their scripts */
    ROWS_MAX = 1000,
    PIECE_BYTES = 256 * 1024,      /* about; the number of rows follows from the last piece */
    PAGE_BYTES = 32 * 1024 * 1024, /* a page of larger elements holds fewer than its limit */
};

/* Lives on while the answer is sent: owns all it uses. */
struct list {
    struct api *api;
    struct arena arena;
    struct store_list_query q;
    struct store_cursor at;
    struct sbuf first;  /* what was read to see whether that is all */
    size_t rows, limit; /* limit 0: none */
    bool is_begun;
};

static void list_free(void *arg)
{
    struct list *l = arg;
    store_cursor_release(&l->at);
    sbuf_release(&l->first);
    arena_release(&l->arena);
    free(l);
}

/* --- parameters ------------------------------------------------------------------------------- */

static enum err_code refuse(struct err *err, const char *name, const char *what, const char *value)
{
    err_set(err, ERR_INVALID, "%s, found '%.100s'", what, value);
    return err_where(err, "%s", name);
}

static enum err_code take_limit(struct list *l, const char *value, struct err *err)
{
    char *end;
    unsigned long n = isdigit((unsigned char)value[0]) ? strtoul(value, &end, 10) : 0;
    if (n < 1 || n > LIMIT_MAX || *end)
        return refuse(err, "limit",
                      "the limit is a number from 1 to 1000 (without it all is answered)", value);
    l->limit = n;
    return ERR_OK;
}

static enum err_code take_sort(struct list *l, const char *value, struct err *err)
{
    const char *word = value + (*value == '-');
    bool has_time = store_list_has_time(l->q.kind);
    l->q.is_descending = *value == '-';
    l->q.by_name = strcmp(word, "name") == 0;
    if (l->q.by_name || (has_time && strcmp(word, "created") == 0))
        return ERR_OK;
    return refuse(err, "sort",
                  has_time ? "the order is 'created' or 'name', '-' in front of it: backwards"
                           : "the order is 'name', or '-name' for backwards",
                  value);
}

static enum err_code take_slim(struct list *l, const char *value, struct err *err)
{
    l->q.is_slim = !*value || strcmp(value, "true") == 0 || strcmp(value, "1") == 0;
    if (l->q.is_slim || strcmp(value, "false") == 0 || strcmp(value, "0") == 0)
        return ERR_OK;
    return refuse(err, "slim", "'true' or 'false' is expected", value);
}

/* A word that no service can have would answer with an empty list, and say nothing of the mistake.
 */
static enum err_code check_word(const char *const *words, const char *what, const char *name,
                                const char *value, struct err *err)
{
    AUTO(sbuf_release) struct sbuf known = SBUF_INIT;
    for (size_t i = 0; words[i]; i++) {
        if (strcmp(words[i], value) == 0)
            return ERR_OK;
        if (i == 0 || strcmp(words[i], words[i - 1]) != 0) /* one word for several phases */
            sbuf_addf(&known, "%s%s", known.len ? ", " : "", words[i]);
    }
    err_set(err, ERR_INVALID, "no %s can have the %s '%.40s'", what, name, value);
    err_hint(err, "there are %s", known.s);
    return err_where(err, "%s", name);
}

enum err_code list_time(const char *name, const char *value, int64_t *ret_us, struct err *err)
{
    static const char units[] = "smhd";
    static const int64_t seconds[] = {1, 60, 3600, 86400};
    struct tm tm = {0};
    char *end;
    long long n = isdigit((unsigned char)value[0]) ? strtoll(value, &end, 10) : -1;
    const char *unit = n >= 0 && *end && !end[1] ? strchr(units, *end) : NULL;
    int64_t at_us = -1;
    if (unit && n < 1000000)
        at_us = clock_wall_us() - n * seconds[unit - units] * USEC_PER_SEC;
    else if (((end = strptime(value, "%Y-%m-%dT%H:%M:%S", &tm)) ||
              (end = strptime(value, "%Y-%m-%d", &tm))) &&
             (!*end || strcmp(end, "Z") == 0))
        at_us = (int64_t)timegm(&tm) * USEC_PER_SEC;
    if (at_us < 0)
        return refuse(err, name,
                      "a time is '15m', '2h' or '7d' ago, '2026-11-30' or '2026-11-30T12:00:00Z'",
                      value);
    *ret_us = at_us;
    return ERR_OK;
}

static enum err_code take_time(struct list *l, size_t i, const char *name, const char *value,
                               struct err *err)
{
    int64_t at_us;
    char text[24];
    if (list_time(name, value, &at_us, err) != ERR_OK)
        return err->code;
    snprintf(text, sizeof(text), "%" PRId64, at_us);
    l->q.filters[i] = arena_strdup(&l->arena, text);
    return ERR_OK;
}

/* Of these, 'web*' is a beginning. Another '*' would answer with an empty list, and say nothing of
 * the mistake. */
static bool takes_beginning(const char *filter)
{
    static const char *const filters[] = {"name", "who", "from", "what", "object"};
    for (size_t i = 0; i < ARRAY_LEN(filters); i++)
        if (strcmp(filters[i], filter) == 0)
            return true;
    return false;
}

static const char *const *status_words(struct arena *a)
{
    const char **words = arena_alloc(a, (VNFR_PHASE_N + 1) * sizeof(words[0]));
    for (int i = 0; i < VNFR_PHASE_N; i++)
        words[i] = vnfr_status_of(i);
    words[VNFR_PHASE_N] = NULL;
    return words;
}

static enum err_code check_filter(struct list *l, size_t i, const char *name, const char *value,
                                  struct err *err)
{
    const char *star = takes_beginning(name) ? strchr(value, '*') : NULL;
    if (star && star[1])
        return refuse(err, name, "'*' stands for any text at the end only, as in 'web*'", value);
    if (l->q.kind == STORE_LIST_NSR && strcmp(name, "status") == 0)
        return check_word(status_words(&l->arena), "service", name, value, err);
    if (l->q.kind != STORE_LIST_AUDIT)
        return ERR_OK;
    if (strcmp(name, "since") == 0 || strcmp(name, "until") == 0)
        return take_time(l, i, name, value, err);
    if (strcmp(name, "kind") == 0)
        return check_word(audit_kind_names, "record", name, value, err);
    if (strcmp(name, "outcome") == 0)
        return check_word(audit_outcome_names, "record", name, value, err);
    return ERR_OK;
}

/* *ret_is_one: it is a filter of this list. */
static enum err_code take_filter(struct list *l, const char *name, const char *value,
                                 bool *ret_is_one, struct err *err)
{
    *ret_is_one = true;
    for (size_t i = 0; store_list_filter(l->q.kind, i); i++)
        if (strcmp(store_list_filter(l->q.kind, i), name) == 0) {
            l->q.filters[i] = arena_strdup(&l->arena, value);
            return check_filter(l, i, name, value, err);
        }
    *ret_is_one = false;
    return ERR_OK;
}

static enum err_code unknown(const struct list *l, const char *name, struct err *err)
{
    AUTO(sbuf_release) struct sbuf known = SBUF_INIT;
    sbuf_adds(&known, "there are limit, after, sort, slim");
    for (size_t i = 0; store_list_filter(l->q.kind, i); i++)
        sbuf_addf(&known, ", %s", store_list_filter(l->q.kind, i));
    err_set(err, ERR_INVALID, "this list has no parameter '%.60s'", name);
    err_hint(err, "%s", known.s);
    return err_where(err, "%.60s", name);
}

/* "key~id" as in the link, or the id of an element. */
static enum err_code take_after(struct call *c, struct list *l, const char *value, struct err *err)
{
    const char *tilde = strrchr(value, '~');
    if (!tilde) {
        enum err_code rc = store_list_seek(call_db(c), &l->q, value, &l->at, err);
        if (rc != ERR_NOT_FOUND)
            return rc;
        refuse(err, "after", "the id of an element, or the 'after' of a link, is expected", value);
        return err_hint(err,
                        "was it deleted? Go on with the link of the last answer, or begin anew");
    }
    sbuf_add(&l->at.key, value, (size_t)(tilde - value));
    sbuf_adds(&l->at.id, tilde + 1);
    bool by_time = !l->q.by_name && store_list_has_time(l->q.kind);
    size_t digits = strspn(l->at.key.s, "0123456789");
    if (l->at.id.len > 0 && (!by_time || (digits == l->at.key.len && digits > 0 && digits < 19)))
        return ERR_OK;
    return refuse(err, "after", "this is no 'after' of a link of this list in this order", value);
}

/* Which of two counts we may read one way, and what stands in front of us another. */
static bool is_second(struct call *c, size_t i, const char *name)
{
    const char *other, *value;
    for (size_t k = 0; k < i && (other = http_request_query_at(c->req, k, &value)); k++)
        if (strcmp(other, name) == 0)
            return true;
    return false;
}

static enum err_code take_parameters(struct call *c, struct list *l, struct err *err)
{
    const char *name, *value, *after = NULL;
    enum err_code rc = ERR_OK;
    for (size_t i = 0; rc == ERR_OK && (name = http_request_query_at(c->req, i, &value)); i++) {
        if (is_second(c, i, name))
            rc = refuse(err, name, "this parameter is given twice", value);
        else if (strcmp(name, "limit") == 0)
            rc = take_limit(l, value, err);
        else if (strcmp(name, "sort") == 0)
            rc = take_sort(l, value, err);
        else if (strcmp(name, "slim") == 0)
            rc = take_slim(l, value, err);
        else if (strcmp(name, "after") == 0)
            after = value;
        else {
            bool is_one;
            rc = take_filter(l, name, value, &is_one, err);
            if (!is_one && strcmp(name, "_") != 0) /* "_": against caches */
                rc = unknown(l, name, err);
        }
    }
    return rc == ERR_OK && after && *after ? take_after(c, l, after, err) : rc;
}

/* --- words ------------------------------------------------------------------------------------ */

/* Names of the projects where the user has a role; NULL: all. */
static const char *const *visible_projects(const struct session *s, struct arena *a)
{
    const struct user *u = session_user(s);
    const char **names = arena_alloc(a, (u->roles.n + 1) * sizeof(names[0]));
    size_t n = 0;
    if (session_is_everywhere(s) || session_role(s, "*"))
        return NULL;
    for (uint32_t i = 0; i < u->roles.n; i++)
        if (u->roles.at[i]->project)
            names[n++] = arena_strdup(a, u->roles.at[i]->project);
    names[n] = NULL;
    return names;
}

/* Who is no administrator sees themselves; a service nobody: it is none of them. */
static const char *const *own_name(const struct session *s, struct arena *a)
{
    const char **names = arena_alloc(a, 2 * sizeof(names[0]));
    names[0] = session_is_service(s) ? "" : arena_strdup(a, session_user(s)->username);
    names[1] = NULL;
    return names;
}

static struct list *list_new(struct call *c)
{
    static const char *const all_projects[] = {"*", NULL};
    struct list *l = xcalloc(1, sizeof(*l));
    l->api = c->api;
    l->at = (struct store_cursor)STORE_CURSOR_INIT;
    l->first = (struct sbuf)SBUF_INIT;
    l->q.kind = (enum store_list)LIST_OF(c->endpoint->flags);
    l->q.project = arena_strdup(&l->arena, c->project ? c->project : "*");
    l->q.seal = store_seal(c->api->store);
    l->q.is_descending = l->q.kind == STORE_LIST_AUDIT; /* the newest first */
    l->q.is_open = session_is_service(c->session);
    if (l->q.kind == STORE_LIST_USER && !session_is_admin(c->session))
        l->q.words = own_name(c->session, &l->arena);
    if (l->q.kind == STORE_LIST_PROJECT)
        l->q.words = visible_projects(c->session, &l->arena);
    if (l->q.kind == STORE_LIST_EVENT && session_is_everywhere(c->session))
        l->q.words = all_projects;
    if (l->q.kind == STORE_LIST_SESSION && !session_is_admin(c->session)) {
        const char **own = arena_alloc(&l->arena, 2 * sizeof(own[0]));
        own[0] = arena_strdup(&l->arena, session_user(c->session)->id);
        own[1] = NULL;
        l->q.words = own;
    }
    return l;
}

/* --- pieces ----------------------------------------------------------------------------------- */

static enum err_code read_piece(struct list *l, struct db *db, size_t max, struct sbuf *out,
                                struct err *err)
{
    size_t before = out->len, n = l->at.n, rows = l->rows < max ? l->rows : max;
    enum err_code rc = store_list_read(db, &l->q, &l->at, rows, out, err);
    size_t bytes = out->len - before, got = l->at.n - n;
    if (rc == ERR_OK && got > 0 && bytes > 0) {
        l->rows = got * PIECE_BYTES / bytes;
        l->rows = l->rows < 1 ? 1 : l->rows > ROWS_MAX ? ROWS_MAX : l->rows;
    }
    return rc;
}

static enum http_piece next_piece(void *arg, struct sbuf *out)
{
    struct list *l = arg;
    struct err err = ERR_INIT;
    if (!l->is_begun) {
        l->is_begun = true;
        sbuf_add(out, l->first.s, l->first.len);
        sbuf_release(&l->first);
        return HTTP_PIECE_MORE;
    }
    struct db *db = store_borrow(l->api->store);
    enum err_code rc = read_piece(l, db, ROWS_MAX, out, &err);
    store_return(l->api->store, db);
    if (rc != ERR_OK) {
        log_error(LOG_API, "list_broken", KV_I("elements", (int64_t)l->at.n), KV_ERR(&err));
        return HTTP_PIECE_BROKEN;
    }
    if (l->at.has_more)
        return HTTP_PIECE_MORE;
    sbuf_addc(out, ']');
    return HTTP_PIECE_LAST;
}

void list_link_next(struct call *c, const char *after)
{
    const char *name, *value;
    sbuf_addf(&c->link, "<%s?", c->req->path);
    for (size_t i = 0; (name = http_request_query_at(c->req, i, &value)); i++)
        if (strcmp(name, "after") != 0) {
            http_percent_encode(&c->link, name);
            sbuf_addc(&c->link, '=');
            http_percent_encode(&c->link, value);
            sbuf_addc(&c->link, '&');
        }
    sbuf_adds(&c->link, "after=");
    http_percent_encode(&c->link, after);
    sbuf_adds(&c->link, ">; rel=\"next\"");
}

static enum err_code page(struct call *c, struct list *l, struct err *err)
{
    enum err_code rc;
    do
        rc = read_piece(l, call_db(c), l->limit - l->at.n, &c->out, err);
    while (rc == ERR_OK && l->at.has_more && l->at.n < l->limit && c->out.len < PAGE_BYTES);
    sbuf_addc(&c->out, ']');
    if (rc == ERR_OK && l->at.has_more)
        list_link_next(c, arena_printf(&c->arena, "%s~%s", l->at.key.s, l->at.id.s));
    list_free(l);
    return rc;
}

/* A list that is short is answered at once, with its length and an ETag. */
static enum err_code whole(struct call *c, struct list *l, struct err *err)
{
    enum err_code rc = read_piece(l, call_db(c), ROWS_MAX, &c->out, err);
    if (rc != ERR_OK || !l->at.has_more) {
        sbuf_addc(&c->out, ']');
        list_free(l);
        return rc;
    }
    l->first = c->out;
    c->out = (struct sbuf)SBUF_INIT;
    c->next_piece = next_piece;
    c->free_pieces = list_free;
    c->pieces = l;
    return ERR_OK;
}

enum err_code list_answer(struct call *c, struct err *err)
{
    struct list *l = list_new(c);
    l->rows = l->q.kind == STORE_LIST_PACKAGE ? ROWS_FIRST_PACKAGE : ROWS_FIRST;
    enum err_code rc = take_parameters(c, l, err);
    if (rc != ERR_OK) {
        list_free(l);
        return rc;
    }
    sbuf_addc(&c->out, '[');
    return l->limit ? page(c, l, err) : whole(c, l, err);
}

/* --- the OpenAPI document --------------------------------------------------------------------- */

static void parameter(struct sbuf *out, const char *name, const char *schema, const char *text)
{
    sbuf_addf(out, ",{\"name\":\"%s\",\"in\":\"query\",\"schema\":{%s},\"description\":", name,
              schema);
    text_add_json(out, text);
    sbuf_addc(out, '}');
}

void list_parameters(struct sbuf *out, enum store_list kind)
{
    parameter(out, "limit", "\"type\":\"integer\",\"minimum\":1,\"maximum\":1000",
              "at most so many elements; the header Link (rel=\"next\") says how to go on. Without "
              "it all are answered");
    parameter(out, "after", "\"type\":\"string\"",
              "go on behind this element: its id, or the value in the link");
    parameter(out, "sort",
              store_list_has_time(kind)
                  ? "\"type\":\"string\",\"enum\":[\"created\",\"-created\",\"name\",\"-name\"],"
                    "\"default\":\"created\""
                  : "\"type\":\"string\",\"enum\":[\"name\",\"-name\"],\"default\":\"name\"",
              "the order; '-' in front: backwards");
    if (store_list_has_slim(kind))
        parameter(out, "slim", "\"type\":\"boolean\"",
                  "only what a table shows, without the documents inside");
    for (size_t i = 0; store_list_filter(kind, i); i++) {
        const char *filter = store_list_filter(kind, i);
        bool is_name = strcmp(filter, "name") == 0;
        parameter(out, filter, "\"type\":\"string\"",
                  is_name ? "only those of this name; 'web*': whose name begins with 'web'"
                  : takes_beginning(filter)
                      ? "only those with this value; 'x*': those whose value begins with 'x'"
                      : "only those with this value");
    }
}
