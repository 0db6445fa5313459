/* The OpenAPI document: made of the router's own tables, so it lists what is served. */
#include <ctype.h>
#include <string.h>

#include "common/base/text.h"
#include "common/http/http.h"
#include "nfvo/api/context.h"
#include "nfvo/api/request/list.h"

static void parameters(struct sbuf *out, const struct endpoint *e)
{
    const char *separator = "";
    sbuf_adds(out, ",\"parameters\":[");
    for (const char *at = strchr(e->path, '{'); at; at = strchr(at, '{')) {
        size_t len = strcspn(++at, "}");
        sbuf_addf(out,
                  "%s{\"name\":\"%.*s\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":"
                  "\"string\"}}",
                  separator, (int)len, at);
        separator = ",";
    }
    if (!(e->flags & API_OPEN))
        sbuf_addf(out,
                  "%s{\"name\":\"project-id\",\"in\":\"header\",\"required\":%s,\"schema\":{"
                  "\"type\":\"string\"}}",
                  separator, e->flags & API_PROJECT ? "true" : "false");
    if (!(e->flags & API_OPEN) && strcmp(e->method, "POST") == 0)
        sbuf_adds(out,
                  ",{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"required\":false,"
                  "\"schema\":{\"type\":\"string\",\"maxLength\":255},\"description\":\"a repeat "
                  "with the same key, path and body has one effect and gets the first answer\"}");
    if (LIST_OF(e->flags) >= 0)
        list_parameters(out, (enum store_list)LIST_OF(e->flags));
    sbuf_addc(out, ']');
}

static void operation(struct sbuf *out, const struct endpoint *e)
{
    sbuf_addc(out, '"');
    for (const char *p = e->method; *p; p++)
        sbuf_addc(out, (char)tolower((unsigned char)*p));
    sbuf_adds(out, "\":{\"summary\":");
    text_add_json(out, e->summary);
    parameters(out, e);
    sbuf_addf(out,
              ",\"responses\":{\"%d\":{\"description\":\"%s\"},\"default\":{\"$ref\":"
              "\"#/components/responses/error\"}}",
              e->status, http_status_text(e->status));
    if (e->flags & API_OPEN)
        sbuf_adds(out, ",\"security\":[]");
    sbuf_addc(out, '}');
}

static bool is_built(const struct endpoint *e)
{
    return e->status != 501;
}

/* All methods of a path are one object, at the place of the first of them. */
static bool is_first_of_path(const struct endpoint *const *table, const struct endpoint *e)
{
    for (const struct endpoint *const *t = endpoint_tables;; t++)
        for (const struct endpoint *o = *t; o->method; o++) {
            if (t == table && o == e)
                return true;
            if (is_built(o) && strcmp(o->path, e->path) == 0)
                return false;
        }
}

static void path_item(struct sbuf *out, const char *path)
{
    const char *separator = "";
    for (const struct endpoint *const *t = endpoint_tables; *t; t++)
        for (const struct endpoint *e = *t; e->method; e++)
            if (is_built(e) && strcmp(e->path, path) == 0) {
                sbuf_adds(out, separator);
                operation(out, e);
                separator = ",";
            }
}

void openapi_render(struct sbuf *out, const char *version)
{
    const char *separator = "";
    sbuf_adds(out, "{\"openapi\":\"3.0.3\",\"info\":{\"title\":\"Baton NFVO\",\"version\":");
    text_add_json(out, version ? version : "0");
    sbuf_adds(out,
              "},\"security\":[{\"bearer\":[]}],\"components\":{\"securitySchemes\":{\"bearer\":"
              "{\"type\":\"http\",\"scheme\":\"bearer\"}},\"responses\":{\"error\":{"
              "\"description\":\"what failed, and the next step\",\"content\":{"
              "\"application/json\":{\"schema\":{\"type\":\"object\",\"properties\":{"
              "\"code\":{\"type\":\"string\"},\"message\":{\"type\":\"string\"},\"fault\":{"
              "\"type\":\"object\"}}}}}}}},\"paths\":{");
    for (const struct endpoint *const *t = endpoint_tables; *t; t++)
        for (const struct endpoint *e = *t; e->method; e++) {
            if (!is_built(e) || !is_first_of_path(t, e))
                continue;
            sbuf_adds(out, separator);
            text_add_json(out, e->path);
            sbuf_adds(out, ":{");
            path_item(out, e->path);
            sbuf_addc(out, '}');
            separator = ",";
        }
    sbuf_adds(out, "}}");
}
