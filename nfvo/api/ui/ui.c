#include "nfvo/api/ui/ui.h"

#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "nfvo/api/context.h"
#include "nfvo/words/commands.h"
#include "nfvo/words/phases.h"

#define PAGE "index.html"

/* Nothing but our own files runs or is shown, no text becomes markup, and no other page frames it. */
#define POLICY                                                                                     \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src "        \
    "'self'; "                                                                                     \
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "                                \
    "require-trusted-types-for 'script'; trusted-types 'none'"

/* --- words: as `baton explain` says them -------------------------------------------------------- */

static void add_word(struct sbuf *out, const char *word, const char *text)
{
    sbuf_adds(out, out->s[out->len - 1] == '{' ? "" : ",");
    text_add_json(out, word);
    sbuf_addc(out, ':');
    text_add_json(out, text);
}

static void words(struct sbuf *out)
{
    sbuf_adds(out, "export const phases={nsr:{");
#define X(name, text) add_word(out, #name, text);
    NSR_PHASES(X)
    sbuf_adds(out, "},instance:{");
    INSTANCE_PHASES(X)
    sbuf_adds(out, "},pop:{");
    POP_PHASES(X)
#undef X
    sbuf_adds(out, "},vnfr:{");
#define X(name, status, scripts, text) add_word(out, #name, text);
    VNFR_PHASES(X)
#undef X
    sbuf_adds(out, "}};\nexport const waits={");
#define X(name, code, peer, call, again, within, quarters, near, text) add_word(out, #name, text);
    COMMAND_KINDS(X)
#undef X
    sbuf_adds(out, "};\nexport const near={");
#define X(name, code, peer, call, again, within, quarters, near, text)                             \
    sbuf_addf(out, "%s" #name ":%d", out->s[out->len - 1] == '{' ? "" : ",", (int)(near));
    COMMAND_KINDS(X)
#undef X
    sbuf_addf(out, "};\nexport const limit=%d;\n", (int)NEAR_LIMIT);
}

/* --- files -------------------------------------------------------------------------------------- */

static const struct ui_file *find(const char *name)
{
    for (const struct ui_file *f = ui_files; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

static void put(struct call *c, const struct ui_file *f)
{
    c->is_packed = http_gzip_accepted(http_request_header(c->req, "Accept-Encoding"));
    c->type = f->type;
    c->has_etag = true;
    c->policy = POLICY;
    c->vary = "Accept-Encoding";
    sbuf_add(&c->out, (const char *)(c->is_packed ? f->packed : f->plain),
             c->is_packed ? f->packed_len : f->plain_len);
}

static enum err_code file(struct call *c, struct err *err)
{
    const char *name = call_param(c, "name");
    const struct ui_file *f = find(name);
    bool is_words = strcmp(name, "words.js") == 0;
    if (strcmp(call_param(c, "hash"), ui_hash) != 0 || (!f && !is_words)) {
        err_set(err, ERR_NOT_FOUND, "there is no file '%.80s' of this release", name);
        return err_hint(err, "open / again");
    }
    if (f)
        put(c, f);
    c->cache = "public, max-age=31536000, immutable";
    if (is_words) {
        c->type = "text/javascript; charset=utf-8";
        c->has_etag = true;
        words(&c->out);
    }
    return ERR_OK;
}

static bool wants_page(struct call *c)
{
    const char *accept = http_request_header(c->req, "Accept");
    return accept && strstr(accept, "text/html");
}

/* The reference answers anybody here: clients that are no browser see what they always saw. */
static enum err_code front(struct call *c, struct err *err)
{
    (void)err;
    c->vary = "Accept";
    if (wants_page(c)) {
        put(c, find(PAGE));
        c->vary = "Accept, Accept-Encoding";
        return ERR_OK;
    }
    sbuf_adds(&c->out, "{\"name\":\"Baton NFVO\",\"version\":");
    text_add_json(&c->out, c->api->host->version ? c->api->host->version : "0");
    sbuf_adds(&c->out,
              ",\"api\":\"/api/v1\",\"openapi\":\"/api/v1/openapi.json\",\"doc\":\"/doc\"}");
    return ERR_OK;
}

/* clang-format off */
const struct endpoint ui_endpoints[] = {
    {"GET", "/",                 front, 200, API_OPEN | API_AT_ONCE, "The dashboard for browsers; else what this is, and where its description is"},
    {"GET", "/ui/{hash}/{name}", file,  200, API_OPEN | API_AT_ONCE, "A file of the dashboard"},
    {0},
};
/* clang-format on */
