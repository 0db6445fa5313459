#include "nfvo/vnfm/refusal.h"

#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "common/base/utf8.h"
#include "proto/topology.h"

const char *const refusal_kind_names[REFUSAL_KIND_N + 1] = {
#define X(name, word, text) [REFUSAL_##name] = word,
    REFUSAL_KINDS(X)
#undef X
};

const char *const refusal_about_names[ABOUT_N + 1] = {
    [ABOUT_NOBODY] = "",   [ABOUT_AGENT] = "agent",   [ABOUT_LEFT] = "left",
    [ABOUT_VNFM] = "vnfm", [ABOUT_DRIVER] = "driver", [ABOUT_REGISTRATION] = "registration",
    [ABOUT_NFVO] = "nfvo"};

/* --- reading ---------------------------------------------------------------------------------- */

void refusal_text(const char *text, size_t len, char *ret, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < len;) {
        uint32_t c = 0;
        size_t bytes = utf8_char(text + i, len - i, &c);
        bool is_plain = bytes && c >= ' ' && c != 0x7f && !(c >= 0x80 && c < 0xa0);
        size_t take = is_plain ? bytes : 1;
        if (n + take >= size)
            break;
        if (is_plain)
            memcpy(ret + n, text + i, bytes);
        else
            ret[n] = '?';
        n += take;
        i += bytes ? bytes : 1;
    }
    ret[n] = '\0';
}

/* The line without what stands before each part of it ("2026-.. [error] <0.1.0> "), which the
 * broker repeats where a text holds a newline. Returns the length of what stood before the first
 * newline: the broker's own words about the connection. */
static size_t clean(const char *line, size_t len, char *ret, size_t size)
{
    const char *mark = memmem(line, len, "> ", 2);
    size_t before = mark ? (size_t)(mark - line) + 2 : 0, n = 0, head = 0;
    for (size_t at = 0; at < len && n + 1 < size;) {
        const char *end = memchr(line + at, '\n', len - at);
        size_t part = end ? (size_t)(end - line) - at : len - at, skip = 0;
        if (before && part >= before && memcmp(line + at, line, before) == 0)
            skip = before;
        refusal_text(line + at + skip, part - skip, ret + n, size - n);
        n += strlen(ret + n);
        head = head ? head : n;
        at += part + 1;
        if (n + 2 < size && at < len)
            ret[n++] = ' ';
        ret[n] = '\0';
    }
    while (n && ret[n - 1] == ' ')
        ret[--n] = '\0';
    return head;
}

/* What stands between two texts, the second one as late as possible if is_last. */
static bool between(const char *text, const char *begin, const char *end, bool is_last, char *ret,
                    size_t size)
{
    const char *from = strstr(text, begin), *to = NULL;
    if (!from)
        return false;
    from += strlen(begin);
    for (const char *at = from; (at = strstr(at, end)); at++) {
        to = at;
        if (!is_last)
            break;
    }
    if (!to)
        return false;
    refusal_text(from, (size_t)(to - from), ret, size);
    return true;
}

/* "queue 'x'", "exchange 'y'" as the words name it. */
static void read_object(const char *words, struct refusal *r)
{
    static const char *const begins[] = {"queue '", "exchange '"};
    char name[sizeof(r->object) - 16];
    for (size_t i = 0; i < ARRAY_LEN(begins) && !r->object[0]; i++)
        if (between(words, begins[i], "' in vhost", false, name, sizeof(name)) ||
            between(words, begins[i], "'", false, name, sizeof(name)))
            snprintf(r->object, sizeof(r->object), "%s%s'", begins[i], name);
}

/* AMQP's operations, and the right that each asks for on a queue, an exchange, a routing key. */
static const struct {
    const char *operation, *queue, *exchange, *topic;
} rights[] = {
    {"queue.declare", "configure", "write", ""}, /* an exchange: that of its dead letters */
    {"queue.delete", "configure", "", ""},
    {"queue.bind", "write", "read", "topic read"},
    {"queue.unbind", "write", "read", "topic read"},
    {"queue.purge", "read", "", ""},
    {"basic.consume", "read", "", ""},
    {"basic.get", "read", "", ""},
    {"basic.publish", "", "write", "topic write"},
    {"exchange.declare", "", "configure", ""},
    {"exchange.delete", "", "configure", ""},
    {"exchange.bind", "", "write or read", "topic read"},
};

static const char *needed_right(const struct refusal *r)
{
    for (size_t i = 0; i < ARRAY_LEN(rights); i++)
        if (strcmp(rights[i].operation, r->operation) == 0)
            return text_starts_with(r->object, "queue ")   ? rights[i].queue
                   : text_starts_with(r->object, "topic ") ? rights[i].topic
                                                           : rights[i].exchange;
    return "";
}

static bool read_access(const char *words, struct refusal *r)
{
    r->kind = REFUSAL_ACCESS;
    if (!between(words, "access to ", " in vhost '", false, r->object, sizeof(r->object)))
        return false;
    r->needs = needed_right(r);
    return true;
}

static bool is_limit(const char *words)
{
    return strstr(words, "is reached") || strstr(words, "has reached the maximum");
}

/* "operation queue.declare caused a channel exception access_refused: <words>" */
static bool read_operation(const char *text, struct refusal *r)
{
    static const struct {
        const char *code;
        enum refusal_kind kind;
    } codes[] = {{"access_refused: ", REFUSAL_ACCESS},
                 {"precondition_failed: ", REFUSAL_ARGUMENT},
                 {"resource_locked: ", REFUSAL_LOCKED},
                 {"not_found: ", REFUSAL_MISSING},
                 {"not_allowed: ", REFUSAL_LIMIT}};
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        const char *words = strstr(text, codes[i].code);
        if (!words)
            continue;
        words += strlen(codes[i].code);
        refusal_text(words, strlen(words), r->words, sizeof(r->words));
        r->kind = is_limit(words) ? REFUSAL_LIMIT : codes[i].kind;
        if (r->kind == REFUSAL_ACCESS)
            return read_access(words, r);
        read_object(words, r);
        if (r->kind == REFUSAL_LIMIT)
            return is_limit(words);
        bool is_look = strcmp(r->operation, "queue.declare") == 0 ||
                       strcmp(r->operation, "exchange.declare") == 0;
        return r->kind != REFUSAL_MISSING || !is_look;
    }
    return false;
}

/* What is wrong with a connection, before it has channels. */
static bool read_connection(const char *text, struct refusal *r)
{
    refusal_text(text, strlen(text), r->words, sizeof(r->words));
    if (strstr(text, " login refused: user '")) {
        r->kind = REFUSAL_LOGIN;
        return between(text, " login refused: user '", "' - ", true, r->account,
                       sizeof(r->account)) ||
               between(text, " login refused: user '", "' ", false, r->account, sizeof(r->account));
    }
    if (is_limit(text)) {
        r->kind = REFUSAL_LIMIT;
        return true;
    }
    r->kind = REFUSAL_VHOST;
    if (text_starts_with(text, "access to vhost '"))
        return between(text, "access to vhost '", "' refused for user '", true, r->vhost,
                       sizeof(r->vhost));
    return text_starts_with(text, "vhost ") &&
           between(text, "vhost ", " not found", true, r->vhost, sizeof(r->vhost));
}

bool refusal_read(const char *line, size_t len, struct refusal *ret)
{
    char text[2048], head[600];
    *ret = (struct refusal){.needs = ""};
    size_t n = clean(line, len, text, sizeof(text));
    if (n >= sizeof(head)) /* the broker's are short: a name that does not end */
        return false;
    memcpy(head, text, n);
    head[n] = '\0';
    const char *rest = text + n + strspn(text + n, " ");
    bool is_channel = text_starts_with(head, "Channel error on connection ");
    if (!is_channel && !text_starts_with(head, "Error on AMQP connection "))
        return false;
    if (!between(head, ", user: '", is_channel ? "')" : "', state: ", true, ret->account,
                 sizeof(ret->account)))
        between(head, ", user: '", "')", true, ret->account, sizeof(ret->account));
    between(head, ", vhost: '", "', user: '", false, ret->vhost, sizeof(ret->vhost));
    if (between(rest, "operation ", " caused a ", false, ret->operation, sizeof(ret->operation)))
        return read_operation(rest, ret);
    return read_connection(rest, ret);
}

/* --- what to do ------------------------------------------------------------------------------- */

#define ANY (-1)

/* An agent that works as before TOPOLOGY_AGENTS_EXCHANGE was there, by its user data, or by nature.
 */
#define BINDS                                                                                      \
    "agents bind no queue and write '" TOPOLOGY_AGENTS_EXCHANGE                                    \
    "' only: renew the ems-agent in the image; user data of your own (user-data-path) needs "      \
    "EMS_EXCHANGE in place of EXCHANGE_NAME; Open Baton's own agent needs "                        \
    "agents-default-exchange = yes in nfvo.conf, and a virtual host of its own by its user data: " \
    "virtual_host=$EmsVirtualHost of 'export " USER_DATA_EMS_VHOST "'; then deploy again"

#define PASSWORD                                                                                   \
    "it knows another password than its account has: baton manager rotate {account} tells it a "   \
    "new one; if it registers by itself (registration-open), restart it"

#define RIGHTS                                                                                     \
    "its rights are not those that nfvo gives: baton manager rotate {account} puts them again, "   \
    "with a new password; if it registers by itself (registration-open), restart it"

/* The first row that fits. {account} and so on stand for what is known; an object "" fits all. */
static const struct {
    int about, kind;
    const char *object, *text;
} hints[] = {
    {ABOUT_NFVO, REFUSAL_ACCESS, "",
     "nfvo's broker-user needs all rights: rabbitmqctl set_permissions -p '{vhost}' '{account}' "
     "'.*' '.*' '.*'"},
    {ABOUT_AGENT, REFUSAL_ACCESS, "queue 'vnfm.", BINDS},
    {ABOUT_AGENT, REFUSAL_ACCESS, "exchange '" TOPOLOGY_EXCHANGE "'", BINDS},
    {ABOUT_AGENT, REFUSAL_ACCESS, "",
     "this is not Baton's own agent: agents-default-exchange = yes in nfvo.conf, and user data "
     "with "
     "'export " USER_DATA_EMS_VHOST
     "' (virtual_host=$EmsVirtualHost of its file) give Open Baton's "
     "a virtual host of its own; restart nfvo, then deploy again"},
    {ABOUT_AGENT, REFUSAL_LIMIT, "",
     "its login may have so many connections and channels: agents-connections-max, "
     "agents-channels-max in nfvo.conf, for logins made from then on; or somebody else uses it"},
    {ABOUT_AGENT, REFUSAL_VHOST, "",
     "agents log in at virtual host '{agents}' (option agents-vhost of nfvo): virtual_host in the "
     "agent's /etc/openbaton/openbaton-ems.properties"},
    {ABOUT_AGENT, REFUSAL_LOGIN, "",
     "its login lives as long as its instance, and its password came with the user data: is the "
     "server a leftover? baton explain {subject}"},
    {ABOUT_REGISTRATION, REFUSAL_LOGIN, "",
     "a VNFM or driver knows another password than nfvo: its broker-password (SDKs: the password "
     "of the broker) has to be nfvo's registration-password"},
    {ABOUT_REGISTRATION, REFUSAL_ACCESS, "exchange 'amq.default'",
     "a VNFM that registers through the default exchange, as Python and Go do: "
     "registration-default-exchange = yes in nfvo.conf"},
    {ABOUT_REGISTRATION, REFUSAL_ACCESS, "",
     "this account may only register; then its user has to connect as the account in the "
     "answer"},
    {ABOUT_VNFM, REFUSAL_ACCESS, "exchange 'amq.default'",
     "VNFM '{subject}' registered with capability 'correlation', so it answers through "
     "'openbaton-exchange': without that capability it may use the default exchange"},
    {ABOUT_VNFM, REFUSAL_ACCESS, "exchange 'openbaton-exchange'", RIGHTS},
    {ABOUT_DRIVER, REFUSAL_ACCESS, "exchange 'openbaton-exchange'", RIGHTS},
    {ABOUT_VNFM, REFUSAL_ACCESS, "topic ",
     "VNFM '{subject}' may bind its own queue by its own name, and send to the NFVO's queues and "
     "to "
     "'nfvo.reply.*' only"},
    {ABOUT_DRIVER, REFUSAL_ACCESS, "topic ",
     "driver '{subject}' may bind its own queue by its own name, and send answers only"},
    {ABOUT_VNFM, REFUSAL_ACCESS, "",
     "VNFM '{subject}' may use the queue that it registered as its endpoint, and 'amq.gen-*': let "
     "it register with the queue that it uses"},
    {ABOUT_DRIVER, REFUSAL_ACCESS, "exchange 'amq.default'",
     "a driver answers through 'openbaton-exchange'"},
    {ABOUT_DRIVER, REFUSAL_ACCESS, "",
     "driver '{subject}' may use the queue vim-drivers.<type>.<name> of the type that it "
     "registered: let it register with the queue that it uses"},
    {ABOUT_VNFM, REFUSAL_LOGIN, "", PASSWORD},
    {ABOUT_DRIVER, REFUSAL_LOGIN, "", PASSWORD},
    {ABOUT_NOBODY, REFUSAL_LOGIN, "",
     "the suite has no account of this name: baton manager enrol NAME --type TYPE makes one for a "
     "VNFM or driver, and says what goes into its configuration; that of an agent, ems.HOST, ends "
     "with its server"},
    {ABOUT_REGISTRATION, REFUSAL_VHOST, "",
     "registration is open in the virtual host registration-room of nfvo only: set that there"},
    {ANY, REFUSAL_VHOST, "",
     "each account has a virtual host, baton manager show {account} tells which: set that there "
     "(broker-vhost)"},
    {ABOUT_NOBODY, REFUSAL_ACCESS, "",
     "no process of the suite has this account: rabbitmqctl list_permissions -p '{vhost}'"},
    {ANY, REFUSAL_ARGUMENT, "",
     "it is there with other arguments: delete it while it is not in use (rabbitmqctl -p '{vhost}' "
     "delete_queue NAME), or declare it as it is"},
    {ANY, REFUSAL_LOCKED, "",
     "another connection has it for itself: stop the other process, or give this one a name of its "
     "own"},
    {ANY, REFUSAL_LIMIT, "",
     "raise the broker's limit (rabbitmqctl list_user_limits --user '{account}'; rabbitmqctl "
     "list_vhost_limits), or find who uses it up"},
    {ANY, REFUSAL_MISSING, "",
     "the NFVO makes 'openbaton-exchange' in each room: is this the right virtual host? baton "
     "manager show {account}"},
    {ANY, REFUSAL_FLOOD, "",
     "nfvo closed its connections and lets it in again by itself, later each time: look at what "
     "runs with this account, and end it for good with baton manager delete {account}; if this is "
     "honest work, raise account-max-work or account-max-traffic in nfvo.conf"},
    {ANY, REFUSAL_SILENT, "",
     "perhaps it was refused something: log.exchange = true in rabbitmq.conf, restart the broker, "
     "and its words are shown here"},
};

static void put_filled(const char *text, const struct refusal *r, const struct refusal_place *p,
                       struct sbuf *out)
{
    const struct {
        const char *name, *value;
    } values[] = {{"{account}", r->account},     {"{vhost}", r->vhost},
                  {"{subject}", p->subject},     {"{own}", p->vhost},
                  {"{agents}", p->agents_vhost}, {"{registrar}", p->registration_user}};
    while (*text) {
        size_t n = strcspn(text, "{");
        sbuf_add(out, text, n);
        text += n;
        size_t i = 0;
        while (*text && i < ARRAY_LEN(values) && !text_starts_with(text, values[i].name))
            i++;
        if (*text && i < ARRAY_LEN(values))
            sbuf_adds(out, values[i].value ? values[i].value : "");
        text += !*text ? 0 : i < ARRAY_LEN(values) ? strlen(values[i].name) : 1;
    }
}

void refusal_hint(const struct refusal *r, const struct refusal_place *place, struct sbuf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(hints); i++)
        if ((hints[i].about == ANY || hints[i].about == (int)place->about) &&
            hints[i].kind == (int)r->kind && text_starts_with(r->object, hints[i].object)) {
            put_filled(hints[i].text, r, place, out);
            return;
        }
}
