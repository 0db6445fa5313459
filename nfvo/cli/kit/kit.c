#include "nfvo/cli/kit/kit.h"

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/http/client.h"
#include "nfvo/cli/kit/agents.h"
#include "proto/topology.h"

#include <signal.h>
#include <stdlib.h>

static const struct {
    const char *name;
    enum kit_whose whose;
    void (*run)(struct kit *k);
} scenarios[] = {
    {"lifecycle", KIT_VNFM, kit_vnfm_lifecycle},
    {"agents", KIT_VNFM, kit_vnfm_agents},
    {"refusals, late and repeated answers", KIT_VNFM, kit_vnfm_refusals},
    {"members", KIT_VNFM, kit_vnfm_members},
    {"methods", KIT_DRIVER, kit_driver_methods},
    {"members", KIT_DRIVER, kit_driver_members},
    {"repeats and encodings", KIT_BOTH, kit_repeats},
    {"load", KIT_BOTH, kit_load},
    {"bad bodies", KIT_BOTH, kit_bodies},
    {"without reply_to", KIT_BOTH, kit_no_reply_to},
    {"connection closed", KIT_BOTH, kit_reconnect},
    {"killed", KIT_BOTH, kit_killed},
    {"ended", KIT_BOTH, kit_unregister},
};

static void say_what_to_type(struct kit *k)
{
    const struct kit_options *o = k->o;
    bool is_vnfm = o->whose == KIT_VNFM;
    kit_announce(k, "this client plays the NFVO for %s '%s' at %s:%d, virtual host '%s'",
                 is_vnfm ? "VNFM" : "driver", o->type, k->url.host, k->url.port, k->url.vhost);
    if (o->run)
        return;
    kit_announce(k,
                 "waiting %lld s for it to register on queue " QUEUE_MANAGER_HANDLING
                 ". Start it now, with this broker and",
                 (long long)(o->wait_ms / 1000));
    kit_announce(k, "  user %s, password %s, virtual host %s",
                 k->has_api ? REGISTRATION_USER : k->url.user,
                 !k->has_api         ? "that of --broker"
                 : k->made_registrar ? REGISTRATION_PASSWORD
                                     : "as it was before",
                 k->url.vhost);
}

static void run_all(struct kit *k)
{
    for (size_t i = 0; i < ARRAY_LEN(scenarios) && !kit_stopped(); i++) {
        if (!(scenarios[i].whose & k->o->whose))
            continue;
        if (k->is_gone) {
            kit_announce(k, "not reached: %s", scenarios[i].name);
            continue;
        }
        snprintf(k->scenario, sizeof(k->scenario), "%s", scenarios[i].name);
        kit_announce(k, "%s", scenarios[i].name);
        scenarios[i].run(k);
        if (i + 1 < ARRAY_LEN(scenarios) && !k->is_gone && !kit_has_consumer(k))
            kit_revive(k, false);
    }
    k->scenario[0] = '\0';
}

/* What shows only when all is over. */
static void check_all(struct kit *k)
{
    for (unsigned i = 0; i < k->ask_n; i++) {
        const struct kit_ask *a = k->asks[i];
        if (a->answers > a->wanted)
            kit_fail(k, KIT_ANSWER_ONCE_RULE, a, "answered %u times", a->answers);
        else if (a->answers)
            kit_report_pass(k->report, KIT_ANSWER_ONCE_RULE);
    }
    if (k->ask_n)
        kit_check(k, KIT_ANSWER_PLACE_RULE, !k->is_one_way && k->one_way <= k->one_way_allowed,
                  NULL,
                  "%u messages came to vnfm.nfvo.actions or, without a question, to "
                  "vnfm.nfvo.actions.reply",
                  k->one_way);
    if (k->strays)
        kit_fail(k, k->o->whose == KIT_DRIVER ? KIT_CORRELATION_DRIVER_RULE : KIT_CORRELATION_RULE,
                 NULL, "%u answers have the correlation_id of no request", k->strays);
    if (k->o->whose == KIT_DRIVER)
        kit_skip(k, KIT_CORRELATION_RULE, "see correlation-driver");
    if (!k->registrations)
        for (int i = KIT_REGISTER_FORM_RULE; i <= KIT_REGISTER_REPLY_RULE; i++)
            kit_skip(k, (enum kit_rule)i, "not reached: it did not register during the test");
}

static void release(struct kit *k)
{
    if (k->child)
        kit_signal_peer(k, SIGTERM);
    for (unsigned i = 0; i < k->ask_n; i++) {
        struct kit_ask *a = k->asks[i];
        struct err err = ERR_INIT;
        if (text_starts_with(a->reply_to, QUEUE_REPLY_PREFIX) && !k->made_vhost)
            err_ignore(bus_queue_delete_now(k->bus, a->reply_to, &err), "it expires");
        free(a->sent);
        free(a->got);
        free(a->content_type);
        free(a->correlation_id);
        json_decref(a->answer);
        free(a);
    }
    kit_agents_free(k);
    bus_free(k->bus);
    if (k->http)
        kit_broker_close(k);
    kit_forget_late(k);
    json_decref(k->record);
    json_decref(k->grant_sent);
    json_decref(k->granted);
    json_decref(k->allocated);
    explicit_bzero(k->password, sizeof(k->password));
    explicit_bzero(k->url.password, sizeof(k->url.password));
}

static enum err_code test(struct kit *k, struct err *err)
{
    enum err_code rc = kit_url_parse(k->o->broker, &k->url, err);
    snprintf(k->port, sizeof(k->port), "%d", k->url.port);
    if (rc == ERR_OK)
        rc = kit_broker_open(k, err);
    if (rc == ERR_OK)
        rc = kit_link_open(k, err);
    if (rc != ERR_OK)
        return rc;
    say_what_to_type(k);
    if (k->o->run)
        rc = kit_start_peer(k, err);
    if (rc == ERR_OK)
        rc = kit_await_peer(k, err);
    if (rc != ERR_OK)
        return rc;
    run_all(k);
    return kit_stopped() ? err_set(err, ERR_UNAVAIL, "interrupted") : ERR_OK;
}

enum kit_end kit_run(const struct kit_options *o, FILE *out, struct kit_report *report,
                     struct err *err)
{
    struct kit *k = xcalloc(1, sizeof(*k));
    *k = (struct kit){.o = o,
                      .report = report,
                      .out = out,
                      .on_registration = kit_on_registration,
                      .on_question = kit_on_question,
                      .on_round = kit_agents_pump,
                      .agents_missing = "not applicable: it starts no agents in its servers"};
    enum err_code rc = test(k, err);
    check_all(k);
    release(k);
    free(k);
    if (kit_report_count(report).failed)
        return KIT_BREAKS;
    return rc == ERR_OK ? KIT_PASSES : KIT_UNTESTED;
}
