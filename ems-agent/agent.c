#include "ems-agent/agent.h"

#include "common/base/mem.h"
#include "common/daemon/daemon.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "ems-agent/folder.h"
#include "ems-agent/slim.h"
#include "proto/topology.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PREFETCH = 16,
    UNUSED_QUEUE_MS = 30000,
    LOOK_MS = 1000,      /* at what runs, all the same */
    LOOK_OFTEN_MS = 100, /* without inotify */
    IDLE_MS = 60000
};

static void log_event(struct agent *a, const struct bus_event *ev)
{
    switch (ev->type) {
    case BUS_READY:
        a->fault_n = 0;
        log_info(LOG_BUS, "connected", KV_S("broker", a->s.broker_ip),
                 KV_I("port", a->s.broker_port), KV_S("vhost", a->s.virtual_host),
                 KV_S("exchange", a->s.exchange));
        break;
    case BUS_LOST:
        log_warn(LOG_BUS, "lost", KV_I("code", ev->code), KV_S("text", ev->text));
        break;
    case BUS_FAULT:
        /* The NFVO makes our user while we boot: refusals are normal at first. Each power of two.
         */
        a->fault_n++;
        if ((a->fault_n & (a->fault_n - 1)) == 0)
            log_warn(LOG_BUS, "fault", KV_S("item", bus_item_name(ev->item)),
                     KV_S("name", ev->name), KV_I("code", ev->code), KV_S("text", ev->text),
                     KV_I("times", a->fault_n));
        break;
    case BUS_CANCELLED:
        log_warn(LOG_BUS, "cancelled", KV_S("queue", ev->name));
        break;
    default:
        break;
    }
}

static void on_event(struct agent *a, const struct bus_event *ev)
{
    log_event(a, ev);
    if (ev->type == BUS_READY)
        a->is_connected = true;
    else if (ev->type == BUS_LOST)
        a->is_connected = false;
    else if (ev->type == BUS_DELIVERY || ev->type == BUS_OVERSIZE)
        commands_handle(a, ev->delivery);
    outbox_on_event(a, ev);
}

static int wait_ms(const struct agent *a, bool has_worked)
{
    int64_t due = outbox_due_us(a);
    int ms = a->run_queue.first || has_worked ? LOOK_MS : IDLE_MS;

    if (a->run_queue.first && a->journal.inotify < 0)
        ms = LOOK_OFTEN_MS;
    if (due != INT64_MAX && clock_left_ms(due) < ms)
        ms = clock_left_ms(due);
    return ms;
}

static void *loop(void *arg)
{
    struct agent *a = arg;
    struct bus_event ev;
    bool has_worked = false;

    while (!daemon_is_stopping()) {
        enum bus_event_type type = bus_next(a->bus, &ev, a->wake, wait_ms(a, has_worked));
        if (type == BUS_WAKE)
            runs_read_events(&a->journal);
        else if (type != BUS_TIMEOUT)
            on_event(a, &ev);
        run_queue_look(a);
        outbox_pump(a);
        if (has_worked && type == BUS_TIMEOUT) {
            slim_down();
            has_worked = false;
        }
        has_worked |= type != BUS_TIMEOUT;
    }
    return NULL;
}

/* --- open and close --- */

static enum err_code open_root(struct agent *a, struct err *err)
{
    int fd = -1;
    enum err_code rc = folder_open(a->o.scripts_dir, "", &fd, err);

    if (rc != ERR_OK)
        return err_add(err, "scripts-dir");
    close(fd);
    a->root = realpath(a->o.scripts_dir, NULL);
    if (!a->root)
        return err_set_errno(err, ERR_IO, errno, "scripts-dir '%s'", a->o.scripts_dir);
    a->scripts_path = xstrdup(a->root);
    return ERR_OK;
}

static enum err_code read_settings(struct agent *a, struct err *err)
{
    AUTO(sbuf_release) struct sbuf warnings = SBUF_INIT;
    enum err_code rc = settings_read(a->o.properties, &a->s, &warnings, err);

    for (char *line = warnings.s, *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        log_warn(LOG_CONF, "ignored", KV_S("what", line));
    }
    return rc;
}

/* Without tls_ca: the operator's own, else whom this machine trusts anyway. */
static enum err_code choose_ca(struct agent *a, struct err *err)
{
    static const char *const files[] = {"/etc/openbaton/broker-ca.pem",
                                        "/etc/ssl/certs/ca-certificates.crt",
                                        "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};

    if (!a->s.is_tls || a->s.is_tls_insecure || a->s.tls_ca)
        return ERR_OK;
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        if (access(files[i], R_OK) == 0) {
            a->s.tls_ca = xstrdup(files[i]);
            return ERR_OK;
        }
    }
    err_set(err, ERR_INVALID, "tls is on, and there are no certificates to check the broker's by");
    return err_hint(err, "name their file in tls_ca, or put it in '%s'", files[0]);
}

static void open_bus(struct agent *a)
{
    AUTO(sbuf_release) struct sbuf queue = SBUF_INIT, name = SBUF_INIT;
    const struct settings *s = &a->s;

    /* Auto-delete means: when the last consumer goes. An agent that ends between declaring and
     * consuming would leave the queue for ever. */
    const struct bus_arg expires[] = {BUS_ARG_INT("x-expires", UNUSED_QUEUE_MS)};
    topology_agent_queue(s->hostname, &queue);
    sbuf_addf(&name, "ems-agent %s", s->hostname);
    a->bus = bus_new(&(struct bus_options){
        .host = s->broker_ip,
        .port = s->broker_port,
        .vhost = s->virtual_host,
        .user = s->username,
        .password = s->password,
        .name = name.s,
        .heartbeat_s = s->heartbeat_s ? s->heartbeat_s : -1,
        .backoff_min_ms = 100,
        .backoff_max_ms = 10000,
        .max_body = EMS_MESSAGE_MAX,
        .tls = {.is_on = s->is_tls, .ca = s->tls_ca, .is_verify_off = s->is_tls_insecure}});
    bus_want_queue(a->bus, &(struct bus_queue){.name = queue.s,
                                               .is_auto_delete = s->is_autodelete,
                                               .args = expires,
                                               .arg_n = s->is_autodelete ? 1 : 0});
    if (!settings_has_agents_exchange(s))
        bus_want_binding(a->bus, &(struct bus_binding){.queue = queue.s, .exchange = s->exchange});
    bus_want_consumer(a->bus, &(struct bus_consumer){.queue = queue.s, .prefetch = PREFETCH});
}

static enum err_code open_wake(struct agent *a, struct err *err)
{
    const int fds[] = {daemon_stop_fd(), a->journal.inotify};

    a->wake = epoll_create1(EPOLL_CLOEXEC);
    if (a->wake < 0)
        return err_set_errno(err, ERR_IO, errno, "epoll");
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        struct epoll_event ev = {.events = EPOLLIN};
        if (fds[i] >= 0 && epoll_ctl(a->wake, EPOLL_CTL_ADD, fds[i], &ev) != 0)
            return err_set_errno(err, ERR_IO, errno, "epoll");
    }
    return ERR_OK;
}

static void release(struct agent *a)
{
    run_queue_release(a);
    outbox_release(a);
    bus_free(a->bus);
    a->bus = NULL;
    if (a->journal.path)
        runs_close(&a->journal);
    if (a->wake >= 0)
        close(a->wake);
    free(a->root);
    free(a->scripts_path);
    a->root = a->scripts_path = NULL;
    settings_release(&a->s);
}

enum err_code agent_open(void *agent, struct err *err)
{
    struct agent *a = agent;

    a->wake = -1;
    enum err_code rc = read_settings(a, err);
    if (rc == ERR_OK)
        rc = choose_ca(a, err);
    if (rc == ERR_OK)
        rc = open_root(a, err);
    if (rc == ERR_OK)
        rc = runs_open(&a->journal, a->o.journal_dir, a->o.journal_keep, err);
    if (rc == ERR_OK)
        rc = open_wake(a, err);
    if (rc == ERR_OK) {
        outbox_init(a);
        open_bus(a);
        run_queue_adopt(a);
        int sys = pthread_create(&a->thread, NULL, loop, a);
        if (sys)
            rc = err_set_errno(err, ERR_IO, sys, "start a thread");
    }
    if (rc != ERR_OK)
        release(a);
    return rc;
}

void agent_close(void *agent)
{
    struct agent *a = agent;

    pthread_join(a->thread, NULL);
    release(a);
}
