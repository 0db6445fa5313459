/* vnfm-dummy: a VNFM that does nothing, as fast or as badly as it is told. For tests, the bench and
 * the demo. */
#include "common/base/version.h"
#include "common/daemon/daemon.h"
#include "common/daemon/metrics_page.h"
#include "common/fake/fake.h"
#include "common/log/log.h"
#include "common/peer/options.h"
#include "vnfm-generic/sdk/ob_vnfm.h"

#include <inttypes.h>
#include <stdlib.h>

struct options {
    struct peer_settings peer;
    const char *type, *endpoint, *user_data, *journal;
    const char *nfvo, *listen, *url, *token, *ca, *cert, *key;
    int64_t port;
    struct config_list delay, fail, silent;
    int64_t seed, ask_timeout_ms, stop_grace_ms;
    bool allocate;
};

struct dummy {
    struct options o;
    struct fake *fake;
    struct journal *journal;
    struct ob_vnfm *vnfm;
    struct metrics_page *page;
};

static const struct config_option option_rows[] = {
    CONFIG_STR(struct options, type, "type", "dummy",
               "VNFM type: what a VNFD names as its endpoint"),
    CONFIG_STR(struct options, endpoint, "endpoint", "", "queue; empty: the type"),
    PEER_OPTIONS(struct options, peer),
    CONFIG_STR(struct options, nfvo, "nfvo", "",
               "over HTTP: base of the NFVO's URLs, http://HOST:PORT; empty: over the broker"),
    CONFIG_STR(struct options, listen, "listen-address", "127.0.0.1",
               "over HTTP: where to listen for the NFVO"),
    CONFIG_INT(struct options, port, "listen-port", "0", 0, 65535, NULL,
               "its port; 0: any, which the next process cannot know"),
    CONFIG_STR(struct options, url, "listen-url", "",
               "how the NFVO reaches it; empty: http://ADDRESS:PORT"),
    CONFIG_SECRET(struct options, token, "nfvo-token", "",
                  "what option rest-vnfm-token of nfvo says"),
    CONFIG_PATH(struct options, ca, "nfvo-ca", "",
                "PEM file of the authorities that the NFVO's certificate must be of"),
    CONFIG_PATH(struct options, cert, "listen-cert", "", "PEM file of our certificate: with TLS"),
    CONFIG_PRIVATE_PATH(struct options, key, "listen-key", "", "PEM file of its key"),
    CONFIG_BOOL(struct options, allocate, "allocate", "yes", "let the NFVO allocate the resources"),
    CONFIG_STR(struct options, user_data, "user-data", "", "user data of the instances"),
    CONFIG_LIST(struct options, delay, "delay", "",
                "wait before acting: 50ms, or START=50ms for one action"),
    CONFIG_LIST(struct options, fail, "fail", "",
                "fail: ACTION[:vnf-name pattern][#nth time or %percent]"),
    CONFIG_LIST(struct options, silent, "silent", "", "never answer; same form as fail"),
    CONFIG_INT(struct options, seed, "seed", "1", 0, INT64_MAX / 4, NULL,
               "of what happens by chance"),
    CONFIG_DURATION(struct options, ask_timeout_ms, "ask-timeout", "1000s", 100, 86400000,
                    "for answers of the NFVO"),
    CONFIG_DURATION(struct options, stop_grace_ms, "stop-grace", "5s", 0, 600000,
                    "for requests in hand when stopping"),
    CONFIG_PATH(struct options, journal, "journal", "",
                "file for one JSON line per action carried out"),
    CONFIG_END};

static const char *const actions[] = {"INSTANTIATE", "MODIFY",      "START",  "STOP",
                                      "SCALE_OUT",   "SCALE_IN",    "HEAL",   "RELEASE_RESOURCES",
                                      "UPDATE",      "EXECUTE",     "RESUME", "CONFIGURE",
                                      "ERROR",       "LOG_REQUEST", NULL};

static void note(struct dummy *d, struct ob_request *r, const char *outcome)
{
    if (!journal_is_on(d->journal))
        return;
    struct ob_record *vnfr = ob_request_vnfr(r, NULL);
    struct ob_record *instance = ob_request_record(r, "vnfc_instance", NULL);
    journal_write(d->journal, ob_request_action(r), "name", ob_get_str(vnfr, "name"), "vnfr",
                  ob_get_str(vnfr, "id"), "nsr", ob_get_str(vnfr, "parent_ns_id"), "instance",
                  ob_get_str(instance, "hostname"), "corr", ob_request_id(r), "outcome", outcome,
                  NULL);
}

static enum err_code failure(struct ob_request *r, struct err *err)
{
    err_set(err, ERR_PEER, "vnfm-dummy was told to fail %s", ob_request_action(r));
    return err_hint(err, "see its option --fail");
}

struct waiting {
    struct dummy *dummy;
    struct ob_request *request;
    struct fake_verdict verdict;
};

static void act_late(void *arg)
{
    struct waiting w = *(struct waiting *)arg;
    struct err err = ERR_INIT;
    free(arg);
    note(w.dummy, w.request,
         w.verdict.is_failing  ? "failed"
         : w.verdict.is_silent ? "silent"
                               : "done");
    if (w.verdict.is_silent) {
        ob_request_drop(w.request);
    } else if (w.verdict.is_failing) {
        err_ignore(failure(w.request, &err), "is what is answered");
        ob_request_fail(w.request, &err);
    } else {
        ob_request_reply(w.request);
    }
}

/* The name is only looked up where a rule wants it: a record that nobody reads passes through as
 * text. */
static const char *name_of(struct dummy *d, struct ob_request *r)
{
    return d->o.fail.n || d->o.silent.n ? ob_get_str(ob_request_vnfr(r, NULL), "name") : NULL;
}

static enum err_code act(void *arg, struct ob_request *r, struct err *err)
{
    struct dummy *d = arg;
    struct fake_verdict v = fake_judge(d->fake, ob_request_action(r), name_of(d, r));
    if (!v.delay_ms && !v.is_silent) {
        note(d, r, v.is_failing ? "failed" : "done");
        return v.is_failing ? failure(r, err) : ERR_OK;
    }
    struct waiting *w = malloc(sizeof(*w));
    if (!w)
        return err_set(err, ERR_NOMEM, "wait");
    *w = (struct waiting){d, r, v};
    ob_request_defer(r);
    if (v.delay_ms)
        ob_vnfm_after(d->vnfm, v.delay_ms, act_late, w);
    else
        act_late(w);
    return ERR_OK;
}

static enum err_code give_log(void *arg, struct ob_request *r, struct err *err)
{
    ob_request_add_log(r, "vnfm-dummy runs no scripts", false);
    return act(arg, r, err);
}

static void on_event(void *arg, enum ob_vnfm_state state, int code, const char *text)
{
    (void)arg;
    if (state == OB_REGISTERING || state == OB_SERVING || state == OB_LOST)
        daemon_health(state == OB_SERVING, state == OB_SERVING ? "serving" : "not registered yet");
    switch (state) {
    case OB_REGISTERING:
        log_info(LOG_VNFM, "registering");
        break;
    case OB_SERVING:
        log_info(LOG_VNFM, "serving", KV_S("at", text));
        break;
    case OB_LOST:
        log_warn(LOG_VNFM, "connection_lost", KV_I("code", code), KV_S("text", text));
        break;
    case OB_FAULT:
        log_warn(LOG_VNFM, "fault", KV_I("code", code), KV_S("text", text));
        break;
    case OB_ANSWER_DROPPED:
        log_warn(LOG_VNFM, "answer_dropped", KV_I("code", code), KV_S("text", text));
        break;
    }
}

static enum err_code rules_open(void *ctx, struct err *err)
{
    struct dummy *d = ctx;
    enum err_code rc = fake_new(&d->o.delay, &d->o.fail, &d->o.silent, actions, (uint64_t)d->o.seed,
                                &d->fake, err);
    return rc == ERR_OK ? journal_open(d->o.journal, &d->journal, err) : rc;
}

static void rules_close(void *ctx)
{
    struct dummy *d = ctx;
    journal_close(d->journal);
    fake_free(d->fake);
}

static enum err_code vnfm_open(void *ctx, struct err *err)
{
    struct dummy *d = ctx;
    const struct ob_vnfm_handlers handlers = {.instantiate = act,
                                              .modify = act,
                                              .start = act,
                                              .stop = act,
                                              .scale_out = act,
                                              .scale_in = act,
                                              .heal = act,
                                              .terminate = act,
                                              .update = act,
                                              .execute = act,
                                              .resume = act,
                                              .configure = act,
                                              .error = act,
                                              .log = give_log};
    d->vnfm = ob_vnfm_new(&(struct ob_vnfm_options){.type = d->o.type,
                                                    .endpoint = d->o.endpoint,
                                                    .description = "does nothing, for tests",
                                                    .broker = peer_settings_bus(&d->o.peer),
                                                    .threads = (unsigned)d->o.peer.threads,
                                                    .prefetch = (unsigned)d->o.peer.prefetch,
                                                    .ask_timeout_ms = d->o.ask_timeout_ms,
                                                    .is_allocating_itself = !d->o.allocate,
                                                    .user_data = d->o.user_data,
                                                    .handlers = &handlers,
                                                    .arg = d,
                                                    .on_event = on_event,
                                                    .http = {.nfvo = d->o.nfvo,
                                                             .address = d->o.listen,
                                                             .port = (int)d->o.port,
                                                             .url = d->o.url,
                                                             .token = d->o.token,
                                                             .ca = d->o.ca,
                                                             .cert = d->o.cert,
                                                             .key = d->o.key}},
                          err);
    if (!d->vnfm)
        return err->code;
    daemon_health(false, "not registered yet");
    return ob_vnfm_start(d->vnfm, err);
}

static void vnfm_close(void *ctx)
{
    struct dummy *d = ctx;
    struct ob_vnfm_stats s;
    ob_vnfm_stop(d->vnfm, (int)d->o.stop_grace_ms);
    ob_vnfm_get_stats(d->vnfm, &s);
    log_info(LOG_VNFM, "served", KV_I("requests", s.requests), KV_I("repeats", s.repeats),
             KV_I("replies", s.replies), KV_I("asks", s.asks), KV_I("answers", s.answers),
             KV_I("timeouts", s.timeouts), KV_I("dropped", s.dropped));
    ob_vnfm_free(d->vnfm);
}

static void render(const void *ctx, struct sbuf *out)
{
    struct ob_vnfm_stats s;
    ob_vnfm_get_stats(((const struct dummy *)ctx)->vnfm, &s);
    metrics_page_number(out, "baton_vnfm_requests_total", "counter", "Requests of the NFVO.",
                        s.requests);
    metrics_page_number(out, "baton_vnfm_repeats_total", "counter",
                        "Requests that came again and were answered as before.", s.repeats);
    metrics_page_number(out, "baton_vnfm_replies_total", "counter",
                        "Replies that the broker confirmed.", s.replies);
    metrics_page_number(out, "baton_vnfm_asks_total", "counter",
                        "Requests to the NFVO: grants, allocations.", s.asks);
    metrics_page_number(out, "baton_vnfm_asks_unanswered_total", "counter",
                        "Those that it did not answer in time.", s.timeouts);
    metrics_page_number(out, "baton_vnfm_dropped_total", "counter",
                        "Replies that could not be delivered.", s.dropped);
    metrics_page_number(out, "baton_vnfm_registrations_total", "counter",
                        "Logins at the broker: each after the first is a connection that broke.",
                        s.registrations);
    metrics_page_number(out, "baton_vnfm_requests_in_hand", "gauge",
                        "Requests that are not answered yet.", s.in_hand);
}

static enum err_code metrics_duty(void *ctx, struct err *err)
{
    struct dummy *x = ctx;
    return metrics_page_open(&x->page,
                             &(struct metrics_page_setup){.listen = x->o.peer.metrics_listen,
                                                          .process = "vnfm-dummy",
                                                          .version = BATON_VERSION,
                                                          .render = render,
                                                          .ctx = x},
                             err);
}

static void metrics_done(void *ctx)
{
    metrics_page_close(((struct dummy *)ctx)->page);
}

static const struct daemon_duty duties[] = {{"rules", rules_open, rules_close},
                                            {"vnfm", vnfm_open, vnfm_close},
                                            {"metrics", metrics_duty, metrics_done},
                                            {"registration", daemon_await_good, NULL},
                                            {0}};

int main(int argc, char **argv)
{
    return daemon_main(argc, argv,
                       &(struct daemon){.name = "vnfm-dummy",
                                        .version = BATON_VERSION,
                                        .summary = "a VNFM that does nothing, for tests",
                                        .options = option_rows,
                                        .context_size = sizeof(struct dummy),
                                        .options_at = offsetof(struct dummy, o),
                                        .duties = duties});
}
