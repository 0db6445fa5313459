/* The OpenAPI document: made of the router's own tables, so it lists what is served, of calls.c, and
 * of the field tables of proto. */
#include <ctype.h>
#include <string.h>

#include "common/base/text.h"
#include "common/http/http.h"
#include "nfvo/api/contract/contract.h"
#include "nfvo/api/request/list.h"
#include "nfvo/api/request/precondition.h"
#include "proto/codec/schema.h"
#include "proto/records/operation.h"

#define SCHEMAS "#/components/schemas/"

enum { TYPES_MAX = 256 };

static const struct proto_schema_style shown_style = {.refs = SCHEMAS, .suffix = ""},
                                       taken_style = {
                                           .refs = SCHEMAS,
                                           .suffix = "_request",
                                           .is_request = true,
};

/* --- bodies ----------------------------------------------------------------------------------- */

static bool is_list(const struct contract_body *b)
{
    return b->form == BODY_RECORDS || b->form == BODY_SHAPES;
}

/* {"$ref":...} of a record or a shape, or a list of them. */
static void schema_of(struct sbuf *out, const struct contract_body *b, bool is_taken)
{
    sbuf_addf(out, "%s{\"$ref\":\"" SCHEMAS "%s%s\"}%s",
              is_list(b) ? "{\"type\":\"array\",\"items\":" : "",
              b->type ? b->type->name : b->shape,
              is_taken && b->form == BODY_RECORD ? taken_style.suffix : "", is_list(b) ? "}" : "");
}

static void content(struct sbuf *out, const struct contract_body *b, bool is_taken,
                    const char *example)
{
    static const struct {
        const char *type, *schema;
    } others[] = {
        [BODY_TEXT] = {"text/plain", "{\"type\":\"string\"}"},
        [BODY_FILE] = {"multipart/form-data",
                       "{\"type\":\"object\",\"required\":[\"file\"],\"properties\":{\"file\":{"
                       "\"type\":\"string\",\"format\":\"binary\",\"contentMediaType\":"
                       "\"application/x-tar\"}}}"},
        [BODY_IMAGE] =
            {"multipart/form-data",
             "{\"type\":\"object\",\"properties\":{\"file\":{\"type\":\"string\","
             "\"format\":\"binary\",\"contentMediaType\":\"application/octet-stream\"}}}"},
        [BODY_STREAM] = {"text/event-stream", "{\"type\":\"string\"}"},
        [BODY_OCTETS] = {"application/octet-stream", "{\"type\":\"string\",\"format\":\"binary\"}"},
        [BODY_METRICS] = {"text/plain", "{\"type\":\"string\"}"},
        [BODY_HTML] = {"text/html", "{\"type\":\"string\"}"},
        [BODY_SCRIPT] = {"text/javascript", "{\"type\":\"string\"}"},
        [BODY_DOCUMENT] = {"application/json", "{}"},
    };
    const char *type = b->form == BODY_FORM ? "application/x-www-form-urlencoded" : HTTP_TYPE_JSON;
    if (b->form < ARRAY_LEN(others) && others[b->form].type)
        sbuf_addf(out, "\"content\":{\"%s\":{\"schema\":%s", others[b->form].type,
                  others[b->form].schema);
    else {
        sbuf_addf(out, "\"content\":{\"%.*s\":{\"schema\":", (int)strcspn(type, ";"), type);
        schema_of(out, b, is_taken);
    }
    if (example) {
        sbuf_adds(out, ",\"example\":");
        if (b->form == BODY_TEXT)
            text_add_json(out, example);
        else
            sbuf_adds(out, example);
    }
    sbuf_adds(out, b->form == BODY_DOCUMENT
                       ? "},\"text/markdown\":{\"schema\":{\"type\":\"string\"}},"
                         "\"text/html\":{\"schema\":{\"type\":\"string\"}},"
                         "\"application/schema+json\":{\"schema\":{}}}"
                   : !is_taken && b->is_optional ? "},\"text/"
                                                   "plain\":{\"schema\":{\"type\":\"string\","
                                                   "\"maxLength\":0,\"description\":\"nothing\"}}}"
                                                 : "}}");
}

/* --- parameters ------------------------------------------------------------------------------- */

static const struct query_row {
    const char *group, *name, *schema, *text;
    bool is_required;
} query_rows[] = {
    /* clang-format off */
    {"plan",     "plan",     "\"type\":\"boolean\"", "answer what would be done, and do nothing", false},
    {"queue",    "queue",    "\"type\":\"boolean\"", "wait for operations that are in the way, instead of being refused", false},
    {"attempts", "attempts", "\"type\":\"integer\",\"minimum\":1,\"maximum\":10", "a step that fails is tried again by itself, up to so many times in all", false},
    {"basis",    "basis",    "\"type\":\"string\",\"maxLength\":64", "the member basis of a plan: refused if what it was made of has changed since", false},
    {"pop_name", "name",     "\"type\":\"string\",\"minLength\":1", "name of the PoP", true},
    {"operation_nsr",    "nsr",   "\"type\":\"string\"", "only those on this network service", false},
    {"operation_filter", "vnfr",  "\"type\":\"string\"", "only those on this VNF", false},
    {"operation_filter", "state", "\"type\":\"string\"", "'open', or a state", false},
    {"operation_filter", "kind",  "\"type\":\"string\"", "of this kind only", false},
    {"operation_filter", "since", "\"type\":\"string\"", "asked for since then: '15m', '2h' or '7d' ago, '2026-11-30' or '2026-11-30T12:00:00Z'", false},
    {"operation_filter", "until", "\"type\":\"string\"", "asked for until then", false},
    {"operation_filter", "after", "\"type\":\"string\"", "go on behind this operation", false},
    {"operation_filter", "limit", "\"type\":\"integer\",\"minimum\":1,\"maximum\":1000", "at most so many", false},
    {"explain",  "kind",     "\"type\":\"string\"", "what the name is of, where it is ambiguous: nsr, vnfr, instance, pop, vnfm, driver, operation, command", false},
    {"explain",  "after",    "\"type\":\"integer\",\"minimum\":0", "history behind this entry", false},
    {"explain",  "limit",    "\"type\":\"integer\",\"minimum\":0", "at most so many entries of history", false},
    {"stream",   "nsr",      "\"type\":\"string\"", "only events of this network service", false},
    {"stream",   "event",    "\"type\":\"string\"", "only entries of these events: STEP,SERV*", false},
    {"stream",   "after",    "\"type\":\"integer\",\"minimum\":0", "go on behind this event; so does the header Last-Event-ID", false},
    {"nfv_image", "name",            "\"type\":\"string\",\"minLength\":1,\"maxLength\":255", "as vm_image of a VDU names it", true},
    {"nfv_image", "minRam",          "\"type\":\"integer\",\"minimum\":0", "MB", true},
    {"nfv_image", "minDiskSpace",    "\"type\":\"integer\",\"minimum\":0", "GB", true},
    {"nfv_image", "minCPU",          "\"type\":\"string\"", "processors", true},
    {"nfv_image", "diskFormat",      "\"type\":\"string\"", "qcow2, raw, ...", true},
    {"nfv_image", "containerFormat", "\"type\":\"string\"", "bare; docker of a tar", true},
    {"nfv_image", "isPublic",        "\"type\":\"boolean\"", "not granted: images belong to their project", false},
    {"nfv_image", "url",             "\"type\":\"string\"", "where it is; else the part file of the body", false},
    {"image_token", "token",         "\"type\":\"string\"", "as the driver got it", true},
    {"targets",  "project",  "\"type\":\"string\"", "of this project only: name or id", false},
    {"targets",  "port",     "\"type\":\"integer\",\"minimum\":1,\"maximum\":65535", "also instances whose descriptor says nothing of metrics, at this port", false},
    {"full",     "full",     "\"type\":\"boolean\"", "output and errors apart", false},
    /* clang-format on */
};

static void parameter(struct sbuf *out, const char *in, const char *name, bool is_required,
                      const char *schema, const char *text)
{
    if (out->s[out->len - 1] != '[')
        sbuf_addc(out, ',');
    sbuf_addf(out, "{\"name\":\"%s\",\"in\":\"%s\",\"required\":%s,\"schema\":{%s}", name, in,
              is_required ? "true" : "false", schema);
    if (text) {
        sbuf_adds(out, ",\"description\":");
        text_add_json(out, text);
    }
    sbuf_addc(out, '}');
}

static bool is_read(const struct endpoint *e)
{
    return strcmp(e->method, "GET") == 0;
}

static bool is_open(const struct endpoint *e)
{
    return (e->flags & API_OPEN) != 0;
}

static void header_parameters(struct sbuf *out, const struct endpoint *const *tables,
                              const struct endpoint *e)
{
    if (is_open(e))
        return;
    parameter(out, "header", "project-id", (e->flags & API_PROJECT) != 0, "\"type\":\"string\"",
              "id of the project; '*' for administrators: all");
    if (is_read(e) && e->status == 200)
        parameter(out, "header", "If-None-Match", false, "\"type\":\"string\"",
                  "an ETag: 304 if that is still the answer");
    if (strcmp(e->method, "POST") == 0 && !(e->flags & API_SECRET))
        parameter(out, "header", "Idempotency-Key", false,
                  "\"type\":\"string\",\"minLength\":1,\"maxLength\":255",
                  "a repeat with the same key, path and body has one effect and gets the first "
                  "answer");
    if (precondition_applies(tables, e))
        parameter(out, "header", "If-Match", false, "\"type\":\"string\"",
                  "an ETag of what the path names: 412 if it has changed since");
}

static void query_parameters(struct sbuf *out, const struct contract_row *row)
{
    for (const char *at = row && row->query ? row->query : ""; *at;) {
        size_t len = strcspn(at, " ");
        for (size_t i = 0; i < ARRAY_LEN(query_rows); i++) {
            const struct query_row *q = &query_rows[i];
            if (strlen(q->group) == len && strncmp(q->group, at, len) == 0)
                parameter(out, "query", q->name, q->is_required, q->schema, q->text);
        }
        at += len;
        at += strspn(at, " ");
    }
}

static void parameters(struct sbuf *out, const struct endpoint *const *tables,
                       const struct endpoint *e, const struct contract_row *row)
{
    sbuf_adds(out, ",\"parameters\":[");
    for (const char *at = strchr(e->path, '{'); at; at = strchr(at, '{')) {
        char name[64];
        size_t len = strcspn(++at, "}");
        if (len < sizeof(name)) {
            memcpy(name, at, len);
            name[len] = '\0';
            parameter(out, "path", name, true, "\"type\":\"string\"", NULL);
        }
    }
    header_parameters(out, tables, e);
    query_parameters(out, row);
    if (LIST_OF(e->flags) >= 0)
        list_parameters(out, (enum store_list)LIST_OF(e->flags));
    sbuf_addc(out, ']');
}

/* --- answers ---------------------------------------------------------------------------------- */

static void headers(struct sbuf *out, const struct endpoint *e)
{
    static const struct {
        const char *name, *text;
    } all[] = {
        {"ETag", "of this answer: for If-None-Match and If-Match"},
        {"Link", "rel=\\\"next\\\": the next page, where there is one"},
        {"Location", "where what was made, or the operation, is"},
        {"Operation-Id", "the operation that was accepted"},
    };
    const bool wanted[] = {!is_open(e) && is_read(e) && e->status == 200, LIST_OF(e->flags) >= 0,
                           e->flags & API_OPERATES || (e->status == 201 && !is_open(e)),
                           (e->flags & API_OPERATES) != 0};
    const char *separator = ",\"headers\":{";
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (wanted[i]) {
            sbuf_addf(out, "%s\"%s\":{\"description\":\"%s\",\"schema\":{\"type\":\"string\"}}",
                      separator, all[i].name, all[i].text);
            separator = ",";
        }
    sbuf_adds(out, *separator == ',' && separator[1] ? "" : "}");
}

static void success(struct sbuf *out, const struct endpoint *e, const struct contract_row *row)
{
    sbuf_addf(out, "\"%d\":{\"description\":\"%s\"", e->status, http_status_text(e->status));
    headers(out, e);
    if (row && row->gives.form != BODY_NONE && e->status != 204) {
        sbuf_addc(out, ',');
        content(out, &row->gives, false, NULL);
    }
    sbuf_addc(out, '}');
    if (e->flags & (API_OPERATES | API_PLANS))
        sbuf_adds(out,
                  ",\"200\":{\"description\":\"?plan=true: what would be done\",\"content\":{"
                  "\"application/json\":{\"schema\":{\"$ref\":\"" SCHEMAS "shown_operation\"}}}}");
    if (!is_open(e) && is_read(e) && e->status == 200)
        sbuf_adds(out, ",\"304\":{\"description\":\"as If-None-Match has it\"}");
}

static void failures(struct sbuf *out, const struct endpoint *const *tables,
                     const struct endpoint *e)
{
    static const struct {
        int status;
        const char *response;
    } all[] = {{400, "error"}, {401, "unauthorised"}, {403, "error"},
               {404, "error"}, {412, "error"},        {422, "error"},
               {429, "error"}, {500, "error"},        {503, "error"}};
    bool is_login = strncmp(e->path, "/oauth/", 7) == 0;
    bool is_health = strcmp(e->path, "/readyz") == 0;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        const char *response = all[i].response;
        if (all[i].status == 412 && !precondition_applies(tables, e))
            continue;
        if (is_login && (all[i].status == 400 || all[i].status == 401))
            response = "oauth";
        if (is_health && all[i].status == 503)
            response = "not_ready";
        sbuf_addf(out, ",\"%d\":{\"$ref\":\"#/components/responses/%s\"}", all[i].status, response);
    }
}

/* --- calls ------------------------------------------------------------------------------------ */

/* Groups of calls: /api/v1/ns-records/... -> ns-records, /api/v1/baton/status -> status. */
static void tag(struct sbuf *out, const char *path)
{
    static const char *const bases[] = {"/api/v1/baton/", "/api/v1/", "/"};
    static const char *const alone[] = {"",        "env",     "configprops", "metrics",
                                        "healthz", "readyz",  "main",        "version",
                                        "openapi", "history", "doc"};
    size_t i = 0;
    while (strncmp(path, bases[i], strlen(bases[i])) != 0)
        i++;
    path += strlen(bases[i]);
    size_t len = strcspn(path, "/.{");
    for (size_t k = 0; k < ARRAY_LEN(alone); k++)
        if (strlen(alone[k]) == len && strncmp(alone[k], path, len) == 0) {
            sbuf_adds(out, "server");
            return;
        }
    sbuf_add(out, path, len);
}

/* Of a call without a row: never the same twice, and no beauty. */
static void default_id(struct sbuf *out, const struct endpoint *e)
{
    for (const char *p = e->method; *p; p++)
        sbuf_addc(out, (char)tolower((unsigned char)*p));
    for (const char *p = e->path; *p; p++)
        sbuf_addc(out, isalnum((unsigned char)*p) ? *p : '_');
}

static void operation(struct sbuf *out, const struct endpoint *const *tables,
                      const struct endpoint *e)
{
    const struct contract_row *row = contract_find(e);
    sbuf_addc(out, '"');
    for (const char *p = e->method; *p; p++)
        sbuf_addc(out, (char)tolower((unsigned char)*p));
    sbuf_adds(out, "\":{\"operationId\":\"");
    if (row)
        sbuf_adds(out, row->id);
    else
        default_id(out, e);
    sbuf_adds(out, "\",\"tags\":[\"");
    tag(out, e->path);
    sbuf_adds(out, "\"],\"summary\":");
    text_add_json(out, e->summary);
    parameters(out, tables, e, row);
    if (row && row->takes.form != BODY_NONE) {
        sbuf_addf(out, ",\"requestBody\":{\"required\":%s,",
                  row->takes.is_optional ? "false" : "true");
        content(out, &row->takes, true, row->example);
        sbuf_addc(out, '}');
    }
    sbuf_adds(out, ",\"responses\":{");
    success(out, e, row);
    failures(out, tables, e);
    sbuf_addc(out, '}');
    if (strncmp(e->path, "/oauth/", 7) == 0)
        sbuf_adds(out, ",\"security\":[{\"client\":[]}]");
    else if (is_open(e))
        sbuf_adds(out, ",\"security\":[]");
    sbuf_addc(out, '}');
}

static bool is_built(const struct endpoint *e)
{
    return e->status != 501;
}

/* All methods of a path are one object, at the place of the first of them. */
static bool is_first_of_path(const struct endpoint *const *tables,
                             const struct endpoint *const *table, const struct endpoint *e)
{
    for (const struct endpoint *const *t = tables;; t++)
        for (const struct endpoint *o = *t; o->method; o++) {
            if (t == table && o == e)
                return true;
            if (is_built(o) && strcmp(o->path, e->path) == 0)
                return false;
        }
}

static void path_item(struct sbuf *out, const struct endpoint *const *tables, const char *path)
{
    const char *separator = "";
    for (const struct endpoint *const *t = tables; *t; t++)
        for (const struct endpoint *e = *t; e->method; e++)
            if (is_built(e) && strcmp(e->path, path) == 0) {
                sbuf_adds(out, separator);
                operation(out, tables, e);
                separator = ",";
            }
}

/* --- components ------------------------------------------------------------------------------- */

struct types {
    const struct proto_type *at[TYPES_MAX];
    size_t n;
};

static void add_type(struct types *all, const struct proto_type *type)
{
    const struct proto_type *within[TYPES_MAX];
    size_t n = type ? proto_types_within(type, within, TYPES_MAX) : 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < all->n && all->at[k] != within[i])
            k++;
        if (k == all->n && all->n < TYPES_MAX)
            all->at[all->n++] = within[i];
    }
}

static void schemas(struct sbuf *out)
{
    struct types shown = {0}, taken = {0};
    const char *separator = "";
    add_type(&shown, &fault_type);
    add_type(&shown, &shown_operation_type);
    for (const struct contract_row *r = contract_rows; r->method; r++) {
        add_type(r->takes.form == BODY_RECORD ? &taken : &shown, r->takes.type);
        add_type(&shown, r->gives.type);
    }
    for (const struct contract_shape *s = contract_shapes; s->name; s++) {
        sbuf_addf(out, "%s\"%s\":%s", separator, s->name, s->schema);
        separator = ",";
    }
    for (size_t i = 0; i < shown.n; i++) {
        sbuf_addf(out, ",\"%s\":", shown.at[i]->name);
        proto_schema_plain(shown.at[i], &shown_style, out);
    }
    for (size_t i = 0; i < taken.n; i++) {
        sbuf_addf(out, ",\"%s%s\":", taken.at[i]->name, taken_style.suffix);
        proto_schema_plain(taken.at[i], &taken_style, out);
    }
}

static void components(struct sbuf *out)
{
    /* clang-format off */
    sbuf_adds(out,
        "\"components\":{\"securitySchemes\":{"
        "\"user\":{\"type\":\"oauth2\",\"description\":\"a token of POST /oauth/token\",\"flows\":{\"password\":{\"tokenUrl\":\"/oauth/token\",\"refreshUrl\":\"/oauth/token\",\"scopes\":{}}}},"
        "\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"},"
        "\"client\":{\"type\":\"http\",\"scheme\":\"basic\",\"description\":\"the OAuth2 client openbatonOSClient with the password secret: well known, it names the client and proves nothing\"}},"
        "\"responses\":{"
        "\"error\":{\"description\":\"what failed, and the next step\",\"content\":{\"application/json\":{\"schema\":{\"$ref\":\"" SCHEMAS "error\"}}}},"
        "\"unauthorised\":{\"description\":\"no token, or one that is not valid (any more)\",\"headers\":{\"WWW-Authenticate\":{\"schema\":{\"type\":\"string\"}}},\"content\":{\"application/json\":{\"schema\":{\"$ref\":\"" SCHEMAS "oauth_error\"}}}},"
        "\"oauth\":{\"description\":\"as RFC 6749, 5.2\",\"content\":{\"application/json\":{\"schema\":{\"$ref\":\"" SCHEMAS "oauth_error\"}}}},"
        "\"not_ready\":{\"description\":\"why\",\"content\":{\"application/json\":{\"schema\":{\"$ref\":\"" SCHEMAS "health\"}}}}},"
        "\"schemas\":{\"error\":{\"type\":\"object\",\"required\":[\"code\",\"message\",\"status\"],\"properties\":{\"code\":{\"type\":\"string\"},\"message\":{\"type\":\"string\"},"
        "\"status\":{\"type\":\"integer\"},\"error\":{\"type\":\"string\"},\"path\":{\"type\":\"string\"},\"timestamp\":{\"type\":\"integer\",\"format\":\"int64\"},\"fault\":{\"$ref\":\"" SCHEMAS "fault\"}}},");
    /* clang-format on */
    schemas(out);
    sbuf_adds(out, "}}");
}

void openapi_render(struct sbuf *out, const struct endpoint *const *tables, const char *version)
{
    const char *separator = "";
    sbuf_adds(out, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Baton NFVO\",\"description\":"
                   "\"The REST interface of the orchestrator, compatible with Open Baton 6. Every "
                   "path answers with and without a slash at its end.\",\"license\":{\"name\":"
                   "\"Apache 2.0\",\"identifier\":\"Apache-2.0\"},\"version\":");
    text_add_json(out, version ? version : "0");
    sbuf_adds(out, "},\"servers\":[{\"url\":\"/\"}],\"security\":[{\"user\":[]},{\"bearer\":[]}],");
    components(out);
    sbuf_adds(out, ",\"paths\":{");
    for (const struct endpoint *const *t = tables; *t; t++)
        for (const struct endpoint *e = *t; e->method; e++) {
            if (!is_built(e) || !is_first_of_path(tables, t, e))
                continue;
            sbuf_adds(out, separator);
            text_add_json(out, e->path);
            sbuf_adds(out, ":{");
            path_item(out, tables, e->path);
            sbuf_addc(out, '}');
            separator = ",";
        }
    sbuf_adds(out, "}}");
}
