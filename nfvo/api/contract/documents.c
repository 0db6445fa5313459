/* The contract as documents: served at /doc, and written to a folder by contract-docs. All of them are
 * made of the tables, or are texts of proto/doc that went into the program: neither can be of another
 * release than the program. */
#include <string.h>

#include "common/base/text.h"
#include "common/http/http.h"
#include "nfvo/api/contract/contract.h"
#include "proto/codec/schema.h"
#include "proto/contract/asyncapi.h"
#include "proto/environment.h"
#include "proto/messages/driver_methods.h"
#include "proto/rights.h"
#include "proto/types.h"

#define TYPE_MARKDOWN "text/markdown; charset=utf-8"
#define TYPE_HTML     "text/html; charset=utf-8"
#define SCHEMA_ENDS   ".schema.json"

struct embedded_text { /* proto/doc, by embed-texts.sh */
    const char *name, *text;
};
extern const struct embedded_text contract_texts[]; /* ends with a zero row */

static void openapi_document(const struct contract_source *of, struct sbuf *out)
{
    openapi_render(out, of->tables, of->version);
}

static void asyncapi_document(const struct contract_source *of, struct sbuf *out)
{
    asyncapi_render(out, of->version);
}

static void messages_document(const struct contract_source *of, struct sbuf *out)
{
    (void)of;
    sbuf_adds(out,
              "# Messages and records\n\nMade from the field tables in `proto/`. JSON objects; "
              "members not listed are kept and passed on.\n\n");
    for (const struct proto_type *const *t = proto_types; *t; t++)
        proto_describe(*t, out);
}

#define PAGE(name, fn)                                                                             \
    static void name(const struct contract_source *of, struct sbuf *out)                           \
    {                                                                                              \
        (void)of;                                                                                  \
        fn(out);                                                                                   \
    }
PAGE(queues_document, channels_describe)
PAGE(rights_document, rights_describe)
PAGE(rights_json_document, rights_json)
PAGE(methods_document, driver_methods_describe)
PAGE(environment_document, environment_describe)
PAGE(lifecycle_document, lifecycle_page)
PAGE(operations_document, operations_page)
static void index_document(const struct contract_source *of, struct sbuf *out);
static void calls_document(const struct contract_source *of, struct sbuf *out);

/* clang-format off */
static const struct document {
    const char *name, *type, *about;
    void (*render)(const struct contract_source *of, struct sbuf *out);
} documents[] = {
    {"index.html",         TYPE_HTML,      "this page", index_document},
    {"openapi.json",       HTTP_TYPE_JSON, "REST: OpenAPI 3.1 of every call", openapi_document},
    {"calls.md",           TYPE_MARKDOWN,  "REST: every call, in a table", calls_document},
    {"asyncapi.json",      HTTP_TYPE_JSON, "AMQP: AsyncAPI 3 of every queue, message, event and right", asyncapi_document},
    {"queues.md",          TYPE_MARKDOWN,  "AMQP: every queue, in a table", queues_document},
    {"rights.md",          TYPE_MARKDOWN,  "AMQP: who may do what on the broker", rights_document},
    {"rights.json",        HTTP_TYPE_JSON, "the same, for programs", rights_json_document},
    {"messages.md",        TYPE_MARKDOWN,  "every record and message, member by member", messages_document},
    {"driver-methods.md",  TYPE_MARKDOWN,  "methods of VIM drivers: parameters and answers", methods_document},
    {"environment.md",     TYPE_MARKDOWN,  "names that no parameter of a script may have", environment_document},
    {"phases.md",          TYPE_MARKDOWN,  "the phases of a VNFR as a graph, and the commands", lifecycle_document},
    {"operation-tables.md", TYPE_MARKDOWN, "operations, their steps, and what may run beside what", operations_document},
};
/* clang-format on */

/* "# Title" of a text. */
static void add_title(struct sbuf *out, const char *text)
{
    text += *text == '#' ? strspn(text, "# ") : 0;
    sbuf_add(out, text, strcspn(text, "\n"));
}

static void add_item(struct sbuf *out, const char *name)
{
    sbuf_addf(out, "<li><a href=\"/doc/%s\">%s</a> ", name, name);
}

/* No script, no style, nothing from elsewhere: it is read without a network, too. */
static void index_document(const struct contract_source *of, struct sbuf *out)
{
    (void)of;
    sbuf_adds(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Baton: the "
        "contract</title></head><body>\n<h1>Baton: the contract</h1>\n<p>What the NFVO and its "
        "peers say to each other. All of it is made of the program's own tables, or came with "
        "it.</p>\n<h2>For programs, and tables for people</h2>\n<ul>\n");
    for (size_t i = 1; i < ARRAY_LEN(documents); i++) {
        add_item(out, documents[i].name);
        sbuf_addf(out, "%s</li>\n", documents[i].about);
    }
    sbuf_adds(out, "</ul>\n<h2>To read</h2>\n<ul>\n");
    for (const struct embedded_text *t = contract_texts; t->name; t++) {
        add_item(out, t->name);
        add_title(out, t->text);
        sbuf_adds(out, "</li>\n");
    }
    sbuf_adds(out, "</ul>\n<h2>JSON Schema of every record</h2>\n<ul>\n");
    for (const struct proto_type *const *t = proto_types; *t; t++)
        sbuf_addf(out, "<li><a href=\"/doc/schemas/%s" SCHEMA_ENDS "\">%s</a></li>\n", (*t)->name,
                  (*t)->name);
    sbuf_adds(out, "</ul>\n</body></html>\n");
}

static void add_body(struct sbuf *out, const struct contract_body *b)
{
    static const char *const words[] = {
        [BODY_NONE] = "-",
        [BODY_TEXT] = "text",
        [BODY_FILE] = "file",
        [BODY_IMAGE] = "file, optional",
        [BODY_STREAM] = "events",
        [BODY_OCTETS] = "octets",
        [BODY_METRICS] = "metrics",
        [BODY_HTML] = "HTML",
        [BODY_DOCUMENT] = "a document",
        [BODY_SCRIPT] = "a file",
    };
    bool is_list = b->form == BODY_RECORDS || b->form == BODY_SHAPES;
    if (b->type)
        sbuf_addf(out, "%s[%s](messages.md#%s)", is_list ? "list of " : "", b->type->name,
                  b->type->name);
    else if (b->shape)
        sbuf_addf(out, "%s`%s`", is_list ? "list of " : "", b->shape);
    else
        sbuf_adds(out, words[b->form]);
}

static void calls_document(const struct contract_source *of, struct sbuf *out)
{
    sbuf_adds(out,
              "# REST calls\n\nMade from the router's tables. openapi.json has parameters, schemas "
              "and statuses.\n\n| Call | Id | Takes | Gives | Does |\n|---|---|---|---|---|\n");
    for (const struct endpoint *const *t = of->tables; *t; t++)
        for (const struct endpoint *e = *t; e->method; e++) {
            const struct contract_row *r = contract_find(e);
            sbuf_addf(out, "| `%s %s` | %s | ", e->method, e->path, r ? r->id : "-");
            if (r)
                add_body(out, &r->takes);
            sbuf_addf(out, " | %d ", e->status);
            if (r && r->gives.form != BODY_NONE && e->status != 204)
                add_body(out, &r->gives);
            sbuf_addf(out, " | %s%s |\n", e->summary, e->status == 501 ? " (not built)" : "");
        }
}

/* --- served ----------------------------------------------------------------------------------- */

static enum err_code no_document(const char *name, struct err *err)
{
    err_set(err, ERR_NOT_FOUND, "there is no document '%.80s'", name);
    return err_hint(err, "GET /doc lists them");
}

static enum err_code document(struct call *c, struct err *err)
{
    const char *name = call_param(c, "name");
    const struct contract_source of = {c->api->tables, c->api->host->version};
    if (!*name)
        name = "index.html";
    c->has_etag = true;
    for (size_t i = 0; i < ARRAY_LEN(documents); i++)
        if (strcmp(documents[i].name, name) == 0) {
            c->type = documents[i].type;
            documents[i].render(&of, &c->out);
            return ERR_OK;
        }
    for (const struct embedded_text *t = contract_texts; t->name; t++)
        if (strcmp(t->name, name) == 0) {
            c->type = TYPE_MARKDOWN;
            sbuf_adds(&c->out, t->text);
            return ERR_OK;
        }
    return no_document(name, err);
}

static enum err_code schema(struct call *c, struct err *err)
{
    char record[64];
    const char *name = call_param(c, "name");
    size_t len = strlen(name), ends = strlen(SCHEMA_ENDS);
    if (len <= ends || len - ends >= sizeof(record) || strcmp(name + len - ends, SCHEMA_ENDS) != 0)
        return no_document(name, err);
    memcpy(record, name, len - ends);
    record[len - ends] = '\0';
    const struct proto_type *type = proto_type_find(record);
    if (!type)
        return no_document(name, err);
    c->type = "application/schema+json";
    c->has_etag = true;
    proto_schema(type, &c->out);
    return ERR_OK;
}

void contract_render_all(const struct contract_source *of, contract_each_fn *each, void *arg)
{
    for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
        AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
        documents[i].render(of, &out);
        each(arg, documents[i].name, &out);
    }
    for (const struct embedded_text *t = contract_texts; t->name; t++) {
        AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
        sbuf_adds(&out, t->text);
        each(arg, t->name, &out);
    }
    for (const struct proto_type *const *t = proto_types; *t; t++) {
        AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
        AUTO(sbuf_release) struct sbuf name = SBUF_INIT;
        sbuf_addf(&name, "schemas/%s" SCHEMA_ENDS, (*t)->name);
        proto_schema(*t, &out);
        each(arg, name.s, &out);
    }
}

/* clang-format off */
const struct endpoint document_endpoints[] = {
    {"GET", "/doc",                document, 200, API_OPEN, "The contract: what there is to read"},
    {"GET", "/doc/{name}",         document, 200, API_OPEN, "A document of the contract: openapi.json, asyncapi.json, ..."},
    {"GET", "/doc/schemas/{name}", schema,   200, API_OPEN, "JSON Schema of a record: nsd.schema.json, ..."},
    {0},
};
/* clang-format on */
