#include "nfvo/lifecycle/operation/progress.h"

#include <string.h>

static struct step_times *find(const struct step_times_list *times, const char *kind)
{
    for (uint32_t i = 0; i < times->n; i++)
        if (strcmp(times->at[i]->kind, kind) == 0)
            return times->at[i];
    return NULL;
}

bool progress_note(struct step_times_list *times, enum step_kind kind, enum step_state state,
                   int64_t now, const char *command, struct arena *a)
{
    const char *word = step_kind_word(kind);
    struct step_times *t = find(times, word);
    if ((state != STEP_STATE_SENT && state != STEP_STATE_DONE) ||
        (t && (t->done_at || state == STEP_STATE_SENT)))
        return false;
    if (!t) {
        t = proto_new(&step_times_type, a);
        t->kind = word;
        proto_list_add(times, t, a);
    }
    if (state == STEP_STATE_SENT) {
        t->sent_at = now;
        t->command = command;
    } else {
        t->done_at = now;
    }
    return true;
}

static void put(struct operation *op, struct plan_step *s, const struct step_times *t)
{
    int state = t->done_at ? STEP_STATE_DONE : STEP_STATE_SENT;
    if (s->state != STEP_STATE_PLANNED && (s->state != STEP_STATE_SENT || s->state == state))
        return;
    s->state = state;
    s->is_touched = step_kinds[s->kind].peer != PEER_NFVO;
    s->sent_at = t->sent_at ? t->sent_at : s->sent_at;
    s->done_at = t->done_at;
    s->command = t->command ? t->command : s->command;
    s->is_news = op->is_news = true;
}

void progress_put(struct operation *op, const char *vnfr, const struct step_times_list *times)
{
    for (uint32_t i = 0; times->n && operation_is_by_phases(op) && i < op->n_steps; i++) {
        struct plan_step *s = &op->steps[i];
        const struct step_times *t =
            s->vnfr && strcmp(s->vnfr, vnfr) == 0 ? find(times, step_kind_word(s->kind)) : NULL;
        if (t)
            put(op, s, t);
    }
}

enum err_code progress_read(struct operation *op, const char *text, struct arena *a,
                            struct err *err)
{
    struct stored_progress *all;
    if (!*text)
        return ERR_OK;
    enum err_code rc = proto_decode(&stored_progress_type, text, strlen(text), 0, a, &all, err);
    for (uint32_t i = 0; rc == ERR_OK && i < all->vnfrs.n; i++)
        progress_put(op, all->vnfrs.at[i]->vnfr, &all->vnfrs.at[i]->steps);
    return rc;
}
