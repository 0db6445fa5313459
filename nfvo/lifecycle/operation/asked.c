#include "nfvo/lifecycle/operation/asked.h"

static const char *dup(const char *text, struct arena *a)
{
    return text ? arena_strdup(a, text) : NULL;
}

struct plan_request *asked_copy(const struct plan_request *r, struct arena *a)
{
    struct plan_request *copy = arena_alloc(a, sizeof(*copy));
    struct plan_count *counts = arena_alloc(a, (r->n_counts + 1) * sizeof(*counts));
    *copy = *r;
    copy->vnfr = dup(r->vnfr, a);
    copy->instance = dup(r->instance, a);
    copy->failed = dup(r->failed, a);
    copy->package = dup(r->package, a);
    copy->vnfrs = (struct proto_strs){0};
    for (uint32_t i = 0; i < r->vnfrs.n; i++)
        proto_list_add(&copy->vnfrs, arena_strdup(a, r->vnfrs.at[i]), a);
    for (uint32_t i = 0; i < r->n_counts; i++) {
        counts[i] = r->counts[i];
        counts[i].vnfr = dup(r->counts[i].vnfr, a);
        counts[i].vdu = dup(r->counts[i].vdu, a);
        counts[i].pop = dup(r->counts[i].pop, a);
    }
    copy->counts = r->n_counts ? counts : NULL;
    return copy;
}

struct stored_asked *asked_write(const struct plan_request *r, struct arena *a)
{
    struct stored_asked *s = proto_new(&stored_asked_type, a);
    s->kind = operation_kind_word(r->kind);
    s->vnfr = r->vnfr;
    s->instance = r->instance;
    s->failed = r->failed;
    s->package = r->package;
    s->vnfrs = r->vnfrs;
    s->has_image = r->has_image;
    s->keeps_service = r->keeps_service;
    s->drains = r->drains;
    s->is_record_only = r->is_record_only;
    for (uint32_t i = 0; i < r->n_counts; i++) {
        struct stored_count *c = proto_new(&stored_count_type, a);
        c->vnfr = r->counts[i].vnfr;
        c->vdu = r->counts[i].vdu;
        c->number = r->counts[i].number;
        c->pop = r->counts[i].pop;
        c->is_standby = r->counts[i].is_standby;
        proto_list_add(&s->counts, c, a);
    }
    return s;
}

struct plan_request *asked_read(const struct stored_asked *s, struct arena *a)
{
    int kind = operation_kind_parse(s->kind);
    struct plan_request *r = arena_alloc(a, sizeof(*r));
    struct plan_count *counts = arena_alloc(a, (s->counts.n + 1) * sizeof(*counts));
    if (kind < 0 || s->counts.n > PLAN_NUMBER_MAX)
        return NULL;
    for (uint32_t i = 0; i < s->counts.n; i++) {
        const struct stored_count *c = s->counts.at[i];
        if (c->number < 0 || c->number > PLAN_NUMBER_MAX)
            return NULL;
        counts[i] = (struct plan_count){.vnfr = c->vnfr,
                                        .vdu = c->vdu,
                                        .number = (uint32_t)c->number,
                                        .pop = c->pop,
                                        .is_standby = c->is_standby};
    }
    *r = (struct plan_request){.kind = kind,
                               .vnfr = s->vnfr,
                               .instance = s->instance,
                               .failed = s->failed,
                               .package = s->package,
                               .vnfrs = s->vnfrs,
                               .counts = s->counts.n ? counts : NULL,
                               .n_counts = s->counts.n,
                               .has_image = s->has_image,
                               .keeps_service = s->keeps_service,
                               .drains = s->drains,
                               .is_record_only = s->is_record_only};
    return r;
}
