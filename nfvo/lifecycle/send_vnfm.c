#include "nfvo/lifecycle/send.h"

#include "nfvo/lifecycle/published.h"
#include "nfvo/lifecycle/vnfr.h"

#include "common/base/sbuf.h"
#include "proto/topology.h"

#include <string.h>

struct send *send_to_vnfm(struct vnfr_member *v, struct command *c, const struct sbuf *body)
{
    struct decision *d = v->m->d;
    struct send *s = decision_send(d, TOPOLOGY_EXCHANGE, v->st->queue,
                                   arena_strndup(d->arena, body->s, body->len));
    s->room = c->room = v->row->key[VNFR_ROOM];
    s->command = c->id;
    s->until_at = c->due_at;
    s->reply = v->st->correlates ? SEND_REPLY_SHARED : SEND_REPLY_PRIVATE;
    return s;
}

/* At most one Or-Vnfm request of a VNFR is outstanding: whoever sends one closed the one before.
 * timeout_us 0: as the kind's row says. */
static struct send *request(struct vnfr_member *v, int kind, int64_t timeout_us,
                            const struct sbuf *body)
{
    struct decision *d = v->m->d;
    struct command *c = timeout_us ? decision_open(d, kind, v->row->id, timeout_us, NULL)
                                   : command_open(d, kind, v->row->id, NULL);
    struct send *s = send_to_vnfm(v, c, body);
    /* Our SDK recognises a repetition by its correlation id. A foreign VNFM would run scripts
     * twice, but may be asked to INSTANTIATE again: its GRANT meets the same record, by the natural
     * key (nsr, vnfd name). */
    s->policy = v->st->correlates ? SEND_BLIND : command_rows[kind].again;
    return s;
}

static void record_message(struct vnfr_member *v, const char *name, enum action action,
                           struct sbuf *body)
{
    published_count(v);
    sbuf_addf(body, "{\"action\":\"%s\",\"%s\":", action_word(action), name);
    proto_encode(&vnfr_type, member_vnfr(v), PROTO_COMPLETE, body);
}

static const struct proto_strs *candidates_of(const struct deploy_request *req, const char *vnfd,
                                              const char *vdu)
{
    size_t n = strlen(vnfd);
    for (uint32_t i = 0; i < req->candidates.n; i++) {
        const char *key = req->candidates.at[i].key;
        if (strncmp(key, vnfd, n) == 0 && key[n] == '/' && strcmp(key + n + 1, vdu) == 0)
            return &req->candidates.at[i].value;
    }
    return NULL;
}

/* Of the PoPs, which hold secrets, only the places: struct send_ref. */
static void vim_instances(struct decision *d, struct sbuf *out, struct send_refs *places,
                          const struct deploy_request *req, const struct vnfd *vnfd)
{
    sbuf_addc(out, '{');
    for (uint32_t i = 0; i < vnfd->vdu.n; i++) {
        const struct vdu *vdu = vnfd->vdu.at[i];
        const char *key = vdu->id ? vdu->id : vdu->name;
        const struct proto_strs *refs = candidates_of(req, vnfd->name, key);
        sbuf_adds(out, i ? "," : "");
        proto_quotes(out, key);
        sbuf_adds(out, ":[");
        for (uint32_t k = 0; refs && k < refs->n; k++) {
            const char *id, *zone;
            pop_ref_split(d->arena, refs->at[k], &id, &zone);
            sbuf_adds(out, k ? "," : "");
            decision_refer(d, places, out->len, REFERENCE_POP, id, 0, zone);
        }
        sbuf_addc(out, ']');
    }
    sbuf_addc(out, '}');
}

void message_add_text(struct sbuf *body, const char *member, const char *text)
{
    sbuf_addf(body, ",\"%s\":", member);
    proto_quotes(body, text ? text : "");
}

void message_add_places(struct sbuf *body, const struct lifecycle_settings *set,
                        const char *monitoring_ip)
{
    sbuf_adds(body, "\"brokerIp\":");
    proto_quotes(body, set->broker_ip ? set->broker_ip : "");
    message_add_text(body, "brokerPort", set->broker_port);
    message_add_text(body, "monitoringIp", monitoring_ip);
    message_add_text(body, "timezone", set->timezone);
}

void message_add_service(struct sbuf *body, const struct nsr_model *m,
                         const struct configuration *c)
{
    message_add_text(body, "nsr-id", m->d->root->id);
    for (uint32_t i = 0; c && i < c->parameters.n; i++) {
        const struct configuration_parameter *p = c->parameters.at[i];
        if (p->conf_key && p->value &&
            (strcmp(p->conf_key, "ssh_username") == 0 || strcmp(p->conf_key, "ssh_password") == 0))
            message_add_text(body, p->conf_key, p->value);
    }
}

static void extension(struct vnfr_member *v, struct sbuf *out, const struct deploy_request *req,
                      const struct vnfd *vnfd)
{
    const struct lifecycle_settings *set = settings_of(v->m->d);
    sbuf_addc(out, '{');
    message_add_places(out, set, req->monitoring_ip ? req->monitoring_ip : set->monitoring_ip);
    message_add_service(out, v->m, vnfd->configurations);
    sbuf_addc(out, '}');
}

const struct vnf_package *deployed_package(const struct deploy_request *req,
                                           const struct vnfd *vnfd)
{
    for (uint32_t i = 0; vnfd->vnf_package_location && i < req->packages.n; i++)
        if (req->packages.at[i]->id &&
            strcmp(req->packages.at[i]->id, vnfd->vnf_package_location) == 0)
            return req->packages.at[i];
    return NULL;
}

static void flavour(struct sbuf *out, const struct vnfd *vnfd)
{
    if (vnfd->deployment_flavour.n) {
        proto_encode(&deployment_flavour_type, vnfd->deployment_flavour.at[0], 0, out);
        return;
    }
    const char *key = vnfd->vdu.n ? vnfd->vdu.at[0]->computation_requirement : NULL;
    sbuf_adds(out, "{\"flavour_key\":");
    proto_quotes(out, key ? key : "");
    sbuf_addc(out, '}');
}

void send_instantiate(struct vnfr_member *v, const struct deploy_request *req,
                      const struct vnfd *vnfd)
{
    struct decision *d = v->m->d;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    struct send_refs places = {0};
    sbuf_adds(&body, "{\"action\":\"INSTANTIATE\",\"vnfd\":");
    proto_encode(&vnfd_type, vnfd, PROTO_COMPLETE, &body);
    sbuf_adds(&body, ",\"vnfdf\":");
    flavour(&body, vnfd);
    sbuf_adds(&body, ",\"vnfInstanceName\":");
    proto_quotes(&body, vnfd->name);
    sbuf_adds(&body, ",\"vlrs\":");
    proto_encode_list(&vlr_type, &model_nsr(v->m)->vlr, PROTO_COMPLETE, &body);
    sbuf_adds(&body, ",\"extension\":");
    extension(v, &body, req, vnfd);
    sbuf_adds(&body, ",\"vimInstances\":");
    vim_instances(d, &body, &places, req, vnfd);
    const struct vnf_package *package = deployed_package(req, vnfd);
    if (package) {
        /* A reference like a PoP: scripts are not stored again in every outbox. */
        sbuf_adds(&body, ",\"vnfPackage\":");
        decision_refer(d, &places, body.len, REFERENCE_PACKAGE, package->id, package->hb_version,
                       NULL);
    }
    sbuf_adds(&body, ",\"keys\":");
    proto_encode_list(&ssh_key_type, &req->keys, 0, &body);
    sbuf_addc(&body, '}');
    request(v, CMD_INSTANTIATE, 0, &body)->refs = places;
}

void send_modify(struct vnfr_member *v, const struct vnf_record_dependency *dependency)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    record_message(v, "vnfr", ACTION_MODIFY, &body);
    sbuf_adds(&body, ",\"vnfrd\":");
    proto_encode(&vnf_record_dependency_type, dependency, PROTO_COMPLETE, &body);
    sbuf_addc(&body, '}');
    request(v, CMD_MODIFY, 0, &body);
}

void send_start(struct vnfr_member *v)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    record_message(v, "virtualNetworkFunctionRecord", ACTION_START, &body);
    sbuf_addc(&body, '}');
    request(v, CMD_START, 0, &body);
}

/* A foreign VNFM would resume twice, and run twice what failed. */
void send_resume(struct vnfr_member *v, const struct resume_request *req)
{
    const struct vnf_record_dependency *dep = dependency_of(v->m, v->row->key[VNFR_NAME]);
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    struct send_refs places = {0};
    record_message(v, "vnfr", ACTION_RESUME, &body);
    if (req->resumes && *req->resumes)
        message_add_text(&body, "resumes", req->resumes);
    message_add_text(&body, "resumedAction", command_rows[req->kind].call);
    if (dep) {
        sbuf_adds(&body, ",\"vnfrd\":");
        proto_encode(&vnf_record_dependency_type, dep, PROTO_COMPLETE, &body);
    }
    if (req->package) {
        sbuf_adds(&body, ",\"vnfPackage\":");
        decision_refer(v->m->d, &places, body.len, REFERENCE_PACKAGE, req->package->id,
                       req->package->hb_version, NULL);
    }
    sbuf_addc(&body, '}');
    struct send *s = request(v, req->kind, 0, &body);
    s->refs = places;
    s->policy = v->st->correlates ? SEND_BLIND : SEND_NEVER;
}

#define CANCEL_WITHIN_US (60 * USEC_PER_SEC) /* that long it is tried to reach a VNFM */

void send_cancel_to_vnfm(struct vnfr_member *v, const char *command_id)
{
    struct decision *d = v->m->d;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    sbuf_adds(&body, "{\"action\":\"CANCEL\"");
    message_add_text(&body, "cancels", command_id);
    sbuf_addc(&body, '}');
    struct send *s = decision_send(d, TOPOLOGY_EXCHANGE, v->st->queue,
                                   arena_strndup(d->arena, body.s, body.len));
    s->room = v->row->key[VNFR_ROOM];
    s->policy = SEND_BLIND;
    s->until_at = d->now + CANCEL_WITHIN_US;
}

/* One that was closed in this transaction is opened again: a row has one id. */
void send_as(struct vnfr_member *v, const char *command_id)
{
    struct decision *d = v->m->d;
    struct send *s = d->sends.at[d->sends.n - 1];
    struct command *c = decision_find(d, s->command);
    for (uint32_t i = 0; i < d->commands.n; i++) {
        struct command *old = d->commands.at[i];
        if (old == c || strcmp(old->id, command_id) != 0)
            continue;
        old->mark = old->mark == ROW_GONE ? ROW_CHANGED : ROW_NEW;
        old->due_at = c->due_at;
        old->data = c->data;
        old->room = c->room;
        decision_close(c);
        c = old;
    }
    c->id = arena_strdup(d->arena, command_id);
    s->command = c->id;
}

/* The safety net that deletes servers without the VNFM starts when its scripts' own time is over.
 */
static int64_t release_time(struct vnfr_member *v)
{
    const struct lifecycle_settings *set = settings_of(v->m->d);
    return set->terminate_us + (vnfr_has_terminate_scripts(v) ? set->terminate_scripts_us : 0);
}

void send_release(struct vnfr_member *v)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    record_message(v, "vnfr", ACTION_RELEASE_RESOURCES, &body);
    sbuf_addc(&body, '}');
    request(v, CMD_RELEASE_RESOURCES, release_time(v), &body);
}

/* --- answers --- */

void remember_asker(struct vnfr_member *v)
{
    v->st->reply_to = v->m->d->in->reply_to ? v->m->d->in->reply_to : "";
    v->st->correlation_id = v->m->d->in->correlation_id;
    v->st->reply_room = v->m->d->in->room;
    member_changed(v);
}

/* places: NULL if the body has no secrets. */
static void answer(struct vnfr_member *v, const struct sbuf *body, const struct send_refs *places)
{
    struct decision *d = v->m->d;
    struct send *s = decision_answer(d, v->st->reply_room, v->st->reply_to, v->st->correlation_id,
                                     arena_strndup(d->arena, body->s, body->len));
    if (s && places)
        s->refs = *places;
    v->st->reply_to = v->st->correlation_id = v->st->reply_room = NULL;
    member_changed(v);
}

void answer_is_the_first(struct vnfr_member *v)
{
    struct decision *d = v->m->d;
    const struct command *served = decision_find_for(d, CMD_INSTANTIATE, v->row->id);
    struct send *s = d->sends.n ? d->sends.at[d->sends.n - 1] : NULL;
    if (s && s->is_answer && served)
        s->command = arena_strdup(d->arena, served->id);
}

void answer_grant(struct vnfr_member *v)
{
    struct decision *d = v->m->d;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    struct send_refs places = {0};
    sbuf_adds(&body, "{\"action\":\"GRANT_OPERATION\",\"grantAllowed\":true,\"vduVim\":{");
    for (uint32_t i = 0; i < v->st->vdu_pop.n; i++) {
        const char *id, *zone;
        struct pop_state *st;
        pop_ref_split(d->arena, v->st->vdu_pop.at[i].value, &id, &zone);
        const struct vim_instance *pop = fact_pop(d, id, &st);
        sbuf_adds(&body, i ? "," : "");
        proto_quotes(&body, v->st->vdu_pop.at[i].key);
        sbuf_addc(&body, ':');
        decision_refer(d, &places, body.len, REFERENCE_POP, id, pop ? pop->hb_version : 0, zone);
    }
    sbuf_adds(&body, "},\"virtualNetworkFunctionRecord\":");
    proto_encode(&vnfr_type, member_vnfr(v), PROTO_COMPLETE, &body);
    sbuf_addc(&body, '}');
    answer(v, &body, &places);
}

void answer_record(struct vnfr_member *v, enum action action)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    record_message(v, "vnfr", action, &body);
    sbuf_addc(&body, '}');
    answer(v, &body, NULL);
}

void answer_with_error(struct vnfr_member *v, const char *message)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    sbuf_adds(&body, "{\"action\":\"ERROR\",\"message\":");
    proto_quotes(&body, message);
    if (member_vnfr(v)) {
        sbuf_adds(&body, ",\"vnfr\":");
        proto_encode(&vnfr_type, v->vnfr, PROTO_COMPLETE, &body);
    }
    sbuf_addc(&body, '}');
    answer(v, &body, NULL);
}

void answer_nobody(struct decision *d, const struct vnfm_or *msg, const char *message)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    sbuf_adds(&body, "{\"action\":\"ERROR\",\"message\":");
    proto_quotes(&body, message);
    if (msg && msg->record) { /* the Python SDK reads the record out of what it gets */
        sbuf_adds(&body, ",\"vnfr\":");
        proto_encode(&vnfr_type, msg->record, PROTO_COMPLETE, &body);
    }
    sbuf_addc(&body, '}');
    decision_answer(d, d->in->room, d->in->reply_to, d->in->correlation_id,
                    arena_strndup(d->arena, body.s, body.len));
}
