/* Accounts that give the broker too much work: found (load.h), told as refusals are, shut out until
 * their time is over. What is shut out is a row first (store_watch.h), and each look brings the
 * broker to the rows: a process that is killed in between leaves nobody shut out, or let in. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/audit/audit.h"
#include "nfvo/store/store_account.h"
#include "nfvo/store/store_watch.h"
#include "nfvo/vnfm/broker_watch_internal.h"
#include "nfvo/vnfm/internal.h"

/* A look costs the broker some of what it is to save: at most one part in PAUSE + 1 of the time,
 * unless somebody is suspected. What it costs is what it takes when nobody floods: one that takes
 * longer than others did is no reason to look less. It is waited for (PATIENCE_MS), since an answer
 * that is given up costs as much and tells nothing. */
enum { PAUSE = 5, PAUSE_MAX_MS = 15000, PATIENCE_MS = 30000, AGENT_PREFIX_LEN = 4 };
enum { USUAL_GROWTH = 16 /* part by which what is usual grows with each look that takes longer */ };

/* --- who did how much --------------------------------------------------------------------------
 */

static bool is_nfvo(const struct broker_watch *w, const char *account)
{
    const char *user = w->setup->bus->user, *other = w->setup->options->management_user;
    return strcmp(account, user && *user ? user : "guest") == 0 ||
           (other && strcmp(account, other) == 0);
}

static bool is_agent(const char *account)
{
    return strncmp(account, "ems.", AGENT_PREFIX_LEN) == 0;
}

/* The inner room is ours, whoever else is in it. */
static enum load_place place_of(const struct broker_watch *w, const char *vhost)
{
    const char *agents = w->setup->options->agents_vhost;
    if (strcmp(vhost, management_vhost(&w->management)) == 0)
        return LOAD_IGNORED;
    if ((agents && *agents && strcmp(vhost, agents) == 0) || topology_agent_of_vhost(vhost))
        return LOAD_AGENTS;
    return room_list_find(&w->rooms, vhost) ? LOAD_ROOM : LOAD_IGNORED;
}

static struct load_item item_of(const struct broker_watch *w, const char *account,
                                const char *vhost)
{
    enum load_place place = place_of(w, vhost);
    return (struct load_item){.account = account,
                              .room = vhost,
                              .place = place,
                              .is_nfvo = is_nfvo(w, account),
                              .is_agent = place == LOAD_AGENTS && is_agent(account)};
}

static void on_load(void *arg, const struct management_load *l)
{
    struct broker_watch *w = arg;
    struct load_item item = item_of(w, l->account, l->vhost);
    item.name = l->name;
    item.work = l->reductions;
    item.bytes = l->bytes;
    load_add(w->load, &item);
}

/* "connection <0.1.0> (PEER -> BROKER - NAME): user 'X' authenticated and granted access to vhost
 * 'Y'". NAME is the client's and may hold anything: the last one counts. */
void loads_note(struct broker_watch *w, const char *line, size_t len)
{
    static const char user[] = "): user '",
                      granted[] = "' authenticated and granted access to vhost '";
    char text[1024];
    const char *at = NULL;
    if (len >= sizeof(text) || !memmem(line, len, granted, sizeof(granted) - 1))
        return;
    memcpy(text, line, len);
    text[len] = '\0';
    for (const char *next = text; (next = strstr(next, user)); next++)
        at = next + sizeof(user) - 1;
    char *end = at ? strstr(at, granted) : NULL;
    if (!end)
        return;
    char *vhost = end + sizeof(granted) - 1, *vhost_end = strchr(vhost, '\'');
    if (!vhost_end)
        return;
    *end = *vhost_end = '\0';
    struct load_item item = item_of(w, at, vhost);
    if (w->load)
        load_login(w->load, &item);
}

/* --- those who did too much --------------------------------------------------------------------
 */

static void put_excess(const struct load_excess *x, int64_t until, char *ret, size_t size)
{
    enum { MEGA = 1000000 };
    char clock[32];
    time_t at = (time_t)(until / USEC_PER_SEC);
    struct tm tm;
    strftime(clock, sizeof(clock), "%H:%M:%S UTC", gmtime_r(&at, &tm));
    if (!x->is_bytes)
        snprintf(ret, size,
                 "it gave the broker the work of %" PRId64 " small messages a second, %" PRId64
                 " are its share: shut out until %s",
                 x->work / LOAD_MESSAGE, x->allowed_work / LOAD_MESSAGE, clock);
    else
        snprintf(ret, size,
                 "it moved %" PRId64 " MB a second, %" PRId64 " are its share: shut out until %s",
                 x->bytes / MEGA, x->allowed_bytes / MEGA, clock);
}

static void on_excess(void *arg, const struct load_excess *x)
{
    struct broker_watch *w = arg;
    struct refusal r = {.kind = REFUSAL_FLOOD, .needs = ""};
    const struct store_shut shut = {
        .account = x->account, .room = x->room, .is_agent = is_agent(x->account)};
    struct err err = ERR_INIT;
    int64_t until = 0;
    if (loads_is_shut(w, x->account))
        return; /* what it did before that */
    if (store_shut_add(w->db, &shut, w->setup->options->account_pause_ms * USEC_PER_MS, &until,
                       &err) != ERR_OK) {
        log_warn(LOG_SEC, "account_not_shut_out", KV_S("account", x->account), KV_ERR(&err));
        return;
    }
    refusal_text(x->account, strlen(x->account), r.account, sizeof(r.account));
    refusal_text(x->room, strlen(x->room), r.vhost, sizeof(r.vhost));
    put_excess(x, until, r.words, sizeof(r.words));
    refusals_add(w, &r);
}

static void let_in(struct broker_watch *w, const struct store_shut *s)
{
    struct err err = ERR_INIT;
    enum err_code rc = management_let_in(&w->management, s->account, s->is_agent, &err);
    bool is_gone = rc == ERR_NOT_FOUND || rc == ERR_DENIED;
    if (rc == ERR_OK || is_gone)
        rc = store_shut_end(w->db, s->account, &err);
    if (rc != ERR_OK) {
        log_debug(LOG_SEC, "account_not_let_in", KV_S("account", s->account), KV_ERR(&err));
        return; /* at the next look */
    }
    if (!is_gone)
        audit_write(w->setup->audit, &(struct audit_record){.kind = AUDIT_BROKER,
                                                            .outcome = AUDIT_OK,
                                                            .who = s->account,
                                                            .what = "let in again by nfvo"});
    log_info(LOG_SEC, "account_let_in", KV_S("account", s->account));
}

/* What it left for the NFVO would cost as much as the flood itself, and for longer. Where others
 * are in the room, it is not known what is whose. */
static enum err_code drop_what_it_left(struct broker_watch *w, const struct store_shut *s,
                                       struct err *err)
{
    static const char *const entries[] = {QUEUE_MANAGER_HANDLING, QUEUE_ACTIONS,
                                          QUEUE_ACTIONS_REPLY,    QUEUE_EVENT_REGISTER,
                                          QUEUE_EVENT_UNREGISTER, QUEUE_REPLIES};
    int64_t others = 0;
    if (s->is_agent)
        return ERR_OK;
    enum err_code rc = store_room_others(w->db, s->room, s->account, &others, err);
    for (size_t i = 0; rc == ERR_OK && others == 0 && i < ARRAY_LEN(entries); i++)
        rc = management_purge(&w->management, s->room, entries[i], err);
    return rc;
}

static void shut_out(struct broker_watch *w, const struct store_shut *s)
{
    struct err err = ERR_INIT;
    enum err_code rc = management_shut_out(&w->management, s->account, &err);
    if (rc == ERR_NOT_FOUND || rc == ERR_DENIED)
        rc = store_shut_end(w->db, s->account, &err);
    else if (rc == ERR_OK)
        rc = drop_what_it_left(w, s, &err);
    if (rc != ERR_OK)
        log_debug(LOG_SEC, "account_not_shut_out", KV_S("account", s->account), KV_ERR(&err));
}

/* The broker to what the rows say. */
static enum err_code follow_rows(struct broker_watch *w, struct err *err)
{
    arena_reset(&w->shut_arena);
    w->shut = NULL;
    w->shut_n = 0;
    enum err_code rc = store_shut_list(w->db, &w->shut_arena, &w->shut, &w->shut_n, err);
    for (size_t i = 0; rc == ERR_OK && i < w->shut_n; i++)
        if (w->shut[i].is_due)
            let_in(w, &w->shut[i]);
        else
            shut_out(w, &w->shut[i]);
    return rc;
}

/* --- the look ----------------------------------------------------------------------------------
 */

static enum err_code look(struct broker_watch *w, bool *ret_is_waiting, struct err *err)
{
    const struct registry_options *o = w->setup->options;
    const struct load_bounds bounds = {.work = o->account_max_work * LOAD_MESSAGE,
                                       .bytes = o->account_max_traffic};
    enum err_code rc = ERR_OK;
    refusals_follow_rooms(w);
    if (bounds.work || bounds.bytes) {
        if (!w->load)
            w->load = load_new();
        load_begin(w->load);
        rc = management_loads(&w->management, on_load, w, err);
        if (rc == ERR_OK)
            *ret_is_waiting = load_end(w->load, clock_mono_us(), &bounds, on_excess, w);
    }
    enum err_code rows = follow_rows(w, rc == ERR_OK ? err : NULL);
    return rc == ERR_OK ? rows : rc;
}

static int64_t pause_after(struct broker_watch *w, int64_t took_us)
{
    int64_t usual = w->look_usual_us + w->look_usual_us / USUAL_GROWTH + 1;
    w->look_usual_us = took_us < usual || !w->look_usual_us ? took_us : usual;
    int64_t pause_us = w->look_usual_us * PAUSE;
    if (pause_us < LOADS_MS * USEC_PER_MS)
        return LOADS_MS * USEC_PER_MS;
    return pause_us < PAUSE_MAX_MS * USEC_PER_MS ? pause_us : PAUSE_MAX_MS * USEC_PER_MS;
}

void loads_look(struct broker_watch *w, bool is_turn_ours)
{
    struct err err = ERR_INIT;
    int64_t now = clock_mono_us();
    bool is_waiting = false;
    if (!is_turn_ours) {
        loads_forget(w);
        w->loads_at_us = now + LOADS_MS * USEC_PER_MS;
        return;
    }
    const int64_t timeout_ms = w->management.timeout_ms;
    if (timeout_ms < PATIENCE_MS)
        w->management.timeout_ms = PATIENCE_MS;
    enum err_code rc = look(w, &is_waiting, &err);
    w->management.timeout_ms = timeout_ms;
    if (rc != ERR_OK && !w->is_load_failing && !atomic_load(&w->is_stopping))
        log_warn(
            LOG_VNFM, "loads_not_read", KV_ERR(&err),
            KV_S("hint", "accounts that give the broker too much work are not found meanwhile"));
    w->is_load_failing = rc != ERR_OK;
    int64_t took_us = clock_mono_us() - now, pause_us = pause_after(w, took_us);
    if (is_waiting || rc != ERR_OK) /* a broker that does not answer in time may be flooded */
        pause_us = LOADS_SOON_MS * USEC_PER_MS;
    w->loads_at_us = now + took_us + pause_us;
}

void loads_forget(struct broker_watch *w)
{
    load_free(w->load);
    w->load = NULL;
    arena_release(&w->shut_arena);
    w->shut = NULL;
    w->shut_n = 0;
}
