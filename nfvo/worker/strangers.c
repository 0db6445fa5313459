#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/store/store_watch.h"
#include "nfvo/worker/internal.h"

#include <stdio.h>
#include <string.h>

/* More rooms than that at once: the last place stands for all the others. */
static struct stranger *find(struct strangers *s, const char *room)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->at[i].room, room) == 0)
            return &s->at[i];
    if (s->n < STRANGERS_MAX) {
        s->at[s->n] = (struct stranger){.n = 0};
        snprintf(s->at[s->n].room, sizeof(s->at[0].room), "%s", room);
        s->n++;
    }
    return &s->at[s->n - 1];
}

void strangers_note(struct strangers *s, const char *room, const char *what, int64_t now_us)
{
    struct stranger *x = find(s, room);
    if (x->n++ == 0)
        snprintf(x->what, sizeof(x->what), "%s", what);
    s->has_news |= !x->told_at_us || now_us - x->told_at_us >= STRANGERS_PAUSE_S * USEC_PER_SEC;
}

static void tell(struct stranger *x, struct db *db)
{
    struct err why = ERR_INIT;
    const char *room = *x->room ? x->room : "inner";
    err_set(&why, ERR_DENIED, "%s", x->what);
    err_hint(&why,
             "an account of that room sends what is another's: 'baton manager list' shows whose "
             "room it is");
    log_warn(LOG_LCM, "foreign_message", KV_S("room", x->room), KV_I("n", x->n),
             KV_S("what", x->what));
    err_ignore(store_refusal_tell(db, "room", room, "room", room, &why), "the log has it");
    x->n = 0;
}

void strangers_tell(struct strangers *s, struct db *db, int64_t now_us)
{
    if (!s->has_news)
        return;
    for (size_t i = 0; i < s->n; i++) {
        struct stranger *x = &s->at[i];
        if (x->n == 0 ||
            (x->told_at_us && now_us - x->told_at_us < STRANGERS_PAUSE_S * USEC_PER_SEC))
            continue;
        tell(x, db);
        x->told_at_us = now_us;
    }
    s->has_news = false;
}
