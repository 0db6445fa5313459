/* Who waits for a PoP, and is served: by a fresh snapshot with its networks, a listing, or a fault. */
#include "nfvo/lifecycle/pop_private.h"

#include "common/base/sbuf.h"
#include "common/base/text.h"

#include <string.h>

bool pop_is_open(const struct decision *d, int kind)
{
    EACH_COMMAND(c, d, kind) return true;
    return false;
}

bool pop_is_making(int kind)
{
    return kind == CMD_CREATE_NETWORK || kind == CMD_ADD_IMAGE;
}

bool pop_is_in_doubt(const struct command *c)
{
    return strncmp(c->data, CALL_IN_DOUBT, sizeof(CALL_IN_DOUBT) - 1) == 0;
}

struct internal *pop_asked(struct decision *d, const struct command *c)
{
    struct internal *msg = NULL;
    if (proto_decode(&internal_type, c->data, strlen(c->data), 0, d->arena, &msg, NULL) != ERR_OK)
        msg = proto_new(&internal_type, d->arena); /* written by us */
    return msg;
}

bool pop_is_full(const struct command *c)
{
    return c->kind == CMD_WAIT_LIST && strcmp(c->data, POP_FULL) == 0;
}

bool pop_is_inventory(const struct command *c)
{
    return pop_is_full(c) || (c->kind == CMD_WAIT_LIST && strcmp(c->data, POP_INVENTORY) == 0);
}

/* --- answers to who waits --- */

void pop_finish_call(struct pop_model *p, struct command *c, int status, const char *body)
{
    struct finished_operation *o = arena_alloc(p->d->arena, sizeof(*o));
    *o = (struct finished_operation){c->subject, status, body};
    proto_list_add(&p->d->operations, o, p->d->arena);
    decision_close(c);
}

const char *pop_fault_text(struct pop_model *p, const struct fault *f)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    sbuf_adds(&text, "{\"code\":\"Bad Request\",\"message\":");
    proto_quotes(&text, f->message);
    sbuf_adds(&text, ",\"fault\":");
    proto_encode(&fault_type, f, PROTO_NO_SECRETS, &text);
    sbuf_addc(&text, '}');
    return arena_strndup(p->d->arena, text.s, text.len);
}

struct fault *pop_fault_of(struct pop_model *p, const struct err *err)
{
    struct fault *f = fault_from_err(
        err, arena_printf(p->d->arena, "vim-driver:%s", p->pop->type ? p->pop->type : ""),
        arena_printf(p->d->arena, "pop %s (%s)", p->pop->name ? p->pop->name : "", p->d->root->id),
        p->d->arena);
    f->at = timestamp_executed(p->d->arena, p->d->now);
    return f;
}

void pop_tell(struct pop_model *p, struct command *c, const char *what, struct internal *answer)
{
    const struct internal *question = pop_asked(p->d, c);
    answer->what = what;
    answer->to = question->from;
    answer->to_kind = AGG_NSR;
    answer->command = question->command;
    if (question->from)
        send_internal(p->d, answer);
    decision_close(c);
}

void pop_tell_fault(struct pop_model *p, struct command *c, const char *what, struct fault *fault)
{
    if (pop_is_inventory(c)) {
        pop_finish_call(p, c, 500, pop_fault_text(p, fault));
        return;
    }
    struct internal *answer = proto_new(&internal_type, p->d->arena);
    answer->fault = fault;
    pop_tell(p, c, what, answer);
}

static bool wants(const struct internal *msg, int kind, const char *name)
{
    for (uint32_t k = 0; kind == CMD_CREATE_NETWORK && k < msg->networks.n; k++)
        if (text_matches(msg->networks.at[k]->name, name))
            return true;
    for (uint32_t k = 0; kind == CMD_ADD_IMAGE && k < msg->images.n; k++)
        if (text_matches(msg->images.at[k]->name, name))
            return true;
    return false;
}

void pop_fail_waiting(struct pop_model *p, int kind, const char *name, struct fault *fault)
{
    struct decision *d = p->d;
    EACH_COMMAND(c, d, CMD_WAIT_PREPARE)
    if (kind == CMD_REFRESH || wants(pop_asked(d, c), kind, name))
        pop_tell_fault(p, c, "prepared", fault);
}

/* --- what is needed, what is missing --- */

/* The number of a command: the tail of its id. */
int64_t pop_number_of(const struct command *c)
{
    const char *dot = strrchr(c->id, '.');
    int64_t n = 0;
    for (const char *s = dot ? dot + 1 : ""; *s >= '0' && *s <= '9'; s++)
        n = n * 10 + (*s - '0');
    return n;
}

/* For this waiter: young enough, or asked for after the waiter came. Age alone would refresh for
 * ever where a refresh, or the creation of a network after it, takes longer than pop-cache. */
bool pop_is_fresh_for(const struct pop_model *p, const struct command *waiter)
{
    return p->st->refreshed_at &&
           (p->st->refreshed_at + settings_of(p->d)->pop_cache_us > p->d->now ||
            pop_number_of(waiter) <= p->st->refresh_from);
}

/* true: the waiter has all its networks. Sends for what is missing, one request a name, whoever
 * asks. */
static bool has_networks(struct pop_model *p, const struct internal *msg)
{
    bool all = true;
    for (uint32_t k = 0; k < msg->networks.n; k++) {
        const struct network *wanted = msg->networks.at[k];
        struct err err = ERR_INIT;
        if (!wanted->name || pop_network(p->pop, p->st, wanted->name))
            continue;
        all = false;
        if (!decision_find_for(p->d, CMD_CREATE_NETWORK, wanted->name) &&
            !send_create_network(p, wanted, &err)) {
            pop_fail_waiting(p, CMD_CREATE_NETWORK, wanted->name, pop_fault_of(p, &err));
            return false;
        }
    }
    return all;
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
            pop_fail_waiting(p, CMD_ADD_IMAGE, wanted->name, pop_fault_of(p, &err));
            return false;
        }
    }
    return all;
}

/* Networks and images are asked for at the same time. */
bool pop_is_prepared(struct pop_model *p, const struct command *waiter)
{
    const struct internal *msg = pop_asked(p->d, waiter);
    bool is_connected = has_networks(p, msg);
    return waiter->mark != ROW_GONE && has_images(p, msg) && is_connected;
}

void pop_no_snapshot(struct pop_model *p, const struct err *why)
{
    struct err *copy = arena_alloc(p->d->arena, sizeof(*copy));
    *copy = *why;
    p->no_snapshot = copy;
}

void pop_want_refresh(struct pop_model *p)
{
    struct err err = ERR_INIT;
    if (pop_is_open(p->d, CMD_REFRESH))
        return;
    p->st->refresh_from = p->d->root->seq;
    pop_changed(p);
    if (!send_refresh(p, &err))
        pop_no_snapshot(p, &err);
}

void pop_want_listing(struct pop_model *p)
{
    struct decision *d = p->d;
    struct err err = ERR_INIT;
    if (!pop_is_open(d, CMD_WAIT_LIST) || pop_is_open(d, CMD_LIST_SERVERS))
        return;
    p->st->listing_from = d->root->seq; /* who asks later waits for the next one */
    pop_changed(p);
    if (!send_listing(p, &err)) {
        struct fault *f = pop_fault_of(p, &err);
        EACH_COMMAND(c, d, CMD_WAIT_LIST) pop_tell_fault(p, c, "listed", f);
    }
}
