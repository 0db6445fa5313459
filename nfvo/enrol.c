#include "nfvo/enrol.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/bus/bus.h"
#include "common/daemon/daemon.h"
#include "common/sys/clock.h"
#include "common/sys/file.h"
#include "nfvo/broker/topology_bus.h"
#include "nfvo/context.h"
#include "nfvo/vnfm/account.h"
#include "nfvo/vnfm/management.h"

enum { PAUSE_MS = 250 };

/* --- the file --------------------------------------------------------------------------------- */

static enum err_code write_password(const char *path, const struct sbuf *password, struct err *err)
{
    AUTO(sbuf_release) struct sbuf temporary = SBUF_INIT;
    sbuf_addf(&temporary, "%s.new-XXXXXX", path);
    int fd = mkostemp(temporary.s, O_CLOEXEC); /* 0600 */
    bool is_written = fd >= 0 && file_write_all(fd, password->s, password->len) &&
                      file_write_all(fd, "\n", 1) && fsync(fd) == 0;
    int error = errno;
    if (fd >= 0)
        close(fd);
    if (is_written && rename(temporary.s, path) == 0)
        return ERR_OK;
    if (is_written)
        error = errno;
    if (fd >= 0)
        err_ignore(unlink(temporary.s) == 0 ? ERR_OK : ERR_IO, "it is not there, or stays");
    return err_set_errno(err, ERR_IO, error, "write '%s'", path);
}

/* --- the account ------------------------------------------------------------------------------ */

struct enrolment {
    const struct enrol_settings *what;
    struct registry_setup setup;
    struct arena arena;
    struct account_told told;
    int64_t deadline_us;
    int64_t others; /* in its room */
};

static bool may_try_again(const struct enrolment *e, enum err_code rc)
{
    if ((rc != ERR_UNAVAIL && rc != ERR_TIMEOUT && rc != ERR_UNKNOWN) ||
        clock_mono_us() >= e->deadline_us)
        return false;
    nfvo_pause_ms(PAUSE_MS);
    return true;
}

/* One of that name is there: is it what is asked for? */
static enum err_code check_same(const struct enrolment *e, const struct store_account *m,
                                struct err *err)
{
    const struct enrol_settings *w = e->what;
    const char *kind = strcmp(m->kind, "plugin") == 0 ? "driver" : m->kind;
    const struct {
        const char *what, *is, *wanted;
    } members[] = {{"kind", kind, w->kind},
                   {"type", m->type, w->type},
                   {"queue", m->queue, w->queue},
                   {"room", m->room, *text_or_empty(w->room) ? w->room : m->room}};
    if (strcmp(m->state, "ending") == 0)
        return err_set(err, ERR_STATE, "account '%s' is being deleted", m->name);
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (strcmp(members[i].is, text_or_empty(members[i].wanted)) != 0) {
            err_set(err, ERR_STATE, "account '%s' is there, with %s '%s' and not '%s'", m->name,
                    members[i].what, members[i].is, text_or_empty(members[i].wanted));
            return err_hint(err, "baton manager delete %s; then enrol it again", m->name);
        }
    return ERR_OK;
}

static enum err_code take_there(struct enrolment *e, struct db *db, const struct store_account *m,
                                struct err *err)
{
    enum err_code rc = check_same(e, m, err);
    e->told.room = m->room;
    if (rc != ERR_OK)
        return rc;
    if (e->what->is_rotated)
        return account_rotate(db, &e->setup, m->name, &e->told, err);
    if ((rc = account_password(&e->setup, m, &e->told.password, err)) == ERR_OK)
        rc = store_account_redo(db, m->name, err); /* the broker may have lost it */
    return rc;
}

static enum err_code put_row(struct enrolment *e, struct db *db, struct err *err)
{
    const struct enrol_settings *w = e->what;
    struct store_account m = {0};
    const struct account_wish wish = {.name = w->name,
                                      .kind = w->kind,
                                      .type = w->type,
                                      .queue = w->queue,
                                      .room = w->room,
                                      .project = w->project,
                                      .has_management = w->has_management};
    enum err_code rc = store_account_get(db, w->name, &e->arena, &m, err);
    if (rc == ERR_NOT_FOUND)
        rc = account_enrol(db, &e->setup, &wish, &e->arena, &e->told, err);
    else if (rc == ERR_OK)
        rc = take_there(e, db, &m, err);
    return rc;
}

/* Also where an nfvo that runs does it at the same time. */
static enum err_code converge(struct enrolment *e, struct db *db, struct err *err)
{
    struct management management;
    struct store_account m = {0};
    enum err_code rc;
    bool is_done = false;
    management_init(&management, &e->setup, -1);
    const struct account_place where = {.management = &management, .setup = &e->setup, .db = db};
    do {
        *err = (struct err)ERR_INIT;
        rc = account_converge(&where, e->what->name, &is_done, err);
        if (rc == ERR_OK)
            rc = store_account_get(db, e->what->name, &e->arena, &m, err);
        e->others = 0;
        if (rc == ERR_OK && *m.room)
            rc = store_room_others(db, m.room, m.name, &e->others, err);
        if (rc == ERR_OK && strcmp(m.state, "ready") != 0)
            rc = err_set(err, ERR_UNAVAIL, "account '%s' is being made by another nfvo", m.name);
    } while (rc != ERR_OK && may_try_again(e, rc));
    management_release(&management);
    return rc;
}

/* Exchange and queues of its room, as each nfvo declares them: a peer that starts before nfvo
 * registers into a queue that is there, and is answered by the first one. */
static enum err_code furnish(struct enrolment *e, struct err *err)
{
    struct bus_options options = *e->setup.bus;
    struct bus_event ev;
    enum err_code rc = ERR_TIMEOUT;
    int left_ms;
    options.vhost = account_vhost(&e->setup, e->told.room);
    struct bus *bus = bus_new(&options);
    topology_declare_room(bus);
    err_set(err, rc, "room '%s': the broker does not answer", options.vhost);
    while (rc != ERR_OK && (left_ms = clock_left_ms(e->deadline_us)) > 0)
        switch (bus_next(bus, &ev, -1, left_ms)) {
        case BUS_READY:
            rc = ERR_OK;
            break;
        case BUS_FAULT:
        case BUS_LOST:
            err_set(err, rc, "room '%s': %s", options.vhost, ev.text);
            break;
        default:
            break;
        }
    bus_free(bus);
    if (rc == ERR_OK)
        *err = (struct err)ERR_INIT;
    return rc;
}

static enum err_code open_store(struct enrolment *e, struct nfvo *n, struct err *err)
{
    enum err_code rc;
    do {
        *err = (struct err)ERR_INIT;
        rc = store_open(&n->store, &n->options.store, err);
    } while (rc != ERR_OK && may_try_again(e, rc));
    return rc;
}

static enum err_code enrol(struct enrolment *e, struct nfvo *n, struct err *err)
{
    enum err_code rc = open_store(e, n, err);
    if (rc != ERR_OK)
        return rc;
    struct db *db = store_borrow(n->store);
    e->setup.store = n->store;
    rc = put_row(e, db, err);
    if (rc == ERR_OK)
        rc = converge(e, db, err);
    if (rc == ERR_OK && *e->told.room)
        rc = furnish(e, err);
    if (rc == ERR_OK)
        rc = write_password(e->what->password_path, &e->told.password, err);
    store_return(n->store, db);
    store_close(n->store);
    return rc;
}

static void tell(const struct enrolment *e)
{
    const struct enrol_settings *w = e->what;
    printf("# account '%s' of %s '%s'%s\n"
           "broker-vhost = %s\nbroker-user = %s\nbroker-password-file = %s\n",
           w->name, w->kind, text_or_empty(*text_or_empty(w->type) ? w->type : w->queue),
           e->told.is_new        ? ", new"
           : e->what->is_rotated ? ", with another password"
                                 : "",
           account_vhost(&e->setup, e->told.room), w->name, w->password_path);
    if (e->others)
        printf("# others in this room: %d; they can act for each other\n", (int)e->others);
}

int enrol_once(void *ctx)
{
    struct nfvo *n = ctx;
    struct err err = ERR_INIT;
    struct enrolment e = {
        .what = &n->options.enrol, .arena = ARENA_INIT, .told = ACCOUNT_TOLD_INIT};
    if (!*text_or_empty(e.what->name))
        return -1;
    n->registry_bus = broker_options(&n->options.broker, "nfvo enrol");
    e.setup = (struct registry_setup){.options = &n->options.registry, .bus = &n->registry_bus};
    e.deadline_us = clock_mono_us() + e.what->timeout_ms * USEC_PER_MS;
    enum err_code rc = ERR_OK;
    if (!*text_or_empty(e.what->password_path)) {
        rc = err_set(&err, ERR_INVALID, "where does the password go?");
        err_hint(&err, "--password-file FILE");
    } else
        rc = enrol(&e, n, &err);
    if (rc == ERR_OK)
        tell(&e);
    else
        fprintf(stderr, "nfvo: %s%s%s\n", err.msg, err.hint[0] ? "; hint: " : "", err.hint);
    account_told_release(&e.told);
    arena_release(&e.arena);
    return rc == ERR_OK        ? DAEMON_EXIT_OK
           : rc == ERR_INVALID ? DAEMON_EXIT_CONFIG
                               : DAEMON_EXIT_FAILURE;
}
