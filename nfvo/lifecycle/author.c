#include "nfvo/lifecycle/author.h"

#include "nfvo/lifecycle/model.h"

#include <string.h>

static const struct row *vnfr_by(const struct decision *d, const char *id, const char *name)
{
    for (uint32_t i = 0; i < d->rows.n; i++) {
        const struct row *r = d->rows.at[i];
        if (r->kind == ROW_VNFR && r->mark != ROW_GONE &&
            ((id && strcmp(r->id, id) == 0) || (name && strcmp(r->key[VNFR_NAME], name) == 0)))
            return r;
    }
    return NULL;
}

const struct row *vnfr_meant(const struct decision *d, const struct vnfm_or *msg)
{
    const struct vnfr *record = msg ? msg->record : NULL;
    if (!record)
        return NULL;
    bool is_grant = action_parse(msg->action) == ACTION_GRANT_OPERATION;
    const struct row *r = is_grant ? vnfr_by(d, NULL, record->name) : NULL;
    if (!r)
        r = vnfr_by(d, record->id, NULL);
    return r ? r : vnfr_by(d, NULL, record->name);
}

/* --- the rules: is the room of d->in the author's? --- */

static bool of_command(const struct decision *d)
{
    const struct command *c = decision_find(d, d->in->command);
    return !c || strcmp(c->room, d->in->room) == 0; /* closed: nothing comes of it anyway */
}

static bool has_command_there(const struct decision *d, const struct row *vnfr)
{
    for (uint32_t i = 0; i < d->commands.n; i++) {
        const struct command *c = d->commands.at[i];
        if (c->mark != ROW_GONE && command_is_about(c, vnfr->id) &&
            strcmp(c->room, d->in->room) == 0 && command_is_to(COMMAND_TO_VNFM, c->kind))
            return true;
    }
    return false;
}

static bool is_vnfms(const struct decision *d, const struct row *vnfr)
{
    return strcmp(vnfr->key[VNFR_ROOM], d->in->room) == 0 || has_command_there(d, vnfr);
}

static bool of_vnfr(const struct decision *d)
{
    const struct row *meant = vnfr_meant(d, d->in->payload);
    if (meant)
        return is_vnfms(d, meant);
    for (uint32_t i = 0; i < d->rows.n; i++)
        if (d->rows.at[i]->kind == ROW_VNFR && is_vnfms(d, d->rows.at[i]))
            return true;
    return false;
}

static bool of_answered(const struct decision *d)
{
    return d->in->command ? of_command(d) : of_vnfr(d);
}

static bool of_inner_room(const struct decision *d)
{
    return *d->in->room == '\0';
}

/* All that a message can be understood as; what is not here is never out of a message. */
static bool (*const rules[EV_N])(const struct decision *d) = {
    [EV_VNFM_REQUEST] = of_vnfr, [EV_VNFM_ANSWER] = of_answered, [EV_DRIVER_ANSWER] = of_command,
    [EV_BAD_REPLY] = of_command, [EV_INTERNAL] = of_inner_room,
};

/* --- what is told --- */

static const char *said(struct decision *d)
{
    const struct vnfm_or *msg =
        d->in->event == EV_VNFM_REQUEST || (d->in->event == EV_VNFM_ANSWER && !d->in->command)
            ? d->in->payload
            : NULL;
    const struct row *vnfr = vnfr_meant(d, msg);
    if (d->in->is_echo)
        return "a message that the NFVO itself had written, sent back to it";
    if (d->in->is_forged)
        return "a message in the NFVO's own queue that it had not written";
    if (d->in->command)
        return arena_printf(d->arena, "an answer to command '%s', which was sent elsewhere",
                            d->in->command);
    if (!msg)
        return "a message between the NFVO's own parts";
    return arena_printf(d->arena, "%s for VNFR '%s' of service %s, which is another's",
                        action_word(action_parse(msg->action)), vnfr ? vnfr->key[VNFR_NAME] : "?",
                        d->in->agg);
}

bool author_is_foreign(struct decision *d)
{
    if (!d->in->room)
        return false;
    bool is_known = d->root && d->root->mark != ROW_GONE;
    bool is_counterfeit = d->in->is_echo || d->in->is_forged;
    if (!is_counterfeit && (!is_known || !rules[d->in->event] || rules[d->in->event](d)))
        return false;
    d->outcome = DECISION_FOREIGN;
    d->text = said(d);
    return true;
}
