/* What handlers use of a call. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "common/sys/ids.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/api/context.h"
#include "nfvo/api/request/audited.h"
#include "nfvo/api/request/call_waiter.h"
#include "nfvo/api/request/idempotency.h"
#include "proto/records/manager.h"

struct db *call_db(struct call *c)
{
    if (!c->db)
        c->db = store_borrow(c->api->store);
    return c->db;
}

const char *call_param(struct call *c, const char *name)
{
    const char *value = http_request_param(c->req, name);
    return value ? value : "";
}

bool call_query_is_yes(struct call *c, const char *name)
{
    const char *text = http_request_query(c->req, name);
    return text && strcmp(text, "0") != 0 && strcmp(text, "false") != 0;
}

bool call_is_plan(struct call *c)
{
    c->is_plan = call_query_is_yes(c, "plan");
    return c->is_plan;
}

enum err_code call_body(struct call *c, const struct proto_type *type, void *ret_rec,
                        struct err *err)
{
    if (c->req->body_len == 0)
        return err_set(err, ERR_SYNTAX, "the request has no body, but a JSON object is needed");
    return proto_decode(type, c->req->body, c->req->body_len, 0, &c->arena, ret_rec, err);
}

bool call_says(const struct proto_type *type, const void *rec, const char *wire)
{
    const struct proto_rec *r = rec;
    for (uint32_t i = 0; i < type->n_fields; i++)
        if (strcmp(type->fields[i].wire, wire) == 0)
            return r->seen & (UINT64_C(1) << i);
    return false;
}

enum err_code call_body_ids(struct call *c, struct proto_strs *ret, struct err *err)
{
    *ret = (struct proto_strs){0};
    enum err_code rc = proto_decode_texts(c->req->body, c->req->body_len, &c->arena, ret, err);
    return rc == ERR_OK ? rc : err_hint(err, "a list of ids: [\"<id>\", ...]");
}

void call_json(struct call *c, const struct proto_type *type, const void *rec)
{
    proto_encode(type, rec, PROTO_REST, &c->out);
}

enum err_code call_decode(struct call *c, const struct proto_type *type, const struct sbuf *text,
                          void *ret_rec, struct err *err)
{
    return proto_decode(type, text->s, text->len, 0, &c->arena, ret_rec, err);
}

const char *call_new_id(void *call)
{
    char id[ID_SIZE];
    id_new(id);
    return arena_strdup(&((struct call *)call)->arena, id);
}

const char *call_now(struct call *c)
{
    char text[64];
    struct tm tm;
    time_t now = (time_t)(clock_wall_us() / USEC_PER_SEC);
    gmtime_r(&now, &tm);
    strftime(text, sizeof(text), "%Y.%m.%d at %H:%M:%S UTC", &tm);
    return arena_strdup(&c->arena, text);
}
