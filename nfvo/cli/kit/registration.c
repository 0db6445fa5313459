/* The peer comes: it is told its account, and its queue is waited for. */
#include "nfvo/cli/kit/kit.h"

#include "common/base/mem.h"
#include "common/base/text.h"
#include "proto/topology.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SERVES_MS = 60000, CONNECTED_MS = 3000, GONE_MS = 1000, END_MS = 10000 };

/* The Java plugin SDK writes it so. No escapes in there. */
static json_t *parse_single_quotes(const struct bus_delivery *d)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    for (size_t i = 0; i < d->len; i++)
        sbuf_addc(&text, d->body[i] == '\'' ? '"' : d->body[i]);
    return json_loadb(text.s, text.len, 0, NULL);
}

/* An object, or its text. */
static json_t *endpoint_of(const json_t *message)
{
    json_t *e = json_object_get(message, "vnfmManagerEndpoint");
    if (json_is_string(e))
        return json_loads(json_string_value(e), 0, NULL);
    return json_incref(e);
}

static bool is_ours(const struct kit *k, const char *type)
{
    size_t len;
    const char *of_queue;
    if (k->o->whose == KIT_VNFM || !topology_driver_type(type, &of_queue, &len))
        return strcmp(type, k->o->type) == 0;
    if (strlen(k->o->type) != len || strncmp(of_queue, k->o->type, len) != 0)
        return false;
    return !k->o->name || strcmp(of_queue + len + 1, k->o->name) == 0;
}

static void note_capabilities(struct kit *k, const json_t *list)
{
    size_t i;
    json_t *word;
    json_array_foreach(list, i, word)
    {
        const char *text = json_is_string(word) ? json_string_value(word) : "";
        k->has_correlation |= strcmp(text, "correlation") == 0;
        k->has_token |= strcmp(text, "client_token") == 0;
    }
}

static void form(struct kit *k, const struct bus_delivery *d, bool is_right, const char *what)
{
    if (is_right)
        kit_report_pass(k->report, KIT_REGISTER_FORM_RULE);
    else
        kit_report_fail(k->report, KIT_REGISTER_FORM_RULE, NULL, d->body, what);
}

/* Where it will consume. False: cannot be told from this, and the rule is told. */
static bool find_queue(struct kit *k, const struct bus_delivery *d, const json_t *message,
                       const char *type)
{
    struct err err = ERR_INIT;
    json_t *endpoint = endpoint_of(message);
    const char *queue = kit_text(endpoint, "endpoint");
    bool is_found = true;
    if (k->o->whose == KIT_VNFM) {
        const char *kind = kit_text(endpoint, "endpointType");
        is_found = json_is_object(endpoint) && *queue;
        form(k, d,
             is_found && strcmp(kit_text(endpoint, "type"), k->o->type) == 0 &&
                 strcmp(kind, "RABBIT") == 0,
             "vnfmManagerEndpoint lacks type, endpoint or endpointType RABBIT");
        if (is_found && topology_check_vnfm(type, queue, NULL, &err) != ERR_OK) {
            form(k, d, false, err.msg);
            is_found = false;
        }
        if (is_found)
            snprintf(k->queue, sizeof(k->queue), "%s", queue);
        note_capabilities(k, json_object_get(endpoint, "capabilities"));
    } else {
        is_found = topology_check_plugin(type, NULL, &err) == ERR_OK;
        form(k, d, is_found, err.msg);
        if (is_found && topology_is_plugin_queue(type))
            snprintf(k->queue, sizeof(k->queue), "%s", type);
        else if (is_found)
            snprintf(k->queue, sizeof(k->queue), "vim-drivers.%s.%s", type,
                     k->o->name ? k->o->name : type);
    }
    note_capabilities(k, json_object_get(message, "capabilities"));
    json_decref(endpoint);
    if (k->o->queue)
        snprintf(k->queue, sizeof(k->queue), "%s", k->o->queue);
    return is_found;
}

static void on_register(struct kit *k, const struct bus_delivery *d, const json_t *message)
{
    AUTO(sbuf_release) struct sbuf answer = SBUF_INIT;
    const char *type = kit_text(message, "type");
    struct err err = ERR_INIT;
    if (!is_ours(k, type)) {
        kit_announce(k, "a peer of type '%s' registers: not the one that is tested", type);
        return;
    }
    if (!find_queue(k, d, message, type))
        return;
    if (!d->reply_to)
        kit_report_fail(k->report, KIT_REGISTER_REPLY_RULE, NULL, d->body, "it has no reply_to");
    else
        kit_report_pass(k->report, KIT_REGISTER_REPLY_RULE);
    k->registrations++;
    if (!d->reply_to)
        return;
    bool is_bare = k->o->whose == KIT_DRIVER && !topology_is_plugin_queue(type);
    if (kit_broker_account(k, k->queue, is_bare ? type : NULL, &err) != ERR_OK) {
        kit_announce(k, "no account could be made: %s", err.msg);
        return;
    }
    sbuf_adds(&answer, "{\"rabbitUsername\":");
    text_add_json(&answer, k->user);
    sbuf_adds(&answer, ",\"rabbitPassword\":");
    text_add_json(&answer, k->has_api ? k->password : k->url.password);
    sbuf_addc(&answer, '}');
    kit_reply(k, d->reply_to, d->correlation_id, answer.s);
    explicit_bzero(answer.s, answer.len);
}

static void on_unregister(struct kit *k, const json_t *message)
{
    bool is_known = strcmp(kit_text(message, "username"), k->user) == 0 &&
                    (!k->has_api || strcmp(kit_text(message, "password"), k->password) == 0);
    k->unregistrations++;
    if (is_known)
        kit_report_pass(k->report, KIT_UNREGISTER_RULE);
    else /* the body has a password */
        kit_report_fail(k->report, KIT_UNREGISTER_RULE, NULL, NULL,
                        "username and password are not those that it was given");
}

void kit_on_registration(struct kit *k, const struct bus_delivery *d)
{
    json_t *message = json_loadb(d->body, d->len, 0, NULL);
    if (!message && (message = parse_single_quotes(d)))
        kit_report_fail(k->report, KIT_REGISTER_STRICT_RULE, NULL, d->body, "in single quotes");
    else if (message)
        kit_report_pass(k->report, KIT_REGISTER_STRICT_RULE);
    const char *action = kit_text(message, "action");
    if (!json_is_object(message))
        form(k, d, false, "not a JSON object");
    else if (strcasecmp(action, "register") == 0)
        on_register(k, d, message);
    else if (strcasecmp(action, "unregister") == 0 || strcasecmp(action, "deregister") == 0)
        on_unregister(k, message);
    else if (strcmp(action, "refused") != 0) /* ours tell so what they refused themselves */
        form(k, d, false, "action is neither 'register' nor 'unregister'");
    json_decref(message);
}

static bool serves(struct kit *k, void *arg)
{
    (void)arg;
    return kit_has_consumer(k);
}

static bool is_here(struct kit *k, void *arg)
{
    (void)arg;
    return k->registrations > 0 || kit_has_consumer(k);
}

static bool is_connected(struct kit *k, void *arg)
{
    (void)arg;
    return kit_broker_is_connected(k);
}

static void check_account(struct kit *k)
{
    if (!k->has_api)
        kit_skip(k, KIT_ACCOUNT_RULE, "no management API: it was given the kit's own account");
    else if (!k->registrations)
        kit_skip(k, KIT_ACCOUNT_RULE, "it was there before the test, and did not register");
    else
        kit_check(k, KIT_ACCOUNT_RULE, kit_until(k, CONNECTED_MS, is_connected, NULL), NULL,
                  "it serves its queue, and is not connected as '%s'", k->user);
}

/* Through the exchange, as an NFVO sends. */
static void check_queue(struct kit *k)
{
    json_t *message = kit_alive(k);
    struct kit_ask *a = kit_send_json(k, message);
    json_decref(message);
    kit_check(k, KIT_QUEUE_RULE, kit_await(k, a), a,
              "a request through openbaton-exchange with key '%s' was not answered within %.1f s",
              k->queue, (double)k->o->answer_ms / 1000);
    if (a && a->answers)
        kit_check_answer(k, a);
}

enum err_code kit_await_peer(struct kit *k, struct err *err)
{
    if (k->o->queue)
        snprintf(k->queue, sizeof(k->queue), "%s", k->o->queue);
    else if (k->o->whose == KIT_VNFM)
        snprintf(k->queue, sizeof(k->queue), "%s", k->o->type);
    else
        snprintf(k->queue, sizeof(k->queue), "vim-drivers.%s.%s", k->o->type,
                 k->o->name ? k->o->name : k->o->type);
    if (!kit_until(k, k->o->wait_ms, is_here, NULL)) {
        if (kit_stopped())
            return err_set(err, ERR_UNAVAIL, "interrupted before the peer came");
        err_set(err, ERR_TIMEOUT, "no peer of type '%s' registered within %lld s", k->o->type,
                (long long)(k->o->wait_ms / 1000));
        return err_hint(err,
                        "is it started with this broker and virtual host, and as the type "
                        "'%s'?",
                        k->o->type);
    }
    if (!k->registrations)
        kit_announce(k,
                     "queue '%s' is served already; to test how it registers, start the peer "
                     "after this",
                     k->queue);
    else
        kit_announce(k, "it registered; waiting for it to serve queue '%s'", k->queue);
    if (!kit_until(k, kit_patience(k), serves, NULL)) {
        kit_fail(k, KIT_QUEUE_RULE, NULL, "queue '%s' has no consumer after %d s", k->queue,
                 (int)(kit_patience(k) / 1000));
        err_set(err, ERR_TIMEOUT, "the peer does not serve its queue '%s'", k->queue);
        return err_hint(err, "does it use the account that it was given, '%s'?", k->user);
    }
    check_account(k);
    check_queue(k);
    return ERR_OK;
}

enum err_code kit_start_peer(struct kit *k, struct err *err)
{
    pid_t pid = fork();
    if (pid < 0)
        return err_set_errno(err, ERR_IO, errno, "start '%s'", k->o->run);
    if (pid == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        setpgid(0, 0);
        dup2(2, 1); /* ours is the report's */
        execl("/bin/sh", "sh", "-c", k->o->run, (char *)NULL);
        _exit(127);
    }
    setpgid(pid, pid);
    k->child = pid;
    return ERR_OK;
}

int64_t kit_patience(const struct kit *k)
{
    return k->o->wait_ms < SERVES_MS ? k->o->wait_ms : SERVES_MS;
}

bool kit_has_ended(struct kit *k)
{
    if (!k->child || waitpid(k->child, NULL, WNOHANG) == 0)
        return false;
    kill(-k->child, SIGKILL); /* what the shell has left */
    k->child = 0;
    return true;
}

static bool has_ended(struct kit *k, void *arg)
{
    (void)arg;
    return !k->child || kit_has_ended(k);
}

/* The whole process group: the shell may be between us and the peer. */
void kit_signal_peer(struct kit *k, int signal)
{
    if (!k->child)
        return;
    kill(-k->child, signal);
    if (kit_until(k, END_MS, has_ended, NULL))
        return;
    kill(-k->child, SIGKILL);
    waitpid(k->child, NULL, 0);
    k->child = 0;
}

static bool registered_anew(struct kit *k, void *before)
{
    return k->registrations > *(unsigned *)before && kit_has_consumer(k);
}

/* What it has not acknowledged comes again, as often as it loses its connection. */
void kit_allow_more(struct kit *k)
{
    for (unsigned i = 0; i < k->ask_n; i++)
        if (k->asks[i]->answers <= k->asks[i]->wanted)
            k->asks[i]->wanted = UINT_MAX;
}

bool kit_revive(struct kit *k, bool is_forced)
{
    struct err err = ERR_INIT;
    unsigned before = k->registrations;
    if (!is_forced && (kit_has_consumer(k) || kit_until(k, GONE_MS, serves, NULL)))
        return true;
    if (kit_stopped())
        return false;
    if (k->o->run) {
        kit_announce(k, "starting it again");
        kit_allow_more(k);
        kit_signal_peer(k, SIGKILL);
        if (kit_start_peer(k, &err) == ERR_OK &&
            kit_until(k, kit_patience(k), registered_anew, &before))
            return true;
    } else if (!is_forced) {
        kit_announce(k, "it no longer serves its queue: start it again, within %d s",
                     (int)(kit_patience(k) / 1000));
        if (kit_until(k, kit_patience(k), serves, NULL))
            return true;
    }
    k->is_gone = !kit_has_consumer(k) || is_forced;
    return !k->is_gone;
}
