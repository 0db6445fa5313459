/* The records of a request: decoded as far as somebody looks at them. */
#include "vnfm-generic/sdk/internal.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    size_t raw_at; /* in the envelope */
    const struct proto_type *type;
} record_rows[RECORD_N] = {
    [RECORD_VNFR] = {"vnfr", offsetof(struct envelope, vnfr), &vnfr_type},
    [RECORD_VNFC_INSTANCE] = {"vnfc_instance", offsetof(struct envelope, vnfc_instance),
                              &vnfc_instance_type},
    [RECORD_DEPENDENCY] = {"dependency", offsetof(struct envelope, dependency),
                           &vnf_record_dependency_type},
    [RECORD_COMPONENT] = {"component", offsetof(struct envelope, component), &vnf_component_type},
    [RECORD_SCRIPT] = {"script", offsetof(struct envelope, script), &script_type},
    [RECORD_PACKAGE] = {"package", offsetof(struct envelope, vnf_package), &vnf_package_type},
    [RECORD_VNFD] = {"vnfd", offsetof(struct envelope, vnfd), &vnfd_type},
    [RECORD_VIM_INSTANCE] = {"vim_instance", offsetof(struct envelope, vim_instance),
                             &vim_instance_type},
};

enum err_code request_decode(struct ob_request *r, struct err *err)
{
    size_t len;
    if (r->msg)
        return ERR_OK;
    const char *body = r->carried->ops->body(r->carried, &len);
    enum err_code rc = proto_decode(&envelope_type, body, len, 0, &r->arena, &r->msg, err);
    return rc == ERR_OK ? rc : err_add(err, "request of the NFVO");
}

static struct proto_raw raw_of(const struct ob_request *r, enum request_record which)
{
    struct proto_raw raw = {0};
    const struct sbuf *later = which == RECORD_VNFR            ? &r->vnfr
                               : which == RECORD_VNFC_INSTANCE ? &r->vnfc_instance
                                                               : NULL;
    if (later && later->len)
        return (struct proto_raw){later->s, later->len};
    if (r->msg)
        memcpy(&raw, (const char *)r->msg + record_rows[which].raw_at, sizeof(raw));
    return raw;
}

struct proto_raw request_text(struct ob_request *r, enum request_record which, struct sbuf *buffer)
{
    const struct ob_record *record = &r->records[which];
    if (record->is_changed) {
        proto_encode(record->type, record->rec, PROTO_COMPLETE, buffer);
        return (struct proto_raw){buffer->s, buffer->len};
    }
    err_ignore(request_decode(r, NULL), "then there is no record");
    return raw_of(r, which);
}

static void keep_changes(struct ob_request *r, enum request_record which, struct sbuf *later)
{
    const struct ob_record *record = &r->records[which];
    if (!record->is_changed)
        return;
    sbuf_clear(later);
    proto_encode(record->type, record->rec, PROTO_COMPLETE, later);
}

void request_rewind(struct ob_request *r)
{
    keep_changes(r, RECORD_VNFR, &r->vnfr);
    keep_changes(r, RECORD_VNFC_INSTANCE, &r->vnfc_instance);
    memset(r->records, 0, sizeof(r->records));
    r->msg = NULL;
    arena_release(&r->arena);
}

static struct ob_record *decoded(struct ob_request *r, enum request_record which, struct err *err)
{
    struct ob_record *record = &r->records[which];
    if (record->type)
        return record;
    if (request_decode(r, err) != ERR_OK)
        return NULL;
    struct proto_raw raw = raw_of(r, which);
    if (!raw.n) {
        err_set(err, ERR_NOT_FOUND, "%s has no %s", action_word(r->action),
                record_rows[which].name);
        return NULL;
    }
    if (proto_decode(record_rows[which].type, raw.at, raw.n, 0, &r->arena, &record->rec, err) !=
        ERR_OK) {
        err_add(err, "%s of %s", record_rows[which].name, action_word(r->action));
        return NULL;
    }
    record->type = record_rows[which].type;
    record->arena = &r->arena;
    return record;
}

struct ob_record *ob_request_vnfr(struct ob_request *r, struct err *err)
{
    return decoded(r, RECORD_VNFR, err);
}

struct ob_record *ob_request_record(struct ob_request *r, const char *name, struct err *err)
{
    for (enum request_record i = 0; i < RECORD_N; i++)
        if (strcmp(record_rows[i].name, name) == 0)
            return decoded(r, i, err);
    err_set(err, ERR_INVALID, "no record is called '%s'", name);
    return NULL;
}

static enum request_record record_named(const char *name)
{
    enum request_record i = 0;
    while (i < RECORD_N && strcmp(record_rows[i].name, name) != 0)
        i++;
    return i;
}

const char *ob_request_json(struct ob_request *r, const char *name, size_t *ret_len)
{
    enum request_record which = record_named(name);
    if (which == RECORD_N || request_decode(r, NULL) != ERR_OK)
        return NULL;
    struct proto_raw raw = raw_of(r, which);
    *ret_len = raw.n;
    return raw.n ? raw.at : NULL;
}

enum err_code ob_request_set_json(struct ob_request *r, const char *name, const char *text,
                                  size_t len, struct err *err)
{
    enum request_record which = record_named(name);
    if (which != RECORD_VNFR && which != RECORD_VNFC_INSTANCE)
        return err_set(err, ERR_INVALID, "record '%s' does not go out", name);
    struct sbuf *later = which == RECORD_VNFR ? &r->vnfr : &r->vnfc_instance;
    sbuf_clear(later);
    sbuf_add(later, text, len);
    r->records[which] = (struct ob_record){0}; /* what was decoded is no longer it */
    return ERR_OK;
}

enum err_code request_user_data(struct ob_request *r, struct sbuf *out, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    if (!r->vnfm->user_data_of) {
        proto_quotes(out, r->vnfm->user_data);
        return ERR_OK;
    }
    enum err_code rc = r->vnfm->user_data_of(r->vnfm->arg, r, &text, err);
    if (rc == ERR_OK)
        proto_quotes(out, text.s);
    return rc;
}
