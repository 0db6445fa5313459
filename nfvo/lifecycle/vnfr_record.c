/* A VNFR's record: its VNFM's first one is adopted, later ones are merged; its status and fault. */
#include "nfvo/lifecycle/published.h"
#include "nfvo/lifecycle/vnfr.h"

#include <string.h>

static const char *make_id(void *arg)
{
    return decision_new_id(arg);
}

/* The ids given here are the ones everybody uses from now on; vdu.parent_vdu keeps the VNFD's
 * (amqp-protocol.md 3.1, two id spaces). */
void vnfr_adopt(struct vnfr_member *v, const struct vnfr *record)
{
    struct decision *d = v->m->d;
    struct vnfr *vnfr = proto_dup(&vnfr_type, record, d->arena);
    record_fill_ids(&vnfr_type, vnfr, true, make_id, d);
    vnfr->id = v->row->id;
    vnfr->name = v->row->key[VNFR_NAME];
    vnfr->hb_version = 0;
    vnfr->project_id = d->root->key[NSR_PROJECT];
    vnfr->parent_ns_id = d->root->id;
    vnfr->created_at = timestamp_at(d->arena, d->now);
    vnfr->lifecycle_event_history = (struct history_event_list){0};
    vnfr->fault = NULL;
    if (!vnfr->configurations)
        vnfr->configurations = v->st->configurations;
    v->st->configurations = NULL;
    if (!vnfr->endpoint)
        vnfr->endpoint = v->row->key[VNFR_ENDPOINT];
    for (uint32_t i = 0; i < vnfr->vdu.n; i++)
        vnfr->vdu.at[i]->project_id = vnfr->project_id;
    v->vnfr = vnfr;
    v->row->doc = " "; /* known from now on; written by model_flush */
    member_changed(v);
}

static bool is_ours(void *arg, const struct proto_type *type, const void *rec)
{
    return type != &vnfc_instance_type || vnfr_allocated_by_us(arg, rec);
}

void vnfr_merge(struct vnfr_member *v, const struct vnfr *record)
{
    const struct proto_allocator allocator = {is_ours, v->m};
    if (!record)
        return;
    vnfr_merge_history(v, record);
    published_take(v, record, v->row->phase == VNFR_ACTIVE ? PUBLISHED_NEWER : PUBLISHED_ALL);
    record = vnfr_of_now(v, record);
    proto_merge_allocated(&vnfr_type, member_vnfr(v), record, &allocator, v->m->d->arena);
    record_fill_ids(&vnfr_type, v->vnfr, false, make_id, v->m->d);
    member_changed(v);
}

void vnfr_set_status(struct vnfr_member *v, int phase)
{
    struct vnfr *vnfr = member_vnfr(v);
    const char *status = v->st->is_resuming ? "RESUMING" : vnfr_status_of(phase);
    if (vnfr && (!vnfr->status || strcmp(vnfr->status, status) != 0)) {
        vnfr->status = status;
        member_changed(v);
    }
}

void vnfr_mended(struct vnfr_member *v)
{
    v->st->is_resuming = false;
    v->st->failed_in = v->st->failed_by = v->st->failed_command = v->st->resumes = NULL;
    v->st->may_run_yet = false;
    if (v->vnfr && v->vnfr->fault)
        v->vnfr->fault = NULL;
    member_changed(v);
}

void vnfr_raise(struct vnfr_member *v, enum vnfr_event ev)
{
    v->raised |= 1u << ev;
    v->m->has_raised = true;
}
