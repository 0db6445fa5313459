/* The commands of amqp-protocol.md 7.4. */
#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/ids.h"
#include "ems-agent/agent.h"
#include "ems-agent/folder.h"
#include "proto/environment.h"
#include "proto/topology.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 256, ENVIRONMENT_MAX = 1024, ENVIRONMENT_BYTES_MAX = 1024 * 1024 };

struct request {
    struct agent *a;
    struct ems_request *r;
    struct arena *arena;
    const char *id;
    struct address from;
    struct ems_reply reply;
};

/* A command either fills reply, or puts itself into the run queue and takes `from`: then
 * *ret_waits. */
typedef enum err_code command_fn(struct request *q, bool *ret_waits, struct err *err);

/* --- scripts that are sent --- */

static int digit(unsigned char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static enum err_code decode(const char *text, struct sbuf *out, struct err *err)
{
    uint32_t bits = 0;
    int n = 0;

    sbuf_grow(out, strlen(text) / 4 * 3 + 3);
    for (; *text && *text != '='; text++) {
        if (strchr("\r\n\t ", *text)) /* Java's MIME encoder folds lines */
            continue;
        int value = digit((unsigned char)*text);
        if (value < 0)
            return err_set(err, ERR_INVALID,
                           "incorrect script encoding: the payload is not base64");
        bits = bits << 6 | (uint32_t)value;
        if (++n % 4 == 0 || n % 4 > 1)
            sbuf_addc(out, (char)(bits >> (n % 4 == 0 ? 0 : n % 4 == 3 ? 2 : 4) & 0xff));
    }
    return n % 4 == 1 ? err_set(err, ERR_INVALID, "incorrect script encoding: it was cut off")
                      : ERR_OK;
}

static enum err_code answer_with_list(struct request *q, const char *relative, struct err *err)
{
    AUTO(sbuf_release) struct sbuf names = SBUF_INIT;
    enum err_code rc = folder_list(q->a->root, relative, &names, err);

    if (rc == ERR_OK)
        q->reply.output = arena_strdup(q->arena, names.s);
    return rc;
}

static void set_scripts_path(struct agent *a, const char *relative)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;

    sbuf_addf(&path, "%s%s%s", a->root, *relative ? "/" : "", relative);
    free(a->scripts_path);
    a->scripts_path = sbuf_take(&path);
}

static enum err_code save(struct request *q, const char *script_path, struct err *err)
{
    AUTO(sbuf_release) struct sbuf data = SBUF_INIT, relative = SBUF_INIT;
    enum err_code rc = folder_map(q->a->root, script_path, &relative, err);

    if (rc == ERR_OK)
        rc = decode(q->r->payload, &data, err);
    if (rc == ERR_OK)
        rc = folder_write(q->a->root, relative.s, q->r->name, data.s, data.len, false, err);
    if (rc == ERR_OK)
        rc = answer_with_list(q, relative.s, err);
    if (rc != ERR_OK)
        return err_add(err, "save script '%.100s'", q->r->name ? q->r->name : "");
    set_scripts_path(q->a, relative.s);
    log_info(LOG_EMS, "script_saved", KV_S("name", q->r->name), KV_I("bytes", data.len));
    return ERR_OK;
}

static enum err_code save_scripts(struct request *q, bool *ret_waits, struct err *err)
{
    (void)ret_waits;
    return save(q, q->r->script_path, err);
}

/* TRAP of 7.4: it does not look at script-path. */
static enum err_code scripts_update(struct request *q, bool *ret_waits, struct err *err)
{
    (void)ret_waits;
    return save(q, NULL, err);
}

static enum err_code save_dependency(struct request *q, bool *ret_waits, struct err *err)
{
    AUTO(sbuf_release) struct sbuf relative = SBUF_INIT;
    enum err_code rc = folder_map(q->a->root, q->r->script_path, &relative, err);

    (void)ret_waits;
    if (rc == ERR_OK)
        rc = dependency_save(q->a->root, relative.s, q->r->payload, err);
    if (rc == ERR_OK)
        rc = answer_with_list(q, relative.s, err);
    return rc == ERR_OK ? rc : err_add(err, "save the dependency's parameters");
}

/* --- what runs --- */

/* Of systemd and of the user data that started us: neither a script's business, nor a reason to
 * override what the VNFM sends. */
static bool is_private(const char *assignment)
{
    static const char *const names[] = {
        "NOTIFY_SOCKET",  "WATCHDOG_USEC",  "WATCHDOG_PID",     "LISTEN_FDS", "LISTEN_PID",
        "LISTEN_FDNAMES", "INVOCATION_ID",  "JOURNAL_STREAM",   "EmsUser",    "EmsPassword",
        "BROKER_IP",      "BROKER_PORT",    "EXCHANGE_NAME",    "USERNAME",   "PASSWORD",
        "EMS_HEARTBEAT",  "EMS_AUTODELETE", "EMS_VIRTUAL_HOST", "EMS_TLS",    "ENDPOINT",
        "AGENT_URL",      "SCRIPTS_PATH",   "EMS_EXCHANGE",
    };
    size_t len = strcspn(assignment, "=");

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strlen(names[i]) == len && memcmp(assignment, names[i], len) == 0)
            return true;
    return false;
}

static bool is_name(const char *key)
{
    return *key && !strchr(key, '=');
}

/* The agent's own environment wins, as in the reference: HOME is the machine's business. */
static enum err_code make_environment(struct request *q, const char *const **ret, struct err *err)
{
    const struct proto_strmap *env = &q->r->env;
    size_t n = 0, size = 0, own = 0;

    while (environ[own])
        own++;
    const char **list = arena_alloc(q->arena, (own + env->n + 3) * sizeof(*list));
    for (size_t i = 0; i < own; i++)
        if (!is_private(environ[i]))
            list[n++] = environ[i];
    if (!getenv("PATH"))
        list[n++] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    list[n++] = arena_printf(q->arena, "SCRIPTS_PATH=%s", q->a->scripts_path);
    for (uint32_t i = 0; i < env->n; i++) {
        const char *key = env->at[i].key, *value = env->at[i].value;
        if (environment_is_steering(key))
            return err_set(err, ERR_DENIED,
                           "parameter '%.64s' would change how programs are loaded: rename it",
                           key);
        if (!is_name(key) || (getenv(key) && !is_private(key)) || strcmp(key, "SCRIPTS_PATH") == 0)
            continue;
        size += strlen(key) + strlen(value) + 2;
        list[n++] = arena_printf(q->arena, "%s=%s", key, value);
    }
    if (env->n > ENVIRONMENT_MAX || size > ENVIRONMENT_BYTES_MAX)
        return err_set(err, ERR_LIMIT, "an environment of %u variables and %zu bytes is too large",
                       env->n, size);
    *ret = list;
    return ERR_OK;
}

/* Split on blanks; quotes mean nothing, as in the reference. */
static enum err_code split(struct request *q, const char **words, size_t max, size_t *ret_n,
                           struct err *err)
{
    char *rest = arena_strdup(q->arena, q->r->payload);
    size_t n = 0;

    for (char *word; (word = strsep(&rest, " \t\r\n"));) {
        if (!*word)
            continue;
        if (n == max)
            return err_set(err, ERR_LIMIT, "more than %zu arguments", max);
        words[n++] = word;
    }
    *ret_n = n;
    return n ? ERR_OK : err_set(err, ERR_INVALID, "the payload names no script");
}

static int64_t timeout_of(const struct request *q)
{
    int64_t asked = q->r->timeout_s;

    return asked > 0 && asked < 86400 * 7 ? asked * 1000 : q->a->o.script_timeout_ms;
}

static void run(struct request *q, const char *name, const char *const *argv,
                const char *const *envp)
{
    run_queue_submit(
        q->a,
        &(struct queued_run){
            .id = q->id, .name = name, .argv = argv, .envp = envp, .timeout_ms = timeout_of(q)},
        &q->from);
}

static enum err_code execute(struct request *q, bool *ret_waits, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    const char **argv = arena_alloc(q->arena, (ARGUMENTS_MAX + 3) * sizeof(*argv));
    const char *const *envp = NULL;
    size_t n = 0;

    enum err_code rc = split(q, argv + 1, ARGUMENTS_MAX, &n, err);
    if (rc == ERR_OK)
        rc = folder_script(q->a->root, argv[1], &path, err);
    if (rc == ERR_OK)
        rc = make_environment(q, &envp, err);
    if (rc != ERR_OK)
        return err_add(err, "execute '%.100s'", q->r->payload);
    const char *name = argv[1];
    argv[1] = path.s;
    argv[0] = access("/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh";
    run(q, name, strstr(name, ".py") ? argv + 1 : argv, envp);
    *ret_waits = true;
    return ERR_OK;
}

/* A repository is fetched beside the folder and then put in: git wants an empty one. Arguments
 * reach the shell as its parameters and never as its text. */
static const char clone_text[] =
    "set -e; export GIT_TERMINAL_PROMPT=0 GIT_ASKPASS=true GIT_SSH_COMMAND='ssh -oBatchMode=yes'\n"
    "work=$(mktemp -d \"$1/.clone.XXXXXX\"); trap 'rm -rf \"$work\"' EXIT\n"
    "git clone --quiet --depth 1 -- \"$2\" \"$work/r\" || git clone --quiet -- \"$2\" \"$work/r\"\n"
    "tar -C \"$work/r\" -cf - . | tar -C \"$1\" -xf -\n" /* and not cp: that follows links */
    "find \"$1\" -path '*/.git' -prune -o -path '*/.clone.*' -prune -o -type f -exec chmod a+x {} "
    "+\n"
    "ls -A \"$1\"\n";
static const char pull_text[] =
    "set -e; export GIT_TERMINAL_PROMPT=0 GIT_ASKPASS=true GIT_SSH_COMMAND='ssh -oBatchMode=yes'\n"
    "cd \"$1\"; git pull --quiet ${2:+-- \"$2\"}\n"
    "find . -path ./.git -prune -o -type f -exec chmod a+x {} +\n"
    "ls -A\n";

static enum err_code run_git(struct request *q, const char *text, const char *script_path,
                             bool *ret_waits, struct err *err)
{
    AUTO(sbuf_release) struct sbuf relative = SBUF_INIT;
    const char *const *envp = NULL;
    int fd = -1;

    enum err_code rc = folder_map(q->a->root, script_path, &relative, err);
    if (rc == ERR_OK && (strlen(q->r->payload) > 2048 || q->r->payload[0] == '-'))
        rc =
            err_set(err, ERR_INVALID, "'%.100s' is not the address of a repository", q->r->payload);
    if (rc == ERR_OK)
        rc = folder_open(q->a->root, relative.s, &fd, err);
    if (rc == ERR_OK)
        rc = make_environment(q, &envp, err);
    if (fd >= 0)
        close(fd);
    if (rc != ERR_OK)
        return err_add(err, "fetch scripts");
    set_scripts_path(q->a, relative.s);
    const char *const argv[] = {"/bin/sh",          "-c",          text, "git",
                                q->a->scripts_path, q->r->payload, NULL};
    run(q, q->r->action, argv, envp);
    *ret_waits = true;
    return ERR_OK;
}

static enum err_code clone_scripts(struct request *q, bool *ret_waits, struct err *err)
{
    return run_git(q, clone_text, q->r->script_path, ret_waits, err);
}

static enum err_code update_repository(struct request *q, bool *ret_waits, struct err *err)
{
    return run_git(q, pull_text, NULL, ret_waits, err);
}

static enum err_code show_log(struct request *q, bool *ret_waits, struct err *err)
{
    (void)ret_waits;
    (void)err;
    run_queue_log(q->a, q->r->payload ? q->r->payload : "", q->arena, &q->reply);
    return ERR_OK;
}

/* --- dispatch --- */

/* clang-format off */
static const struct command {
    const char *action;
    command_fn *fn;
    bool is_run; /* once per command id */
} commands[] = {
    { EMS_SAVE_SCRIPTS,         save_scripts,      false },
    { EMS_CLONE_SCRIPTS,        clone_scripts,     true },
    { EMS_EXECUTE,              execute,           true },
    { EMS_SCRIPTS_UPDATE,       scripts_update,    false },
    { EMS_REPO_SCRIPTS_UPDATE,  update_repository, true },
    { EMS_SAVE_VNFR_DEPENDENCY, save_dependency,   false },
    { EMS_LOG,                  show_log,          false },
};
/* clang-format on */

static const struct command *find(const char *action)
{
    for (size_t i = 0; action && i < ARRAY_LEN(commands); i++)
        if (strcmp(commands[i].action, action) == 0)
            return &commands[i];
    return NULL;
}

static void answer_refusal(struct request *q, const struct err *err)
{
    const char *text =
        err->hint[0] ? arena_printf(q->arena, "%s (%s)", err->msg, err->hint) : err->msg;

    log_warn(LOG_EMS, "refused", KV_S("action", q->r ? q->r->action : NULL), KV_S("corr", q->id),
             KV_ERR(err));
    q->reply =
        (struct ems_reply){.output = "", .err = text, .status = 1, .state = EMS_STATE_REFUSED};
    outbox_send(q->a, &q->from, &q->reply);
}

static enum err_code read_request(struct request *q, const struct bus_delivery *d, struct err *err)
{
    if (!d->body)
        return err_set(err, ERR_LIMIT, "a request of %zu bytes is too large", d->len);
    enum err_code rc = proto_decode(&ems_request_type, d->body, d->len, 0, q->arena, &q->r, err);
    if (rc != ERR_OK) {
        q->r = NULL;
        return err_add(err, "read the request");
    }
    if (!q->r->payload)
        q->r->payload = "";
    return ERR_OK;
}

static enum err_code carry_out(struct request *q, bool *ret_waits, struct err *err)
{
    const struct command *c = find(q->r->action);

    if (!c)
        return err_set(err, ERR_INVALID, "there is no action '%.64s'",
                       q->r->action ? q->r->action : "");
    if (c->is_run && run_queue_join(q->a, q->id, &q->from)) {
        *ret_waits = true;
        return ERR_OK;
    }
    if (q->r->preempt)
        run_queue_preempt(q->a);
    return c->fn(q, ret_waits, err);
}

/* Numbers are what client libraries count by themselves (Spring's): they come again when the client
 * was restarted, and then mean another command. */
static bool is_command_id(const char *id)
{
    return id && id[strspn(id, "0123456789")];
}

/* Another agent's login may reach our queue (those with the default exchange, launched before they
 * had virtual hosts of their own), and may not command us. The broker vouches for the author, our
 * VNFM says it, and agents' logins are known by their names. Dead-lettering keeps the author: what
 * another's queue brought here, in the VNFM's name, was not meant for us. A VNFM that is not ours
 * says no author; it uses the other exchange. NULL: it may. */
static const char *reason_against(const struct agent *a, const struct bus_delivery *d)
{
    if (bus_is_dead_letter(d))
        return "somebody's queue brought it here";
    if (d->user_id && topology_is_agent_user(d->user_id))
        return "it is another agent's";
    if (!d->user_id && settings_has_agents_exchange(&a->s))
        return "it does not say whose it is; is vnfm-generic older than this agent?";
    return NULL;
}

void commands_handle(struct agent *a, const struct bus_delivery *d)
{
    const char *why = reason_against(a, d);
    if (why) { /* no answer: where it goes and to which command would be the sender's choice */
        log_warn(LOG_SEC, "command_refused", KV_S("author", d->user_id),
                 KV_S("corr", d->correlation_id), KV_S("why", why));
        bus_ack(a->bus, d->tag, d->epoch);
        return;
    }
    struct arena arena = ARENA_INIT;
    struct err err = ERR_INIT;
    char id[ID_SIZE];
    struct request q = {.a = a, .arena = &arena, .id = d->correlation_id};
    bool waits = false;

    if (!is_command_id(q.id)) {
        id_new(id);
        q.id = id;
    }
    address_of(d, &q.from);
    q.reply = (struct ems_reply){.output = "", .err = ""};
    enum err_code rc = read_request(&q, d, &err);
    if (rc == ERR_OK)
        rc = carry_out(&q, &waits, &err);
    if (rc != ERR_OK)
        answer_refusal(&q, &err);
    else if (!waits)
        outbox_send(a, &q.from, &q.reply);
    address_release(&q.from);
    arena_release(&arena);
}
