/* Dead letters, as people see them: a look, which leaves them where they are, and the end of all. */
#include <inttypes.h>

#include "common/base/text.h"
#include "common/http/client.h"
#include "common/http/http.h"
#include "nfvo/broker/dead_letter.h"
#include "nfvo/vnfm/internal.h"
#include "proto/codec/codec.h"
#include "proto/topology.h"

/* Those that came by the broker (over the delivery limit) have x-death, ours the other headers. */
/* clang-format off */
#define LETTER_DEATH_FIELDS(X)                                  \
    X(STR, queue,  "queue",  _, OPTIONAL)                       \
    X(STR, reason, "reason", _, OPTIONAL)                       \
    X(INT, time,   "time",   _, OPTIONAL)
PROTO_RECORD(letter_death, LETTER_DEATH_FIELDS)
#define LETTER_HEADERS_FIELDS(X)                                \
    X(STR,  queue,  "x-baton-queue",  _, OPTIONAL)              \
    X(STR,  code,   "x-baton-code",   _, OPTIONAL)              \
    X(STR,  reason, "x-baton-reason", _, OPTIONAL)              \
    X(STR,  where,  "x-baton-where",  _, OPTIONAL)              \
    X(STR,  bytes,  "x-baton-bytes",  _, OPTIONAL)              \
    X(LIST, deaths, "x-death",        letter_death, OPTIONAL)
PROTO_RECORD(letter_headers, LETTER_HEADERS_FIELDS)
#define LETTER_PROPERTIES_FIELDS(X)                             \
    X(STR, correlation_id, "correlation_id", _, OPTIONAL)       \
    X(RAW, headers,        "headers",        _, OPTIONAL)
PROTO_RECORD(letter_properties, LETTER_PROPERTIES_FIELDS)
#define LETTER_FIELDS(X)                                        \
    X(STR, payload,    "payload",          _, OPTIONAL)         \
    X(INT, bytes,      "payload_bytes",    _, OPTIONAL)         \
    X(STR, encoding,   "payload_encoding", _, OPTIONAL)         \
    X(RAW, properties, "properties",       _, OPTIONAL)
PROTO_RECORD(letter, LETTER_FIELDS)
/* clang-format on */
#define PROTO_THIS struct letter_death
PROTO_RECORD_DEFINE(letter_death, LETTER_DEATH_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct letter_headers
PROTO_RECORD_DEFINE(letter_headers, LETTER_HEADERS_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct letter_properties
PROTO_RECORD_DEFINE(letter_properties, LETTER_PROPERTIES_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct letter
PROTO_RECORD_DEFINE(letter, LETTER_FIELDS)
#undef PROTO_THIS

enum { SHOWN_MAX = 20 }; /* of a look: their bodies have DEAD_LETTER_BYTES_MAX each */

static void add_member(struct sbuf *out, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    sbuf_addf(out, ",\"%s\":", name);
    text_add_json(out, value);
}

/* A peer may have written what it likes into the headers: what cannot be read is left out. */
static void add_origin(struct sbuf *out, const struct letter *l, struct arena *a)
{
    struct letter_properties *p = NULL;
    struct letter_headers *h = NULL;
    struct err ignored = ERR_INIT;
    if (!l->properties.n || proto_decode(&letter_properties_type, l->properties.at, l->properties.n,
                                         0, a, &p, &ignored) != ERR_OK)
        return;
    add_member(out, "correlation", p->correlation_id);
    if (!p->headers.n || proto_decode(&letter_headers_type, p->headers.at, p->headers.n, 0, a, &h,
                                      &ignored) != ERR_OK)
        return;
    const struct letter_death *d = h->deaths.n ? h->deaths.at[0] : NULL;
    add_member(out, "queue", h->queue ? h->queue : d ? d->queue : NULL);
    add_member(out, "code", h->code);
    add_member(out, "reason", h->reason ? h->reason : d ? d->reason : NULL);
    add_member(out, "where", h->where);
    add_member(out, "bodyBytes", h->bytes);
    if (d && d->time > 0)
        sbuf_addf(out, ",\"at\":%" PRId64, d->time * 1000);
}

static void add_letter(struct sbuf *out, const char *room, const struct letter *l, struct arena *a)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    const char *text = l->payload ? l->payload : "";
    bool is_text = l->encoding && strcmp(l->encoding, "string") == 0;
    /* Also of those that the broker put there: they were never masked. */
    if (is_text)
        dead_letter_body(text, strlen(text), &body);
    else
        sbuf_addf(&body, "(%" PRId64 " bytes that are no text)", l->bytes);
    sbuf_addf(out, "%s{\"bytes\":%" PRId64, out->s[out->len - 1] == '[' ? "" : ",", l->bytes);
    add_member(out, "room", room);
    add_origin(out, l, a);
    sbuf_adds(out, ",\"body\":");
    text_add_json(out, body.s ? body.s : "");
    sbuf_addc(out, '}');
}

/* --- whose: our own queue, and that of each of our rooms ---------------------------------------- */

/* clang-format off */
#define LETTER_QUEUE_FIELDS(X)                                  \
    X(STR, vhost,    "vhost",    _, OPTIONAL)                   \
    X(INT, messages, "messages", _, OPTIONAL)
PROTO_RECORD(letter_queue, LETTER_QUEUE_FIELDS)
#define LETTER_PAGE_FIELDS(X) X(LIST, items, "items", letter_queue, OPTIONAL)
PROTO_RECORD(letter_page, LETTER_PAGE_FIELDS)
/* clang-format on */
#define PROTO_THIS struct letter_queue
PROTO_RECORD_DEFINE(letter_queue, LETTER_QUEUE_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct letter_page
PROTO_RECORD_DEFINE(letter_page, LETTER_PAGE_FIELDS)
#undef PROTO_THIS

/* The broker may serve others, too. "": the inner one. */
static const char *room_of(const struct management *m, const struct room_list *ours,
                           const char *vhost)
{
    if (strcmp(vhost, management_vhost(m)) == 0)
        return "";
    const struct room_info *room = room_list_find(ours, vhost);
    return room ? room->name : NULL;
}

/* One call for all rooms: most have none. */
static enum err_code find_queues(struct management *m, struct arena *a, struct letter_page **ret,
                                 struct err *err)
{
    struct http_response res = HTTP_RESPONSE_INIT;
    enum err_code rc = management_call(m, "GET",
                                       "queues?page=1&page_size=500&use_regex=true&name=%5E"
                                       "nfvo%5C.dead-letters%24&columns=vhost,name,messages",
                                       NULL, &res, err);
    if (rc == ERR_OK)
        rc = proto_decode(&letter_page_type, res.body.s, res.body.len, 0, a, ret, err);
    http_response_release(&res);
    return rc;
}

static enum err_code look_into(struct management *m, const char *vhost, int max, struct arena *a,
                               struct letter_list *ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    struct http_response res = HTTP_RESPONSE_INIT;
    sbuf_adds(&path, "queues/");
    http_percent_encode(&path, vhost);
    sbuf_adds(&path, "/" QUEUE_DEAD_LETTERS "/get");
    sbuf_addf(
        &body,
        "{\"count\":%d,\"ackmode\":\"ack_requeue_true\",\"encoding\":\"auto\",\"truncate\":%d}",
        max, DEAD_LETTER_BYTES_MAX);
    enum err_code rc = management_call(m, "POST", path.s, &body, &res, err);
    if (rc == ERR_OK)
        rc = proto_decode_list(&letter_type, res.body.s, res.body.len, a, ret, err);
    http_response_release(&res);
    return rc;
}

static enum err_code look(struct management *m, const struct room_list *ours, struct sbuf *out,
                          struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct letter_page *p = NULL;
    int left = SHOWN_MAX;
    enum err_code rc = find_queues(m, &a, &p, err);
    sbuf_addc(out, '[');
    for (uint32_t i = 0; rc == ERR_OK && left > 0 && i < p->items.n; i++) {
        const struct letter_queue *q = p->items.at[i];
        const char *room = q->vhost && q->messages > 0 ? room_of(m, ours, q->vhost) : NULL;
        struct letter_list letters = {0};
        if (!room)
            continue;
        rc = look_into(m, q->vhost, left, &a, &letters, err);
        if (rc == ERR_NOT_FOUND) /* the room went meanwhile */
            rc = ERR_OK;
        for (uint32_t k = 0; rc == ERR_OK && k < letters.n; k++, left--)
            add_letter(out, room, letters.at[k], &a);
    }
    sbuf_addc(out, ']');
    return rc;
}

enum err_code registry_dead_letters(struct registry *r, struct sbuf *out, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct room_list ours = {0};
    struct management m;
    if (r->setup.rooms)
        rooms_copy(r->setup.rooms, &a, &ours);
    management_init(&m, &r->setup, r->wake_fd);
    enum err_code rc = look(&m, &ours, out, err);
    management_release(&m);
    return rc == ERR_OK ? rc : err_add(err, "look at the dead letters");
}

enum err_code registry_drop_dead_letters(struct registry *r, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct room_list ours = {0};
    struct management m;
    enum err_code rc;
    if (r->setup.rooms)
        rooms_copy(r->setup.rooms, &a, &ours);
    management_init(&m, &r->setup, r->wake_fd);
    rc = management_purge(&m, management_vhost(&m), QUEUE_DEAD_LETTERS, err);
    for (uint32_t i = 0; rc == ERR_OK && i < ours.n; i++)
        if (*ours.at[i].name)
            rc = management_purge(&m, ours.at[i].name, QUEUE_DEAD_LETTERS, err);
    management_release(&m);
    return rc == ERR_OK ? rc : err_add(err, "delete the dead letters");
}
