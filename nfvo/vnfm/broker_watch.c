#include "nfvo/vnfm/broker_watch.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/store/store_watch.h"
#include "nfvo/vnfm/broker_watch_internal.h"
#include "nfvo/vnfm/internal.h"

#define LOGINS "logins" /* our name of the queue; the broker gives it another */

/* --- alarms ----------------------------------------------------------------------------------- */

struct alarms {
    struct sbuf list; /* ["..",..] without the brackets */
    struct sbuf text; /* for people */
    int memory_n, disk_n;
};

static void add_alarm(struct alarms *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void add_alarm(struct alarms *a, const char *fmt, ...)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    va_list ap;
    va_start(ap, fmt);
    sbuf_vaddf(&text, fmt, ap);
    va_end(ap);
    sbuf_adds(&a->list, a->list.len ? "," : "");
    proto_quotes(&a->list, text.s);
    sbuf_addf(&a->text, "%s%s", a->text.len ? "; " : "", text.s);
}

static void on_node(void *arg, const struct management_node *n)
{
    enum { MEGA = 1000000 };
    struct alarms *a = arg;
    if (n->has_memory_alarm) {
        a->memory_n++;
        add_alarm(a,
                  "memory alarm of broker node '%.100s' (%lld MB used, limit %lld MB): it takes no "
                  "messages; empty the queues that hold them (baton status -o wide), or give it "
                  "memory (vm_memory_high_watermark)",
                  n->name, (long long)(n->memory_used / MEGA), (long long)(n->memory_limit / MEGA));
    }
    if (n->has_disk_alarm) {
        a->disk_n++;
        add_alarm(a,
                  "disk alarm of broker node '%.100s' (%lld MB free, limit %lld MB): it takes no "
                  "messages; make room on the disk with its data, or lower disk_free_limit",
                  n->name, (long long)(n->disk_free / MEGA), (long long)(n->disk_limit / MEGA));
    }
}

static void look_for_alarms(struct broker_watch *w)
{
    struct alarms now = {.list = SBUF_INIT, .text = SBUF_INIT};
    struct err err = ERR_INIT;
    if (management_nodes(&w->management, on_node, &now, &err) == ERR_OK) {
        int64_t blocked = 0;
        if (now.text.len && management_blocked(&w->management, &blocked, NULL) == ERR_OK && blocked)
            sbuf_addf(&now.text, "; %lld connection%s held up", (long long)blocked,
                      blocked == 1 ? " is" : "s are");
        pthread_mutex_lock(&w->lock);
        bool is_new = now.text.len && !w->alarm_text.len,
             is_over = !now.text.len && w->alarm_text.len;
        struct sbuf list = w->alarm_list, text = w->alarm_text;
        w->alarm_list = now.list;
        w->alarm_text = now.text;
        pthread_mutex_unlock(&w->lock);
        if (is_new)
            log_error(LOG_BUS, "broker_alarm",
                      KV_S("what", now.text.s)); /* only this thread writes */
        if (is_over)
            log_info(LOG_BUS, "broker_alarm_over", KV_S("what", text.s));
        sbuf_release(&list);
        sbuf_release(&text);
        metric_set(w->metrics, M_ALARMS, now.memory_n, 0, 0);
        metric_set(w->metrics, M_ALARMS, now.disk_n, 1, 0);
        return;
    }
    sbuf_release(&now.list);
    sbuf_release(&now.text);
}

bool broker_watch_has_alarm(struct broker_watch *w, struct sbuf *why)
{
    if (!w)
        return false;
    pthread_mutex_lock(&w->lock);
    bool has = w->alarm_text.len > 0;
    sbuf_adds(why, w->alarm_text.s);
    pthread_mutex_unlock(&w->lock);
    return has;
}

void broker_watch_set_accounts_fault(struct broker_watch *w, const struct err *why)
{
    pthread_mutex_lock(&w->lock);
    sbuf_clear(&w->accounts_fault);
    sbuf_clear(&w->accounts_hint);
    if (why) {
        sbuf_adds(&w->accounts_fault, why->msg);
        sbuf_adds(&w->accounts_hint, why->hint);
    }
    pthread_mutex_unlock(&w->lock);
}

void broker_watch_render(struct broker_watch *w, struct sbuf *out)
{
    pthread_mutex_lock(&w->lock);
    sbuf_addf(out, "{\"alarms\":[%s],\"log\":%s", w->alarm_list.s,
              w->log_state == LOG_UNKNOWN ? "null"
              : w->log_state == LOG_READ  ? "true"
                                          : "false");
    if (w->log_state == LOG_NOT_READ) {
        sbuf_adds(out, ",\"logFault\":");
        proto_quotes(out, w->log_fault.s);
    }
    const struct registry_options *o = w->setup->options;
    if (w->accounts_fault.len) {
        sbuf_adds(out, ",\"accountsFault\":");
        proto_quotes(out, w->accounts_fault.s);
        sbuf_adds(out, ",\"accountsHint\":");
        proto_quotes(out, w->accounts_hint.s);
    } else if (o->is_registration_open) {
        sbuf_adds(out, ",\"openRoom\":");
        proto_quotes(out, o->registration_room);
    }
    sbuf_addc(out, '}');
    pthread_mutex_unlock(&w->lock);
}

/* --- the broker's log --------------------------------------------------------------------------
 */

static void set_log_state(struct broker_watch *w, enum log_state state, const char *why)
{
    pthread_mutex_lock(&w->lock);
    bool is_new = w->log_state != state;
    w->log_state = state;
    sbuf_clear(&w->log_fault);
    sbuf_adds(&w->log_fault, why);
    pthread_mutex_unlock(&w->lock);
    metric_set(w->metrics, M_LOG_READ, state == LOG_READ, 0, 0);
    if (is_new && state == LOG_READ)
        log_info(LOG_BUS, "broker_log_is_read", KV_S("queue", w->queue.s));
    else if (is_new && !atomic_load(&w->is_stopping))
        log_warn(LOG_BUS, "broker_log_is_not_read", KV_S("why", why),
                 KV_S("hint", "log.exchange = true in rabbitmq.conf lets nfvo tell what the broker "
                              "refuses to whom"));
}

static void close_log(struct broker_watch *w, const char *why)
{
    bus_free(w->bus);
    w->bus = NULL;
    set_log_state(w, LOG_NOT_READ, why);
}

/* Who logs in (load.h): each process for itself, and nothing of it is kept. */
static void open_logins(struct bus *bus)
{
    static const struct bus_arg args[] = {
        {.name = "x-max-length", .type = BUS_INT, .integer = QUEUE_BROKER_LOG_MAX}};
    bus_want_queue(bus, &(struct bus_queue){.name = LOGINS,
                                            .is_server_named = true,
                                            .is_exclusive = true,
                                            .is_auto_delete = true,
                                            .args = args,
                                            .arg_n = ARRAY_LEN(args)});
    bus_want_binding(bus, &(struct bus_binding){.queue = LOGINS,
                                                .exchange = QUEUE_BROKER_LOG_EXCHANGE,
                                                .key = "info"});
    bus_want_consumer(bus, &(struct bus_consumer){.queue = LOGINS, .prefetch = PREFETCH});
}

/* The virtual host "/" is where the broker makes that exchange. */
static void open_log(struct broker_watch *w)
{
    static const struct bus_arg args[] = {
        {.name = "x-max-length", .type = BUS_INT, .integer = QUEUE_BROKER_LOG_MAX},
        {.name = "x-max-length-bytes", .type = BUS_INT, .integer = QUEUE_BROKER_LOG_MAX_BYTES},
        {.name = "x-expires", .type = BUS_INT, .integer = QUEUE_BROKER_LOG_EXPIRES_MS}};
    struct bus_options o = *w->setup->bus;
    o.name = "nfvo broker log";
    o.vhost = "/";
    o.max_body = 64 * 1024;
    w->bus = bus_new(&o);
    open_logins(w->bus);
    bus_want_queue(w->bus, &(struct bus_queue){.name = w->queue.s,
                                               .is_durable = true,
                                               .args = args,
                                               .arg_n = ARRAY_LEN(args)});
    bus_want_binding(w->bus, &(struct bus_binding){.queue = w->queue.s,
                                                   .exchange = QUEUE_BROKER_LOG_EXCHANGE,
                                                   .key = "error"});
    bus_want_consumer(w->bus, &(struct bus_consumer){.queue = w->queue.s, .prefetch = PREFETCH});
}

void broker_log_missed(struct broker_watch *w, const char *why)
{
    if (w->has_missed_log || w->log_state != LOG_UNKNOWN)
        set_log_state(w, LOG_NOT_READ, why);
    w->has_missed_log = true;
}

static void look_for_log(struct broker_watch *w)
{
    struct err err = ERR_INIT;
    bool is_there = false;
    if (w->bus)
        return;
    if (management_has_exchange(&w->management, "/", QUEUE_BROKER_LOG_EXCHANGE, &is_there, &err) !=
        ERR_OK)
        broker_log_missed(w, err.msg);
    else if (!is_there)
        broker_log_missed(w, "the broker does not publish its log");
    else
        open_log(w);
}

static void on_event(struct broker_watch *w, const struct bus_event *ev)
{
    switch (ev->type) {
    case BUS_DELIVERY:
        if (strcmp(ev->delivery->queue, LOGINS) == 0) {
            loads_note(w, ev->delivery->body, ev->delivery->len);
            bus_ack(w->bus, ev->delivery->tag, ev->delivery->epoch);
            break;
        }
        if (strcmp(ev->delivery->exchange, QUEUE_BROKER_LOG_EXCHANGE) ==
            0) /* nobody can feign it */
            refusals_note(w, ev->delivery->body, ev->delivery->len);
        w->unacked = (struct unacked){ev->delivery->tag, ev->delivery->epoch, w->unacked.n + 1};
        break;
    case BUS_OVERSIZE:
        if (strcmp(ev->delivery->queue, LOGINS) == 0) {
            bus_ack(w->bus, ev->delivery->tag, ev->delivery->epoch);
            break;
        }
        w->unacked = (struct unacked){ev->delivery->tag, ev->delivery->epoch, w->unacked.n + 1};
        break;
    case BUS_READY:
        if (bus_has_all(w->bus))
            set_log_state(w, LOG_READ, "");
        break;
    case BUS_FAULT: /* looked for again later: no loop of refusals of our own */
        if (ev->item != BUS_CONNECTION || ev->code) /* not: the broker is away for a while */
            w->has_failed = true;
        sbuf_clear(&w->failure);
        sbuf_adds(&w->failure, ev->text);
        break;
    case BUS_LOST:
        w->unacked.n = 0; /* delivered again; what was noted of them is counted twice */
        refusals_forget(w);
        break;
    default:
        break;
    }
}

/* --- agents ------------------------------------------------------------------------------------
 */

struct presence {
    struct db_array hostnames;
};

static void on_agent_queue(void *arg, const struct management_queue *q)
{
    struct presence *p = arg;
    const char *host;
    size_t len;
    if (topology_agent_host(q->name, &host, &len) && (q->is_auto_delete || q->consumers > 0))
        db_array_textn(&p->hostnames, host, len);
}

/* Until a server is gone for good, its agent's queue is there as long as the agent: auto-deleted.
 */
static void look_for_agents(struct broker_watch *w)
{
    struct presence p = {DB_TEXT_ARRAY};
    struct err err = ERR_INIT;
    const char *vhost = w->setup->options->agents_vhost;
    int64_t gone = 0, news = 0;
    if (!vhost || !*vhost) /* then they are where the others are */
        vhost = management_vhost(&w->management);
    enum err_code rc = management_queues_like(&w->management, vhost, "^vnfm\\..+\\.actions$",
                                              on_agent_queue, &p, &err);
    if (rc == ERR_OK)
        rc = store_agents_seen(w->db, &p.hostnames, &gone, &news, &err);
    if (rc == ERR_OK) {
        metric_set(w->metrics, M_AGENTS_GONE, gone, 0, 0);
        if (news)
            log_warn(LOG_VNFM, "agents_gone", KV_I("gone", news), KV_I("in_all", gone));
    }
    db_array_release(&p.hostnames);
}

/* --- the loop ----------------------------------------------------------------------------------
 */

/* One process looks for all of them: who holds the lock, as long as its connection to the database
 * lasts. Locks are the database's: another NFVO may be in another schema. */
static bool is_turn_ours(struct broker_watch *w)
{
    static const struct db_statement lock = {
        "broker_watch_turn",
        "SELECT pg_try_advisory_lock($1::int8 # hashtextextended(current_schema(), 0))"};
    int64_t key = db_lock_key("broker-watch", "");
    struct db_result res;
    bool is = db_query(w->db, &lock, DB_PARAMS(db_param_int(key)), &res, NULL) == ERR_OK &&
              db_rows(&res) == 1 && db_bool(&res, 0, 0);
    db_results_clear(w->db);
    return is;
}

static bool is_due(int64_t *at_us, int64_t now, int64_t every_ms)
{
    if (now < *at_us)
        return false;
    *at_us = now + every_ms * USEC_PER_MS;
    return true;
}

static void look(struct broker_watch *w)
{
    int64_t now = clock_mono_us();
    int64_t every_ms = w->setup->options->check_interval_ms;
    if (is_due(&w->alarms_at_us, now, every_ms < ALARMS_MS ? every_ms : ALARMS_MS))
        look_for_alarms(w);
    if (is_due(&w->log_at_us, now, every_ms < ALARMS_MS ? every_ms : ALARMS_MS))
        look_for_log(w);
    if (is_due(&w->agents_at_us, now, every_ms * SLOW) && is_turn_ours(w)) {
        look_for_agents(w);
        if (w->log_state == LOG_NOT_READ)
            refusals_guess(w);
    }
    if (w->loads_at_us <= now)
        loads_look(w, is_turn_ours(w));
    if (w->has_failed) {
        w->has_failed = false;
        close_log(w, w->failure.s);
    }
    refusals_store(w);
}

static int wait_ms(const struct broker_watch *w)
{
    int64_t next = w->alarms_at_us;
    if (w->log_at_us < next)
        next = w->log_at_us;
    if (w->agents_at_us < next)
        next = w->agents_at_us;
    if (w->loads_at_us < next)
        next = w->loads_at_us;
    if (w->store_at_us && w->store_at_us < next)
        next = w->store_at_us;
    return clock_left_ms(next);
}

static void *run(void *arg)
{
    struct broker_watch *w = arg;
    struct bus_event ev;
    while (!atomic_load(&w->is_stopping)) {
        look(w);
        if (w->bus) {
            bus_next(w->bus, &ev, w->wake_fd, wait_ms(w));
            on_event(w, &ev);
        } else {
            struct pollfd p = {.fd = w->wake_fd, .events = POLLIN};
            poll(&p, 1, wait_ms(w));
        }
    }
    return NULL;
}

/* --- life --------------------------------------------------------------------------------------
 */

static void release(struct broker_watch *w)
{
    refusals_forget(w);
    loads_forget(w);
    bus_free(w->bus);
    db_free(w->db);
    management_release(&w->management);
    sbuf_release(&w->queue);
    arena_release(&w->rooms_arena);
    sbuf_release(&w->alarm_list);
    sbuf_release(&w->alarm_text);
    sbuf_release(&w->log_fault);
    sbuf_release(&w->accounts_fault);
    sbuf_release(&w->accounts_hint);
    sbuf_release(&w->failure);
    pthread_mutex_destroy(&w->lock);
    if (w->wake_fd >= 0)
        close(w->wake_fd);
    free(w);
}

enum err_code broker_watch_open(struct broker_watch **ret, const struct registry_setup *setup,
                                struct metrics *metrics, int cancel_fd, struct err *err)
{
    struct broker_watch *w = xcalloc(1, sizeof(*w));
    *w = (struct broker_watch){.setup = setup,
                               .metrics = metrics,
                               .silent_ms = SILENT_MS,
                               .queue = SBUF_INIT,
                               .rooms_arena = ARENA_INIT,
                               .alarm_list = SBUF_INIT,
                               .alarm_text = SBUF_INIT,
                               .log_fault = SBUF_INIT,
                               .accounts_fault = SBUF_INIT,
                               .accounts_hint = SBUF_INIT,
                               .failure = SBUF_INIT};
    pthread_mutex_init(&w->lock, NULL);
    w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    w->db = store_connection(setup->store, "nfvo-broker-watch");
    management_init(&w->management, setup, cancel_fd);
    topology_broker_log_queue(management_vhost(&w->management), &w->queue);
    if (w->wake_fd < 0 || pthread_create(&w->thread, NULL, run, w) != 0) {
        release(w);
        return err_set_errno(err, ERR_IO, errno, "start the watch on the broker");
    }
    *ret = w;
    return ERR_OK;
}

void broker_watch_stop(struct broker_watch *w)
{
    uint64_t one = 1;
    if (!w)
        return;
    atomic_store(&w->is_stopping, true);
    if (write(w->wake_fd, &one, sizeof(one)) < 0) /* it cannot be full, and is looked at anyway */
        log_debug(LOG_VNFM, "broker_watch_not_woken", KV_I("errno", errno));
}

void broker_watch_close(struct broker_watch *w)
{
    if (!w)
        return;
    broker_watch_stop(w);
    pthread_join(w->thread, NULL);
    release(w);
}
