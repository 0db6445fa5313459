#include "common/fsm/domain.h"

#include <string.h>

#define ADD(list, element, a)                                                                      \
    do {                                                                                           \
        (list)->at = arena_grow_array((a), (list)->at, (list)->n, sizeof((list)->at[0]));          \
        (list)->at[(list)->n++] = (element);                                                       \
    } while (0)

int words_find(const struct words *w, const char *word)
{
    for (int i = 0; i < w->n; i++)
        if (w->at[i] && strcmp(w->at[i], word) == 0)
            return i;
    return -1;
}

const char *decision_new_id(struct decision *d)
{
    char *id = arena_alloc(d->arena, ID_SIZE);
    d->ids->make(d->ids->ctx, id);
    return id;
}

void decision_unreadable(struct decision *d, const struct row *row, const struct err *why)
{
    if (d->unreadable)
        return;
    d->unreadable = row;
    d->unreadable_why = *why;
}

struct row *decision_add_row(struct decision *d, int kind, const char *id, int phase)
{
    struct row *r = arena_alloc(d->arena, sizeof(*r));
    *r = (struct row){
        .kind = (uint8_t)kind, .mark = ROW_NEW, .phase = phase, .id = id, .doc = "", .state = ""};
    for (int i = 0; i < ROW_KEYS_MAX; i++)
        r->key[i] = "";
    if (!d->root) {
        r->agg = id;
        d->root = r;
    } else {
        r->agg = d->root->id;
        ADD(&d->rows, r, d->arena);
    }
    return r;
}

void row_touch(struct row *r)
{
    if (r->mark == ROW_CLEAN)
        r->mark = ROW_CHANGED;
}

struct command *decision_open(struct decision *d, int kind, const char *subject, int64_t timeout_us,
                              const char *data)
{
    struct command *c = arena_alloc(d->arena, sizeof(*c));
    row_touch(d->root);
    *c = (struct command){.id = arena_printf(d->arena, "%s:%u.%d.%lld", d->root->id,
                                             d->in->agg_kind, kind, (long long)++d->root->seq),
                          .agg = d->root->id,
                          .agg_kind = d->in->agg_kind,
                          .kind = (uint8_t)kind,
                          .mark = ROW_NEW,
                          .subject = subject,
                          .due_at = d->now + timeout_us,
                          .data = data ? data : "",
                          .room = ""};
    ADD(&d->commands, c, d->arena);
    return c;
}

void decision_close(struct command *c)
{
    if (c)
        c->mark = ROW_GONE;
}

/* Digits and a dot, at most 255: what a peer sends back may be anything (scanf would take "-1"). */
static bool parse_kind(const char **at, int *ret)
{
    int n = 0, digits = 0;
    for (; **at >= '0' && **at <= '9' && digits < 3; (*at)++, digits++)
        n = n * 10 + (**at - '0');
    if (digits == 0 || n > UINT8_MAX || *(*at)++ != '.')
        return false;
    *ret = n;
    return true;
}

bool command_id_parse(const char *id, struct arena *a, const char **ret_agg, int *ret_agg_kind,
                      int *ret_kind)
{
    const char *colon = id ? strchr(id, ':') : NULL, *at = colon ? colon + 1 : NULL;
    int agg_kind, kind;
    if (!colon || colon == id || !parse_kind(&at, &agg_kind) || !parse_kind(&at, &kind) || !*at)
        return false;
    *ret_agg = arena_strndup(a, id, (size_t)(colon - id));
    *ret_agg_kind = agg_kind;
    *ret_kind = kind;
    return true;
}

struct command *decision_find(const struct decision *d, const char *command_id)
{
    for (uint32_t i = 0; command_id && i < d->commands.n; i++)
        if (d->commands.at[i]->mark != ROW_GONE && strcmp(d->commands.at[i]->id, command_id) == 0)
            return d->commands.at[i];
    return NULL;
}

struct command *decision_find_for(const struct decision *d, int kind, const char *subject)
{
    for (uint32_t i = 0; i < d->commands.n; i++) {
        struct command *c = d->commands.at[i];
        if (c->mark != ROW_GONE && (kind < 0 || c->kind == kind) &&
            strcmp(c->subject, subject) == 0)
            return c;
    }
    return NULL;
}

struct send *decision_send(struct decision *d, const char *exchange, const char *key,
                           const char *body)
{
    struct send *s = arena_alloc(d->arena, sizeof(*s));
    *s = (struct send){.room = "", .exchange = exchange, .key = key, .body = body};
    ADD(&d->sends, s, d->arena);
    return s;
}

void decision_refer(struct decision *d, struct send_refs *refs, size_t at, int kind, const char *id,
                    int64_t version, const char *arg)
{
    struct send_ref ref = {.at = at,
                           .kind = (uint8_t)kind,
                           .id = arena_strdup(d->arena, id),
                           .version = version,
                           .arg = arena_strdup(d->arena, arg ? arg : "")};
    ADD(refs, ref, d->arena);
}

void send_refs_copy(struct arena *a, const struct send_refs *from, struct send_refs *ret)
{
    *ret = (struct send_refs){0};
    for (uint32_t i = 0; i < from->n; i++) {
        struct send_ref ref = from->at[i];
        ref.id = arena_strdup(a, ref.id);
        ref.arg = arena_strdup(a, ref.arg);
        ADD(ret, ref, a);
    }
}

struct send *decision_answer(struct decision *d, const char *room, const char *reply_to,
                             const char *correlation_id, const char *body)
{
    if (!reply_to || !*reply_to)
        return NULL;
    struct send *s = decision_send(d, "", reply_to, body);
    s->room = room ? room : "";
    s->is_answer = true;
    s->correlation_id = correlation_id;
    return s;
}
