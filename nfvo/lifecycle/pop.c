#include "nfvo/lifecycle/pop.h"

#include "common/base/sbuf.h"
#include "common/base/utf8.h"

#include <stdlib.h>
#include <string.h>

#define EACH_COMMAND(c, d, kind_)                                                                  \
    for (uint32_t i_ = 0; i_ < (d)->commands.n; i_++)                                              \
        for (struct command *c = (d)->commands.at[i_]; c; c = NULL)                                \
            if (c->mark != ROW_GONE && c->kind == (kind_))

static bool is_open(const struct decision *d, int kind)
{
    EACH_COMMAND(c, d, kind) return true;
    return false;
}

/* What is looked for, before it is asked for again. */
static bool is_making(int kind)
{
    return kind == CMD_CREATE_NETWORK || kind == CMD_ADD_IMAGE;
}

/* One that is_making, and may or may not have been sent. */
static bool is_in_doubt(const struct command *c)
{
    return strncmp(c->data, CALL_IN_DOUBT, sizeof(CALL_IN_DOUBT) - 1) == 0;
}

static struct internal *asked(struct decision *d, const struct command *c)
{
    struct internal *msg = NULL;
    if (proto_decode(&internal_type, c->data, strlen(c->data), 0, d->arena, &msg, NULL) != ERR_OK)
        msg = proto_new(&internal_type, d->arena); /* written by us */
    return msg;
}

/* --- answers to who waits --- */

/* data of a CMD_WAIT_LIST of an operation: it wants all names (as a process of before asks); all
 * servers with what is compared of them. */
#define INVENTORY "inventory"
#define FULL      "full"

static bool is_full(const struct command *c)
{
    return c->kind == CMD_WAIT_LIST && strcmp(c->data, FULL) == 0;
}

static bool is_inventory(const struct command *c)
{
    return is_full(c) || (c->kind == CMD_WAIT_LIST && strcmp(c->data, INVENTORY) == 0);
}

static void finish_operation(struct pop_model *p, struct command *c, int status, const char *body);
static const char *fault_text(struct pop_model *p, const struct fault *f);

static void tell(struct pop_model *p, struct command *c, const char *what, struct internal *answer)
{
    const struct internal *question = asked(p->d, c);
    answer->what = what;
    answer->to = question->from;
    answer->to_kind = AGG_NSR;
    answer->command = question->command;
    if (question->from)
        send_internal(p->d, answer);
    decision_close(c);
}

static void tell_fault(struct pop_model *p, struct command *c, const char *what,
                       struct fault *fault)
{
    if (is_inventory(c)) {
        finish_operation(p, c, 500, fault_text(p, fault));
        return;
    }
    struct internal *answer = proto_new(&internal_type, p->d->arena);
    answer->fault = fault;
    tell(p, c, what, answer);
}

static void finish_operation(struct pop_model *p, struct command *c, int status, const char *body)
{
    struct finished_operation *o = arena_alloc(p->d->arena, sizeof(*o));
    *o = (struct finished_operation){c->subject, status, body};
    proto_list_add(&p->d->operations, o, p->d->arena);
    decision_close(c);
}

static const char *fault_text(struct pop_model *p, const struct fault *f)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    sbuf_adds(&text, "{\"code\":\"Bad Request\",\"message\":");
    proto_quotes(&text, f->message);
    sbuf_adds(&text, ",\"fault\":");
    proto_encode(&fault_type, f, PROTO_NO_SECRETS, &text);
    sbuf_addc(&text, '}');
    return arena_strndup(p->d->arena, text.s, text.len);
}

static struct fault *fault_of(struct pop_model *p, const struct err *err)
{
    struct fault *f = fault_from_err(
        err, arena_printf(p->d->arena, "vim-driver:%s", p->pop->type ? p->pop->type : ""),
        arena_printf(p->d->arena, "pop %s (%s)", p->pop->name ? p->pop->name : "", p->d->root->id),
        p->d->arena);
    f->at = timestamp_executed(p->d->arena, p->d->now);
    return f;
}

/* --- what is needed, what is missing --- */

/* The number of a command: the tail of its id. */
static int64_t number_of(const struct command *c)
{
    const char *dot = strrchr(c->id, '.');
    int64_t n = 0;
    for (const char *s = dot ? dot + 1 : ""; *s >= '0' && *s <= '9'; s++)
        n = n * 10 + (*s - '0');
    return n;
}

/* For this waiter: young enough, or asked for after the waiter came. Age alone would refresh for
 * ever where a refresh, or the creation of a network after it, takes longer than pop-cache. */
static bool is_fresh_for(const struct pop_model *p, const struct command *waiter)
{
    return p->st->refreshed_at &&
           (p->st->refreshed_at + settings_of(p->d)->pop_cache_us > p->d->now ||
            number_of(waiter) <= p->st->refresh_from);
}

static const struct network *network_named(const struct pop_model *p, const char *name)
{
    return pop_network(p->pop, p->st, name);
}

static void fail_waiting_for(struct pop_model *p, const char *network, struct fault *fault)
{
    struct decision *d = p->d;
    EACH_COMMAND(c, d, CMD_WAIT_PREPARE)
    {
        const struct internal *msg = asked(d, c);
        bool hit = network == NULL;
        for (uint32_t k = 0; !hit && k < msg->networks.n; k++)
            hit = msg->networks.at[k]->name && strcmp(msg->networks.at[k]->name, network) == 0;
        if (hit)
            tell_fault(p, c, "prepared", fault);
    }
}

static void fail_waiting_for_image(struct pop_model *p, const char *name, struct fault *fault)
{
    struct decision *d = p->d;
    EACH_COMMAND(c, d, CMD_WAIT_PREPARE)
    {
        const struct internal *msg = asked(d, c);
        bool hit = false;
        for (uint32_t k = 0; !hit && k < msg->images.n; k++)
            hit = msg->images.at[k]->name && strcmp(msg->images.at[k]->name, name) == 0;
        if (hit)
            tell_fault(p, c, "prepared", fault);
    }
}

/* true: the waiter has all its images. A copy takes long: one serves all who ask for that name. */
static bool has_images(struct pop_model *p, const struct internal *msg)
{
    bool all = true;
    for (uint32_t k = 0; k < msg->images.n; k++) {
        const struct image *wanted = msg->images.at[k];
        struct err err = ERR_INIT;
        if (!wanted->name || !wanted->id || pop_has_image(p->pop, wanted->name))
            continue;
        all = false;
        if (!decision_find_for(p->d, CMD_ADD_IMAGE, wanted->name) &&
            !send_add_image(p, wanted, &err)) {
            fail_waiting_for_image(p, wanted->name, fault_of(p, &err));
            return false;
        }
    }
    return all;
}

/* true: the waiter has all its networks. Sends for what is missing, one request a name, whoever
 * asks. */
static bool has_networks(struct pop_model *p, const struct internal *msg)
{
    bool all = true;
    for (uint32_t k = 0; k < msg->networks.n; k++) {
        const struct network *wanted = msg->networks.at[k];
        struct err err = ERR_INIT;
        if (!wanted->name || network_named(p, wanted->name))
            continue;
        all = false;
        if (!decision_find_for(p->d, CMD_CREATE_NETWORK, wanted->name) &&
            !send_create_network(p, wanted, &err)) {
            fail_waiting_for(p, wanted->name, fault_of(p, &err));
            return false;
        }
    }
    return all;
}

static void refresh_failed(struct pop_model *p, const struct err *err);

static void want_refresh(struct pop_model *p)
{
    struct err err = ERR_INIT;
    if (is_open(p->d, CMD_REFRESH))
        return;
    p->st->refresh_from = p->d->root->seq;
    pop_changed(p);
    if (!send_refresh(p, &err))
        refresh_failed(p, &err);
}

static void want_listing(struct pop_model *p)
{
    struct decision *d = p->d;
    struct err err = ERR_INIT;
    if (!is_open(d, CMD_WAIT_LIST) || is_open(d, CMD_LIST_SERVERS))
        return;
    p->st->listing_from = d->root->seq; /* who asks later waits for the next one */
    pop_changed(p);
    if (!send_listing(p, &err)) {
        struct fault *f = fault_of(p, &err);
        EACH_COMMAND(c, d, CMD_WAIT_LIST) tell_fault(p, c, "listed", f);
    }
}

/* Networks and images are asked for at the same time. */
static bool is_prepared(struct pop_model *p, const struct command *waiter)
{
    const struct internal *msg = asked(p->d, waiter);
    bool is_connected = has_networks(p, msg);
    return waiter->mark != ROW_GONE && has_images(p, msg) && is_connected;
}

static void pop_proceed(struct pop_model *p)
{
    struct decision *d = p->d;
    bool is_stale = is_open(d, CMD_WAIT_OPERATION); /* the answer to its refresh would end it */
    if (!is_open(d, CMD_REFRESH))
        EACH_COMMAND(c, d, CMD_WAIT_PREPARE)
        {
            if (!is_fresh_for(p, c))
                is_stale = true;
            else if (is_prepared(p, c))
                tell(p, c, "prepared", proto_new(&internal_type, d->arena));
        }
    /* A snapshot taken while a network was being created may lack it: one after the other. */
    if (is_stale && !is_open(d, CMD_CREATE_NETWORK))
        want_refresh(p);
    want_listing(p);
}

/* --- answers of the driver --- */

static void refresh_failed(struct pop_model *p, const struct err *err)
{
    struct decision *d = p->d;
    struct fault *f = fault_of(p, err);
    p->st->fault = f;
    pop_changed(p);
    fail_waiting_for(p, NULL, f);
    EACH_COMMAND(c, d, CMD_WAIT_OPERATION) finish_operation(p, c, 422, fault_text(p, f));
    if (d->root->phase ==
        POP_REGISTERING) /* not stored when its registration fails: decisions.md D5 */
        d->root->mark = ROW_GONE;
}

static const char *make_id(void *arg)
{
    return decision_new_id(arg);
}

/* The lists are the driver's whole truth; identity, place and credentials are ours
 * (amqp-protocol.md 5.6, TRAP), and so are the ids of what is listed: drivers make new ones each
 * time. */
static void take_snapshot(struct pop_model *p, struct vim_instance *got)
{
    struct vim_instance *pop = p->pop, old = *pop;
    pop->images = got->images;
    pop->networks = got->networks;
    if (got->flavours.at)
        pop->flavours = got->flavours;
    if (got->zones.at)
        pop->zones = got->zones;
    record_keep_ids(&vim_instance_type, pop, &old, make_id, p->d);
}

static void refreshed(struct pop_model *p, const struct driver_reply *reply, const struct err *bad)
{
    struct decision *d = p->d;
    struct err err = ERR_INIT;
    struct vim_instance *got = NULL;
    enum err_code rc = bad ? (err = *bad, bad->code) : pop_driver_said(p, reply, "refresh", &err);
    if (rc == ERR_OK)
        rc = proto_decode(&vim_instance_type, reply->answer.at, reply->answer.n, 0, d->arena, &got,
                          &err);
    if (rc != ERR_OK) {
        err_hint(&err, "check the PoP's address and credentials, and the driver's log");
        refresh_failed(p, &err);
        return;
    }
    if (p->st->refresh_again) {
        p->st->refresh_again = false;
        pop_changed(p);
        want_refresh(p);
        return;
    }
    take_snapshot(p, got);
    pop_take_notes(p, got);
    EACH_COMMAND(c, d, CMD_CREATE_NETWORK)
    if (network_named(p, c->subject))
        decision_close(c);
    EACH_COMMAND(c, d, CMD_ADD_IMAGE)
    if (pop_has_image(p->pop, c->subject))
        decision_close(c);
    p->st->refreshed_at = d->now;
    p->st->fault = NULL;
    d->root->phase = POP_READY;
    pop_changed(p);
    pop_want_quota(p, is_open(d, CMD_WAIT_OPERATION));
    EACH_COMMAND(c, d, CMD_WAIT_OPERATION) finish_operation(p, c, 200, "");
}

static void network_created(struct pop_model *p, const char *name, const struct driver_reply *reply,
                            const struct err *bad)
{
    struct decision *d = p->d;
    struct err err = ERR_INIT;
    struct network *got = NULL;
    enum err_code rc =
        bad ? (err = *bad, bad->code) : pop_driver_said(p, reply, "createNetwork", &err);
    if (rc == ERR_OK)
        rc =
            proto_decode(&network_type, reply->answer.at, reply->answer.n, 0, d->arena, &got, &err);
    if (rc != ERR_OK) {
        err_hint(&err, "check whether the PoP allows another network, and the driver's log");
        p->st->refreshed_at =
            0; /* it may have been created all the same: look before the next try */
        pop_changed(p);
        fail_waiting_for(p, name, fault_of(p, &err));
        return;
    }
    /* The docker driver renames (5.7): the link keeps its name, and is known by its extId. */
    if (got->name && strcmp(got->name, name) != 0 && got->ext_id && *got->ext_id)
        proto_strmap_set(&p->st->made, name, got->ext_id, d->arena);
    else
        got->name = name;
    if (!got->id)
        got->id = decision_new_id(d);
    if (!network_named(p, name))
        proto_list_add(&p->pop->networks, got, d->arena);
    p->st->refresh_again |= is_open(d, CMD_REFRESH); /* a snapshot under way may be from before */
    pop_changed(p);
}

static void image_added(struct pop_model *p, const char *name, const struct driver_reply *reply,
                        const struct err *bad)
{
    struct decision *d = p->d;
    struct err err = ERR_INIT;
    struct image *got = NULL;
    enum err_code rc = bad ? (err = *bad, bad->code) : pop_driver_said(p, reply, "addImage", &err);
    if (rc == ERR_OK)
        rc = proto_decode(&image_type, reply->answer.at, reply->answer.n, 0, d->arena, &got, &err);
    if (rc == ERR_OK) {
        got->name = got->name ? got->name : name;
        got->id = got->id ? got->id : decision_new_id(d);
        if (!pop_has_image(p->pop, name))
            proto_list_add(&p->pop->images, got, d->arena);
        if (!pop_has_image(p->pop, name)) /* or it would be asked for again and again */
            rc = err_set(&err, ERR_PEER,
                         "the driver of PoP '%s' added image '%s' as '%s', status %s: it cannot be "
                         "used",
                         p->pop->name, name, got->name, got->status ? got->status : "not told");
    }
    p->st->refresh_again |= is_open(d, CMD_REFRESH); /* a snapshot under way may be from before */
    if (rc != ERR_OK) {
        err_hint(&err, "see the driver's log; the image is as it was put in: baton image show %s",
                 name);
        p->st->refreshed_at = 0; /* it may be there all the same */
        fail_waiting_for_image(p, name, fault_of(p, &err));
    }
    pop_changed(p);
}

static void pick_found(struct decision *d, struct internal *answer, const struct internal *question,
                       const struct server_list *servers)
{
    answer->servers = question->servers;
    for (uint32_t i = 0; i < servers->n; i++) {
        struct server *s = servers->at[i];
        if ((s->ext_id && proto_strs_has(&question->servers, s->ext_id)) ||
            (s->host_name && proto_strs_has(&question->servers, s->host_name)) ||
            (s->name && proto_strs_has(&question->servers, s->name)))
            proto_list_add(&answer->found, s, d->arena);
    }
}

/* Of a listing, which may hold 50,000 servers, only those that somebody asked about are kept; and
 * the names of all, if an inventory is wanted. */
struct sought {
    struct arena *arena;
    struct proto_strs names; /* sorted */
    struct server_list found;
    bool wants_all, wants_full;
    struct sbuf all;  /* ["id","hostname",.. */
    struct sbuf full; /* [{"id":"..",.. */
};

static void add_name(struct sbuf *out, const char *name)
{
    if (!name || !*name)
        return;
    sbuf_adds(out, out->s[out->len - 1] == '[' ? "" : ",");
    proto_quotes(out, name);
}

static void add_member(struct sbuf *out, const char *name, const char *value, size_t max)
{
    if (!value || !*value)
        return;
    sbuf_addf(out, "%s\"%s\":", out->s[out->len - 1] == '{' ? "" : ",", name);
    proto_quote(out, value, utf8_cut(value, strnlen(value, max)));
}

/* Only what is compared, and bounded: a driver chooses these texts. */
static void add_full(struct sbuf *out, const struct server *server)
{
    enum { TEXT_MAX = 255, IPS_MAX = 1024 };
    AUTO(sbuf_release) struct sbuf ips = SBUF_INIT;
    for (uint32_t k = 0; k < server->ips.n && ips.len < IPS_MAX; k++)
        for (uint32_t i = 0; i < server->ips.at[k].value.n && ips.len < IPS_MAX; i++)
            sbuf_addf(&ips, "%s%s=%s", ips.len ? " " : "", server->ips.at[k].key,
                      server->ips.at[k].value.at[i]);
    sbuf_adds(out, out->s[out->len - 1] == '[' ? "{" : ",{");
    add_member(out, "id", server->ext_id, TEXT_MAX);
    add_member(out, "host", server->host_name, TEXT_MAX);
    add_member(out, "name", server->name, TEXT_MAX);
    add_member(out, "status", server->status, TEXT_MAX);
    add_member(out, "ips", ips.s, IPS_MAX);
    sbuf_addc(out, '}');
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_sought(const struct sought *s, const char *name)
{
    return name && s->names.n &&
           bsearch(&name, s->names.at, s->names.n, sizeof(s->names.at[0]), by_text);
}

static void keep_sought(void *arg, const void *rec)
{
    struct sought *s = arg;
    const struct server *server = rec;
    if (s->wants_all) {
        add_name(&s->all, server->ext_id);
        add_name(&s->all, server->host_name);
        add_name(&s->all, server->name);
    }
    if (s->wants_full)
        add_full(&s->full, server);
    if (is_sought(s, server->ext_id) || is_sought(s, server->host_name) ||
        is_sought(s, server->name))
        proto_list_add(&s->found, proto_dup(&server_type, server, s->arena), s->arena);
}

static bool is_served(const struct pop_model *p, const struct command *waiter)
{
    return number_of(waiter) <= p->st->listing_from;
}

static struct sought sought_of(struct pop_model *p)
{
    struct decision *d = p->d;
    struct sought s = {.arena = d->arena, .all = SBUF_INIT, .full = SBUF_INIT};
    sbuf_addc(&s.all, '[');
    sbuf_addc(&s.full, '[');
    EACH_COMMAND(c, d, CMD_WAIT_LIST)
    {
        s.wants_full |= is_served(p, c) && is_full(c);
        s.wants_all |= is_served(p, c) && is_inventory(c) && !is_full(c);
        const struct internal *msg = is_served(p, c) && !is_inventory(c) ? asked(d, c) : NULL;
        for (uint32_t k = 0; msg && k < msg->servers.n; k++)
            proto_list_add(&s.names, msg->servers.at[k], d->arena);
    }
    for (uint32_t k = 0; k < p->st->late.n; k++)
        proto_list_add(&s.names, p->st->late.at[k].key, d->arena);
    if (s.names.n)
        qsort(s.names.at, s.names.n, sizeof(s.names.at[0]), by_text);
    return s;
}

static void servers_listed(struct pop_model *p, const struct driver_reply *reply,
                           const struct err *bad)
{
    struct decision *d = p->d;
    struct err err = ERR_INIT;
    struct sought sought = sought_of(p);
    bool is_weak = !bad && pop_says_nothing(reply);
    enum err_code rc = bad       ? (err = *bad, bad->code)
                       : is_weak ? ERR_OK
                                 : pop_driver_said(p, reply, "listServer", &err);
    if (rc == ERR_OK && !is_weak)
        rc = proto_decode_each(&server_type, reply->answer.at, reply->answer.n, keep_sought,
                               &sought, &err);
    struct fault *f = rc == ERR_OK ? NULL : fault_of(p, &err);
    if (rc == ERR_OK)
        pop_late_found(p, &sought.found);
    EACH_COMMAND(c, d, CMD_WAIT_LIST)
    {
        if (!is_served(p, c))
            continue;
        if (is_inventory(c)) {
            if (f)
                tell_fault(p, c, "listed", f);
            else
                finish_operation(p, c, 200,
                                 arena_printf(d->arena, "{\"weak\":%s,\"%s\":%s]}",
                                              is_weak ? "true" : "false",
                                              is_full(c) ? "servers" : "names",
                                              is_full(c) ? sought.full.s : sought.all.s));
            continue;
        }
        struct internal *answer = proto_new(&internal_type, d->arena);
        answer->weak = is_weak;
        if (f)
            answer->fault = f;
        else
            pick_found(d, answer, asked(d, c), &sought.found);
        tell(p, c, "listed", answer);
    }
    sbuf_release(&sought.all);
    sbuf_release(&sought.full);
}

static void driver_answer(struct pop_model *p, struct command *c, const struct driver_reply *reply,
                          const struct err *bad)
{
    int kind = c->kind;
    const char *subject = c->subject;
    decision_close(c);
    if (kind == CMD_REFRESH)
        refreshed(p, reply, bad);
    else if (kind == CMD_CREATE_NETWORK)
        network_created(p, subject, reply, bad);
    else if (kind == CMD_ADD_IMAGE)
        image_added(p, subject, reply, bad);
    else if (kind == CMD_LIST_SERVERS)
        servers_listed(p, reply, bad);
    else if (kind == CMD_GET_QUOTA)
        pop_quota_told(p, reply, bad);
}

/* --- intents --- */

static void wait_for_operation(struct pop_model *p, const char *operation)
{
    if (operation)
        command_open(p->d, CMD_WAIT_OPERATION, operation, NULL);
    want_refresh(p);
}

static void set_keys(struct decision *d, const struct vim_instance *pop)
{
    d->root->key[POP_PROJECT] = pop->project_id ? pop->project_id : "";
    d->root->key[POP_NAME] = pop->name;
    d->root->key[POP_TYPE] = pop->type;
}

static void pop_register(struct decision *d, const struct pop_request *req)
{
    if (d->root) {
        err_set(&d->err, ERR_EXISTS, "Vim Instance with id %s exists already", d->in->agg);
        return;
    }
    /* One of that id may have been there: a registration whose commit was in doubt is decided
     * again, also after it failed. Its numbers do not come again, or an answer to the first one, or
     * its row in the outbox, would be taken for the second one's. */
    decision_add_row(d, ROW_POP, d->in->agg, POP_REGISTERING)->seq = d->now;
    set_keys(d, req->pop);
    struct pop_model *p = pop_model_of(d);
    p->pop = proto_dup(&vim_instance_type, req->pop, d->arena);
    p->pop->id = d->in->agg;
    pop_changed(p);
    wait_for_operation(p, req->operation);
}

static void pop_update(struct pop_model *p, const struct pop_request *req)
{
    struct vim_instance *pop = proto_dup(&vim_instance_type, req->pop, p->d->arena);
    pop->id = p->pop->id;
    pop->hb_version = p->pop->hb_version;
    pop->project_id = p->pop->project_id;
    pop->images = p->pop->images;
    pop->networks = p->pop->networks;
    pop->flavours = p->pop->flavours;
    pop->zones = p->pop->zones;
    p->pop = pop;
    set_keys(p->d, pop);
    pop_changed(p);
    wait_for_operation(p, req->operation);
}

static void pop_internal(struct pop_model *p, const struct internal *msg)
{
    struct decision *d = p->d;
    AUTO(sbuf_release) struct sbuf data = SBUF_INIT;
    int kind = strcmp(msg->what, "prepare") == 0 ? CMD_WAIT_PREPARE : CMD_WAIT_LIST;
    if (strcmp(msg->what, INTERNAL_LATE) == 0) {
        pop_late_add(p, msg);
        return;
    }
    EACH_COMMAND(c, d, kind)
    if (msg->command && strcmp(c->subject, msg->command) == 0) { /* the message came twice */
        d->outcome = DECISION_STALE;
        return;
    }
    proto_encode(&internal_type, msg, 0, &data);
    command_open(d, kind, msg->command ? msg->command : "",
                 arena_strndup(d->arena, data.s, data.len));
}

static const char *method_of(int kind)
{
    return command_is_to(COMMAND_TO_DRIVER, kind) ? command_rows[kind].call : NULL;
}

/* A call names its driver; who waits is told of the one that there is now. */
static void too_late(struct pop_model *p, const struct command *c, struct err *err)
{
    struct decision *d = p->d;
    const char *method = method_of(c->kind);
    if (method)
        err_set(err, ERR_TIMEOUT, "driver '%s' of PoP '%s' did not answer %s in time", c->data,
                p->pop->name, method);
    else
        err_set(err, ERR_TIMEOUT, "%s of PoP '%s' did not answer in time",
                driver_named(d, p->pop->type), p->pop->name);
    err_hint(err, "is it running? 'baton status' shows its queue; some drivers need a restart");
}

/* Its network or image may have been made: look, then make it if it is not there. */
static void look_again(struct pop_model *p, struct command *c)
{
    decision_close(c);
    p->st->refreshed_at = 0;
    pop_changed(p);
}

/* The driver died with it in hand. Who waits for it still does, so pop_proceed sends it again. */
static void call_lost(struct pop_model *p, struct command *c)
{
    int kind = c->kind;
    decision_close(c);
    if (is_making(kind)) {
        look_again(p, c);
    } else if (kind == CMD_REFRESH) {
        p->st->refresh_from = 0; /* it served nobody */
        pop_changed(p);
    }
}

static void operation_too_late(struct pop_model *p, struct command *c, const struct err *err)
{
    finish_operation(p, c, 500, fault_text(p, fault_of(p, err)));
    if (p->d->root->phase == POP_REGISTERING && !is_open(p->d, CMD_WAIT_OPERATION))
        refresh_failed(p, err); /* nobody waits for it any more */
}

static void pop_deadline(struct pop_model *p)
{
    struct decision *d = p->d;
    struct command *c = decision_find(d, d->in->command);
    struct err err = ERR_INIT;
    if (!c || c->due_at > d->now) {
        d->outcome = DECISION_STALE;
        return;
    }
    if (c->kind == CMD_TIMER_LATE) {
        decision_close(c);
        pop_late_look(p);
        return;
    }
    too_late(p, c, &err);
    if (method_of(c->kind) && strcmp(c->data, COMMAND_LOST) == 0)
        call_lost(p, c);
    else if (is_making(c->kind) && is_in_doubt(c))
        look_again(p, c);
    else if (c->kind == CMD_WAIT_PREPARE)
        tell_fault(p, c, "prepared", fault_of(p, &err));
    else if (c->kind == CMD_WAIT_LIST)
        tell_fault(p, c, "listed", fault_of(p, &err));
    else if (c->kind == CMD_WAIT_OPERATION)
        operation_too_late(p, c, &err);
    else
        driver_answer(p, c, NULL, &err);
}

/* createNetwork may be under way: the next snapshot may show it already, an answer still counts,
 * and only at the deadline is it sent again if it is not there (sending at once made two networks
 * of one name: the simulator found that). */
static void pop_in_doubt(struct pop_model *p)
{
    struct command *c = decision_find(p->d, p->d->in->command);
    if (!c || !is_making(c->kind)) {
        p->d->outcome = DECISION_STALE;
        return;
    }
    if (!is_in_doubt(c))
        command_change(c, c->due_at, arena_printf(p->d->arena, CALL_IN_DOUBT "%s", c->data));
    p->st->refreshed_at = 0;
    pop_changed(p);
    if (is_open(p->d, CMD_WAIT_PREPARE))
        want_refresh(p);
}

/* Servers that no row owns: which, whoever asks has made sure of. What the driver answers is a
 * hint, and nobody waits for it: the next listing tells. */
static void pop_collect(struct pop_model *p, const struct pop_request *req)
{
    struct decision *d = p->d;
    for (uint32_t i = 0; i < req->servers.n; i++)
        if (!decision_find_for(d, CMD_DELETE, req->servers.at[i]) &&
            !send_delete_stray(p, req->servers.at[i], arena_strdup(d->arena, req->servers.at[i]),
                               &d->err))
            return;
}

/* Who waits for it is told: the deadline of their question may be far. */
static void pop_deleted(struct pop_model *p)
{
    struct decision *d = p->d;
    struct err err = ERR_INIT;
    err_set(&err, ERR_NOT_FOUND, "PoP '%s' was deleted", p->pop->name ? p->pop->name : "");
    struct fault *f = fault_of(p, &err);
    EACH_COMMAND(c, d, CMD_WAIT_PREPARE) tell_fault(p, c, "prepared", f);
    EACH_COMMAND(c, d, CMD_WAIT_LIST) tell_fault(p, c, "listed", f);
    EACH_COMMAND(c, d, CMD_WAIT_OPERATION) finish_operation(p, c, 404, fault_text(p, f));
    d->root->mark = ROW_GONE;
}

/* An NSR asks a PoP that is gone. */
static void unknown_pop(struct decision *d)
{
    d->outcome = DECISION_STALE;
    const struct internal *msg = d->in->event == EV_INTERNAL ? d->in->payload : NULL;
    if (msg && strcmp(msg->what, INTERNAL_LATE) == 0)
        return; /* nobody can be asked, or has anything left there */
    if (msg) {
        struct internal *answer = proto_new(&internal_type, d->arena);
        struct err err = ERR_INIT;
        AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
        err_set(&err, ERR_NOT_FOUND, "PoP '%s' is not there any more", d->in->agg);
        *answer =
            (struct internal){.what = strcmp(msg->what, "prepare") == 0 ? "prepared" : "listed",
                              .to = msg->from,
                              .to_kind = AGG_NSR,
                              .from = d->in->agg,
                              .command = msg->command,
                              .fault = fault_from_err(&err, "nfvo", NULL, d->arena)};
        proto_encode(&internal_type, answer, 0, &body);
        struct send *s =
            decision_send(d, "", "nfvo.internal", arena_strndup(d->arena, body.s, body.len));
        s->is_internal = true;
        s->until_at = d->now + settings_of(d)->driver_us;
    } else if ((d->in->event >= EV_POP_REGISTER && d->in->event <= EV_POP_DELETE) ||
               d->in->event == EV_POP_COLLECT) {
        err_set(&d->err, ERR_NOT_FOUND, "VIM Instance with ID %s not found.", d->in->agg);
    }
}

void pop_decide(struct decision *d)
{
    const void *payload = d->in->payload;
    if (d->in->event == EV_POP_REGISTER) {
        pop_register(d, payload);
        return;
    }
    if (!d->root || d->root->mark == ROW_GONE) {
        unknown_pop(d);
        return;
    }
    struct pop_model *p = pop_model_of(d);
    struct command *c = decision_find(d, d->in->command);
    if (d->unreadable)
        return;
    pop_count_use(p);
    switch ((enum nfvo_event)d->in->event) {
    case EV_POP_REFRESH:
        wait_for_operation(p, ((const struct pop_request *)payload)->operation);
        break;
    case EV_POP_LIST: /* no listing of its own: one serves all */
        command_open(d, CMD_WAIT_LIST, ((const struct pop_request *)payload)->operation,
                     ((const struct pop_request *)payload)->full ? FULL : INVENTORY);
        break;
    case EV_POP_COLLECT:
        pop_collect(p, payload);
        break;
    case EV_POP_UPDATE:
        pop_update(p, payload);
        break;
    case EV_POP_DELETE:
        pop_deleted(p);
        break;
    case EV_INTERNAL:
        pop_internal(p, payload);
        break;
    case EV_DRIVER_ANSWER:
        if (c)
            driver_answer(p, c, payload, NULL);
        else
            d->outcome = DECISION_STALE;
        break;
    case EV_BAD_REPLY:
        if (c)
            driver_answer(p, c, NULL, payload);
        break;
    case EV_DEADLINE:
        pop_deadline(p);
        break;
    case EV_IN_DOUBT:
        pop_in_doubt(p);
        break;
    default:
        d->outcome = DECISION_STALE;
    }
    if (d->root->mark == ROW_GONE) {
        for (uint32_t i = 0; i < d->commands.n; i++)
            decision_close(d->commands.at[i]);
        return;
    }
    pop_proceed(p);
}

/* Who waits for it learns the reason now, and not at its deadline. */
void pop_refused(struct decision *d)
{
    const struct internal *question = d->in->event == EV_INTERNAL ? d->in->payload : NULL;
    if (!question || !question->from || strcmp(question->what, INTERNAL_LATE) == 0)
        return;
    struct internal *answer = proto_new(&internal_type, d->arena);
    *answer = (struct internal){
        .what = strcmp(question->what, "prepare") == 0 ? "prepared" : "listed",
        .to = question->from,
        .to_kind = AGG_NSR,
        .command = question->command,
        .fault = fault_from_err(&d->err, "nfvo", arena_printf(d->arena, "pop %s", d->in->agg),
                                d->arena)};
    send_internal(d, answer);
}
