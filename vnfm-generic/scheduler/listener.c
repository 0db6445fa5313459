/* Hears what other processes of us wrote. */
#include "vnfm-generic/scheduler/internal.h"

#include "common/log/log.h"
#include "common/sys/clock.h"

#include <poll.h>

static void rest(const struct scheduler *c, int ms)
{
    struct pollfd fd = {.fd = c->stop_fd, .events = POLLIN};
    poll(&fd, 1, ms);
}

void *listener_run(void *arg)
{
    struct scheduler *c = arg;
    unsigned lost = 0;
    struct db *db = db_new(&(struct db_options){.conninfo = c->o->conninfo,
                                                .application_name = "vnfm-generic-listener",
                                                .schema = c->o->schema});
    err_ignore(db_listen(db, c->o->schema, NULL), "db_wait_notify tries again");
    for (;;) {
        struct db_notify n;
        struct err err = ERR_INIT;
        enum db_wait what = db_wait_notify(db, c->stop_fd, -1, &n, &err);
        if (what == DB_WAIT_WOKEN)
            break;
        if (what == DB_WAIT_LOST) {
            log_warn(LOG_DB, "listener_lost_database", KV_ERR(&err));
            rest(c, db_backoff_ms(lost++, (uint32_t)clock_mono_us()));
            continue;
        }
        lost = 0;
        if (what == DB_WAIT_CONNECTED) /* what was told before is lost */
            event_give(c, EVENT_LOOK, NULL, NULL);
        else if (what == DB_WAIT_NOTIFY)
            event_give(c, EVENT_NOTE, NULL, n.payload);
    }
    db_free(db);
    return NULL;
}
