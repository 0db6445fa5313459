#include "common/db/internal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

enum err_code db_listen(struct db *db, const char *channel, struct err *err)
{
    if (!db_is_plain_name(channel))
        return err_set(err, ERR_INVALID, "listen to '%s': not a name of a-z, 0-9 and _", channel);
    for (size_t i = 0; i < db->n_channels; i++)
        if (strcmp(db->channels[i], channel) == 0)
            return db_connect(db, err);
    if (db->n_channels == DB_MAX_CHANNELS)
        return err_set(err, ERR_LIMIT, "listen to '%s': more than %d channels", channel,
                       DB_MAX_CHANNELS);
    snprintf(db->channels[db->n_channels++], DB_NAME_SIZE, "%s", channel);
    /* A new connection listens to all of them. That is rare, and one way is enough. */
    db_disconnect(db);
    return db_connect(db, err);
}

static enum db_wait lost(struct db *db, struct err *err)
{
    db_error_of_connection(err, db->pg, "wait for a notification");
    db_disconnect(db);
    db->stats.failures++;
    return DB_WAIT_LOST;
}

/* A notification that is here already, lent to the caller. */
static bool take_notify(struct db *db, struct db_notify *ret)
{
    if (db->notify)
        PQfreemem(db->notify);
    db->notify = PQnotifies(db->pg);
    if (db->notify)
        *ret = (struct db_notify){.channel = db->notify->relname, .payload = db->notify->extra};
    return db->notify != NULL;
}

enum db_wait db_wait_notify(struct db *db, int wake_fd, int timeout_ms, struct db_notify *ret,
                            struct err *err)
{
    int64_t deadline = timeout_ms < 0 ? INT64_MAX : db_clock_ms() + timeout_ms;
    if (db_connect(db, err) != ERR_OK)
        return DB_WAIT_LOST;
    if (db->is_listening_anew) {
        db->is_listening_anew = false;
        return DB_WAIT_CONNECTED;
    }
    for (;;) {
        if (take_notify(db, ret))
            return DB_WAIT_NOTIFY;
        if (PQstatus(db->pg) != CONNECTION_OK)
            return lost(db, err);
        int64_t left = deadline == INT64_MAX ? -1 : deadline - db_clock_ms();
        if (deadline != INT64_MAX && left < 0)
            left = 0;
        struct pollfd fds[] = {{.fd = PQsocket(db->pg), .events = POLLIN},
                               {.fd = wake_fd, .events = POLLIN}};
        int ready =
            poll(fds, 2, left > INT32_MAX ? INT32_MAX : (int)left); /* a negative fd is skipped */
        if (ready < 0 && errno != EINTR)
            return lost(db, err);
        if (ready == 0)
            return DB_WAIT_TIMEOUT;
        if (ready > 0 && fds[0].revents && !PQconsumeInput(db->pg)) {
            if (take_notify(db, ret))
                return DB_WAIT_NOTIFY;
            return lost(db, err);
        }
        if (ready > 0 && fds[1].revents) {
            if (fds[0].revents && take_notify(db, ret))
                return DB_WAIT_NOTIFY;
            return DB_WAIT_WOKEN;
        }
    }
}
