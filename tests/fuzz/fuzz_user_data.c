/* User data with the marks that the NFVO fills, and the column that keeps where secrets stand. The
 * input is the VNFM's text; the same bytes are a column `refs`, as if somebody could write one.
 * Whatever it says: the body is a JSON string with the text, each mark filled once, and the
 * password nowhere but at the marks' places. */
#include "common/base/sbuf.h"
#include "common/base/utf8.h"
#include "common/ports/pg_internal.h"
#include "nfvo/lifecycle/types.h"
#include "nfvo/lifecycle/user_data.h"
#include "proto/topology.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST "web-#EmsPassword=-1" /* what is filled in is not looked at again */
#define WORD "pass\\u0022word"

static void finding(const char *what, const char *detail)
{
    fprintf(stderr, "finding: %s: %s\n", what, detail);
    abort();
}

/* The same done plainly. */
static void expect(const char *text, struct sbuf *out)
{
    AUTO(sbuf_release) struct sbuf user = SBUF_INIT;
    topology_agent_user(HOST, &user);
    const char *const marks[][2] = {{USER_DATA_HOSTNAME, HOST},
                                    {USER_DATA_EMS_USER, user.s},
                                    {USER_DATA_EMS_VHOST, user.s}, /* named as its login */
                                    {USER_DATA_EMS_PASSWORD, "pass\"word"}};
    while (*text) {
        size_t k = 0;
        while (k < ARRAY_LEN(marks) && strncmp(text, marks[k][0], strlen(marks[k][0])) != 0)
            k++;
        if (k == ARRAY_LEN(marks)) {
            sbuf_addc(out, *text++);
            continue;
        }
        sbuf_addf(out, "%s%s", marks[k][0] + 1, marks[k][1]);
        text += strlen(marks[k][0]);
    }
}

static void check_user_data(const char *text, struct arena *a)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT, rendered = SBUF_INIT, want = SBUF_INIT;
    struct decision d = {.arena = a};
    struct send_refs places = {0};
    size_t from = 0;
    user_data_fill(&d, text, HOST, &body, &places);
    for (uint32_t i = 0; i < places.n; i++) {
        const struct send_ref *r = &places.at[i];
        if (r->at < from || r->at > body.len || r->kind != REFERENCE_AGENT ||
            strcmp(r->id, HOST) != 0)
            finding("a reference to something else", body.s);
        sbuf_add(&rendered, body.s + from, r->at - from);
        sbuf_adds(&rendered, WORD);
        from = r->at;
    }
    sbuf_adds(&rendered, body.s + from);
    json_error_t e;
    json_t *got = json_loadb(rendered.s, rendered.len, JSON_DECODE_ANY, &e);
    if (!json_is_string(got))
        finding("no JSON string", rendered.s);
    expect(text, &want);
    bool is_utf8 = true;
    for (size_t i = 0, n; i < want.len && is_utf8; i += n)
        is_utf8 = (n = utf8_char(want.s + i, want.len - i, NULL)) > 0;
    if (is_utf8 && strcmp(json_string_value(got), want.s) != 0)
        finding("another text", json_string_value(got));
    json_decref(got);
}

static void check_column(const char *text, struct arena *a)
{
    AUTO(sbuf_release) struct sbuf first = SBUF_INIT, second = SBUF_INIT;
    struct send_refs refs, again;
    pg_refs_read(a, text, &refs);
    for (uint32_t i = 0; i < refs.n; i++)
        if (refs.at[i].kind == 0 && refs.n != 1)
            finding("one of several is none", text);
    if (refs.n == 1 && refs.at[0].kind == 0)
        return;
    pg_refs_write(&first, &refs);
    pg_refs_read(a, first.s, &again);
    pg_refs_write(&second, &again);
    if (refs.n != again.n || strcmp(first.s, second.s) != 0)
        finding("not stable", first.s);
}

/* A text as id and argument of references: none of it becomes one. */
static void check_in_column(const char *text, struct arena *a)
{
    AUTO(sbuf_release) struct sbuf column = SBUF_INIT;
    struct send_ref two[] = {{7, 1, text, -1, text}, {9, 2, "", 3, text}};
    struct send_refs refs = {two, 2}, got;
    pg_refs_write(&column, &refs);
    pg_refs_read(a, column.s, &got);
    if (got.n != 2)
        finding("other references", column.s);
    for (uint32_t i = 0; i < 2; i++)
        if (got.at[i].at != two[i].at || got.at[i].kind != two[i].kind ||
            got.at[i].version != two[i].version || strcmp(got.at[i].id, two[i].id) != 0 ||
            strcmp(got.at[i].arg, two[i].arg) != 0)
            finding("another reference", column.s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    const char *text = arena_strndup(&a, (const char *)data, size);
    check_user_data(text, &a);
    check_column(text, &a);
    check_in_column(text, &a);
    return 0;
}
