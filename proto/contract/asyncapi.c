#include "proto/contract/asyncapi.h"

#include "proto/codec/schema.h"
#include "proto/messages/action.h"
#include "proto/messages/driver_methods.h"
#include "proto/messages/driver_rpc.h"
#include "proto/messages/ems.h"
#include "proto/messages/event.h"
#include "proto/messages/or_vnfm.h"
#include "proto/messages/vnfm_or.h"
#include "proto/records/manager.h"
#include "proto/records/operation.h"
#include "proto/rights.h"
#include "proto/topology.h"
#include "proto/types.h"

#include <string.h>

#define SCHEMAS "#/components/schemas/"

/* clang-format off */
#define ROOM   "the peer's room"
#define INNER  "the NFVO's own"
#define AGENTS "the agents' virtual host"
#define ANSWER "the queue in reply_to, through the default exchange; the correlation id comes back"

const struct channel channels[] = {
    {"managerHandling", QUEUE_MANAGER_HANDLING, "A VNFM or a driver registers and unregisters. Registering is answered with the account to go on with; unregistering is not answered", TOPOLOGY_EXCHANGE, "the NFVO",
     CHANNEL_RECEIVES, &registration_type, &manager_credentials_type, ANSWER, true, false, ROOM},
    {"managerRefused", QUEUE_MANAGER_HANDLING, "A VNFM of ours tells what it refused itself, since its author is not who it claims to be; not answered", TOPOLOGY_EXCHANGE, "the NFVO",
     CHANNEL_RECEIVES, &refused_by_peer_type, NULL, "", true, false, ROOM},
    {"vnfmActions", QUEUE_ACTIONS, "What a VNFM says without waiting for an answer: INSTANTIATE, MODIFY, SCALED, ERROR, ..., also as the answer to a request", TOPOLOGY_EXCHANGE, "the NFVO",
     CHANNEL_RECEIVES, &vnfm_or_type, NULL, "", true, false, ROOM},
    {"vnfmRequests", QUEUE_ACTIONS_REPLY, "What a VNFM asks: GRANT_OPERATION, ALLOCATE_RESOURCES, SCALING, UPDATEVNFR", TOPOLOGY_EXCHANGE, "the NFVO",
     CHANNEL_RECEIVES, &vnfm_or_type, &or_vnfm_type, ANSWER, true, false, ROOM},
    {"vnfm", "{endpoint}", "Requests to a VNFM, on the queue that it registered as its endpoint", TOPOLOGY_EXCHANGE, "the VNFM",
     CHANNEL_SENDS, &or_vnfm_type, &vnfm_or_type, "the queue in reply_to (" QUEUE_REPLIES ", or " QUEUE_REPLY_PREFIX "{command}), through either exchange", true, true, ROOM},
    {"driver", QUEUE_VIM_DRIVER_PREFIX "{type}.{name}", "Calls of a VIM driver; x-methods has the methods", TOPOLOGY_EXCHANGE, "the driver",
     CHANNEL_SENDS, &driver_request_type, &driver_reply_type, "the queue in reply_to (" QUEUE_REPLIES "), through either exchange; the correlation id comes back", true, true, ROOM},
    {"monitor", QUEUE_MONITOR_PREFIX "{type}.{name}", "Calls of a monitoring plugin; companions make them, not the NFVO", TOPOLOGY_EXCHANGE, "the plugin",
     CHANNEL_SENDS, &driver_request_type, &driver_reply_type, "the queue in reply_to", true, true, ROOM},
    {"eventRegister", QUEUE_EVENT_REGISTER, "Subscribe to events", TOPOLOGY_EXCHANGE, "the NFVO",
     CHANNEL_RECEIVES, &event_endpoint_type, NULL, "", true, false, ROOM},
    {"eventUnregister", QUEUE_EVENT_UNREGISTER, "End a subscription: the body is its id", TOPOLOGY_EXCHANGE, "the NFVO",
     CHANNEL_RECEIVES, NULL, NULL, "", true, false, ROOM},
    {"events", "{subscriberQueue}", "Events, to the queue that a subscription names", "", "the subscriber",
     CHANNEL_SENDS, &event_type, NULL, "", false, true, ROOM},
    {"replies", QUEUE_REPLIES, "Answers to the NFVO's requests: of drivers, and of VNFMs with the capability correlation; those to queues of one request come here as dead letters", TOPOLOGY_EXCHANGE, "the NFVO",
     CHANNEL_RECEIVES, NULL, NULL, "", true, false, ROOM},
    {"replyOfOne", QUEUE_REPLY_PREFIX "{command}", "The answer to one request, for a VNFM that sends no correlation id: it has no consumer, and dead-letters at once to " QUEUE_REPLIES, TOPOLOGY_EXCHANGE, "the NFVO",
     CHANNEL_RECEIVES, &vnfm_or_type, NULL, "", true, false, ROOM},
    {"internal", QUEUE_INTERNAL, "The NFVO to itself; no peer reaches it", TOPOLOGY_EXCHANGE, "the NFVO",
     CHANNEL_RECEIVES, NULL, NULL, "", true, false, INNER},
    {"restVnfm", QUEUE_REST_VNFM_PREFIX "{type}", "Requests to the VNFMs of a type that are called over HTTP, until one took them; no peer reaches it", TOPOLOGY_EXCHANGE, "the NFVO",
     CHANNEL_SENDS, &or_vnfm_type, NULL, "", true, false, INNER},
    {"restAnswers", QUEUE_REST_ANSWERS_PREFIX "{process}", "Answers to what a VNFM asked one NFVO process over HTTP; no peer reaches it", "", "the NFVO",
     CHANNEL_RECEIVES, &or_vnfm_type, NULL, "", true, false, INNER},
    {"deadLetters", QUEUE_DEAD_LETTERS, "What was refused, or came too often, with its reason; bounded, the oldest go", TOPOLOGY_EXCHANGE, "the NFVO",
     CHANNEL_RECEIVES, NULL, NULL, "", true, false, "every room"},
    {"agentHello", "ems.{endpoint}.register", "An agent says that it is there, once a connection", TOPOLOGY_AGENTS_EXCHANGE, "the generic VNFM",
     CHANNEL_RECEIVES, &ems_hello_type, NULL, "", true, false, AGENTS},
    {"agentCommands", "vnfm.{hostname}.actions", "Commands to the agent in a server", "", "the agent",
     CHANNEL_SENDS, &ems_request_type, &ems_reply_type, "ems.{endpoint}.replies.{instance}, through " TOPOLOGY_AGENTS_EXCHANGE "; the correlation id comes back", false, true, AGENTS},
    {"agentMetrics", QUEUE_AGENT_METRICS, "What agents measure, for collectors; the oldest go", TOPOLOGY_AGENTS_EXCHANGE, "the NFVO",
     CHANNEL_RECEIVES, NULL, NULL, "", true, false, AGENTS},
    {0},
};
/* clang-format on */

/* --- AsyncAPI --------------------------------------------------------------------------------- */

static const struct channel *first_of_address(const struct channel *c)
{
    const struct channel *f = channels;
    while (strcmp(f->address, c->address) != 0)
        f++;
    return f;
}

static const char *message_of(const struct channel *c)
{
    return c->message ? c->message->name : c->way == CHANNEL_RECEIVES ? "anything" : "nothing";
}

static void text_member(struct sbuf *out, const char *name, const char *text)
{
    sbuf_addf(out, "\"%s\":", name);
    proto_quotes(out, text);
}

static void messages_of(struct sbuf *out, const char *address)
{
    const char *separator = "";
    sbuf_adds(out, ",\"messages\":{");
    for (const struct channel *c = channels; c->id; c++)
        if (strcmp(c->address, address) == 0) {
            sbuf_addf(out, "%s\"%s\":{\"$ref\":\"#/components/messages/%s\"}", separator,
                      message_of(c), message_of(c));
            separator = ",";
        }
    sbuf_addc(out, '}');
}

static void parameters_of(struct sbuf *out, const char *address)
{
    const char *separator = ",\"parameters\":{";
    for (const char *at = strchr(address, '{'); at; at = strchr(at, '{')) {
        size_t len = strcspn(++at, "}");
        sbuf_addf(
            out,
            "%s\"%.*s\":{\"description\":\"letters, digits, dot, dash, underscore; at most 200\"}",
            separator, (int)len, at);
        separator = ",";
    }
    sbuf_adds(out, separator[1] ? "" : "}");
}

static void channel(struct sbuf *out, const struct channel *c)
{
    sbuf_addf(out, "\"%s\":{\"address\":\"%s\",", c->id, c->address);
    text_member(out, "description", c->text);
    messages_of(out, c->address);
    parameters_of(out, c->address);
    sbuf_addf(
        out,
        ",\"bindings\":{\"amqp\":{\"is\":\"queue\",\"queue\":{\"name\":\"%s\",\"durable\":%s,"
        "\"exclusive\":false,\"autoDelete\":%s},\"bindingVersion\":\"0.3.0\"}},"
        "\"x-exchange\":{\"name\":\"%s\",\"type\":\"%s\",\"durable\":true,\"routingKey\":\"%s\"},",
        c->address, c->is_durable ? "true" : "false", c->is_auto_delete ? "true" : "false",
        c->exchange, *c->exchange ? "topic" : "direct", c->address);
    text_member(out, "x-declared-by", c->by);
    sbuf_addc(out, ',');
    text_member(out, "x-virtual-host", c->vhost);
    if (c->message == &driver_request_type) {
        sbuf_adds(out, ",\"x-methods\":");
        driver_methods_json(SCHEMAS, out);
    }
    sbuf_addc(out, '}');
}

static void reply_channel(struct sbuf *out, const struct channel *c)
{
    sbuf_addf(out, ",\"%sReply\":{\"address\":null,", c->id);
    text_member(out, "description", c->reply_to);
    sbuf_addf(out, ",\"messages\":{\"%s\":{\"$ref\":\"#/components/messages/%s\"}}}",
              c->reply->name, c->reply->name);
}

static void operation(struct sbuf *out, const struct channel *c)
{
    const char *of = first_of_address(c)->id;
    sbuf_addf(out, "\"%s\":{\"action\":\"%s\",\"channel\":{\"$ref\":\"#/channels/%s\"},", c->id,
              c->way == CHANNEL_SENDS ? "send" : "receive", of);
    text_member(out, "summary", c->text);
    sbuf_addf(out, ",\"messages\":[{\"$ref\":\"#/channels/%s/messages/%s\"}]", of, message_of(c));
    if (c->reply)
        sbuf_addf(
            out,
            ",\"reply\":{\"address\":{\"location\":\"$message.header#/reply_to\"},\"channel\":{"
            "\"$ref\":\"#/channels/%sReply\"},\"messages\":[{\"$ref\":\"#/channels/%sReply/"
            "messages/%s\"}]}",
            c->id, c->id, c->reply->name);
    sbuf_addc(out, '}');
}

static void headers(struct sbuf *out)
{
    sbuf_adds(out, ",\"headers\":{\"type\":\"object\",\"description\":\"properties of AMQP\","
                   "\"properties\":{\"reply_to\":{\"type\":\"string\"},\"correlation_id\":{"
                   "\"type\":\"string\"}}}");
}

static void message(struct sbuf *out, const char *name, bool is_record)
{
    sbuf_addf(out, "\"%s\":{\"name\":\"%s\",\"contentType\":\"text/plain\"", name, name);
    headers(out);
    if (is_record)
        sbuf_addf(out, ",\"payload\":{\"$ref\":\"" SCHEMAS "%s\"}", name);
    sbuf_addc(out, '}');
}

static void add_message(struct sbuf *out, const struct proto_type **seen, size_t *n,
                        const struct proto_type *type)
{
    for (size_t i = 0; i < *n; i++)
        if (seen[i] == type)
            return;
    if (!type)
        return;
    seen[(*n)++] = type;
    sbuf_addc(out, ',');
    message(out, type->name, true);
}

static void messages(struct sbuf *out)
{
    const struct proto_type *seen[64];
    size_t n = 0;
    sbuf_adds(out, "\"messages\":{");
    message(out, "anything", false);
    for (const struct channel *c = channels; c->id && n + 2 < ARRAY_LEN(seen); c++) {
        add_message(out, seen, &n, c->message);
        add_message(out, seen, &n, c->reply);
    }
    sbuf_addc(out, '}');
}

static void schemas(struct sbuf *out)
{
    static const struct proto_schema_style style = {.refs = SCHEMAS, .suffix = ""};
    sbuf_adds(out, ",\"schemas\":{");
    for (const struct proto_type *const *t = proto_types; *t; t++) {
        sbuf_addf(out, "%s\"%s\":", t == proto_types ? "" : ",", (*t)->name);
        proto_schema_plain(*t, &style, out);
    }
    sbuf_addc(out, '}');
}

static void events(struct sbuf *out)
{
    for (int i = 0; event_words[i]; i++) {
        bool is_of_service = strcmp(event_words[i], "INSTANTIATE_FINISH") == 0 ||
                             strcmp(event_words[i], "RELEASE_RESOURCES_FINISH") == 0;
        const char *payload = strcmp(event_words[i], EVENT_OPERATION) == 0 ? "shown_operation"
                              : strcmp(event_words[i], EVENT_ALARM) == 0   ? "alarm"
                              : is_of_service                              ? "nsr"
                                                                           : NULL;
        sbuf_addf(out, "%s\"%s\":{\"payload\":%s\"$ref\":\"" SCHEMAS "%s\"}%s}", i ? "," : "",
                  event_words[i], payload ? "{" : "{\"oneOf\":[{\"$ref\":\"" SCHEMAS "vnfr\"},{",
                  payload ? payload : "nsr", payload ? "" : "]}");
    }
}

void asyncapi_render(struct sbuf *out, const char *version)
{
    const char *separator = "";
    sbuf_adds(out,
              "{\"asyncapi\":\"3.0.0\",\"info\":{\"title\":\"Baton on the broker\",\"license\":{"
              "\"name\":\"Apache 2.0\"},\"description\":\"AMQP 0-9-1 through RabbitMQ, seen from "
              "the NFVO and its generic VNFM: what they receive, and what they send. Compatible "
              "with Open Baton 6. Bodies are JSON; a member that is not known is kept and passed "
              "on.\",\"version\":");
    proto_quotes(out, version ? version : "0");
    sbuf_adds(out, "},\"defaultContentType\":\"text/plain\",\"channels\":{");
    for (const struct channel *c = channels; c->id; c++) {
        if (first_of_address(c) != c)
            continue;
        sbuf_adds(out, separator);
        channel(out, c);
        separator = ",";
    }
    for (const struct channel *c = channels; c->id; c++)
        if (c->reply)
            reply_channel(out, c);
    sbuf_adds(out, "},\"operations\":{");
    for (const struct channel *c = channels; c->id; c++) {
        sbuf_adds(out, c == channels ? "" : ",");
        operation(out, c);
    }
    sbuf_adds(out, "},\"components\":{");
    messages(out);
    schemas(out);
    sbuf_adds(out, "},\"x-events\":{");
    events(out);
    sbuf_adds(out, "},\"x-rights\":");
    rights_json(out);
    sbuf_addc(out, '}');
}

/* --- Markdown --------------------------------------------------------------------------------- */

static void link_to(struct sbuf *out, const struct proto_type *type)
{
    if (type)
        sbuf_addf(out, "[%s](messages.md#%s)", type->name, type->name);
    else
        sbuf_addc(out, '-');
}

void channels_describe(struct sbuf *out)
{
    sbuf_adds(
        out, "# Queues\n\nMade from `proto/contract/asyncapi.c` and `proto/topology.h`. A queue is "
             "bound with its own name as routing key. Who may do what: rights.md.\n\n"
             "| Queue | Where | Exchange | Declared by | The NFVO (or generic VNFM) | Message | "
             "Answer | What |\n|---|---|---|---|---|---|---|---|\n");
    for (const struct channel *c = channels; c->id; c++) {
        sbuf_addf(out, "| `%s` | %s | %s | %s | %s | ", c->address, c->vhost,
                  *c->exchange ? c->exchange : "default", c->by,
                  c->way == CHANNEL_SENDS ? "sends" : "receives");
        link_to(out, c->message);
        sbuf_adds(out, " | ");
        link_to(out, c->reply);
        sbuf_addf(out, "%s%s | %s |\n", c->reply ? " to " : "", c->reply ? c->reply_to : "",
                  c->text);
    }
}
