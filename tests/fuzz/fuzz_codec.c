/* The scanner against jansson: the same texts are JSON, and mean the same, but for the differences
 * that codec.h states. The record has no members of its own, so all of the text is read by the
 * rules of JSON alone. */
#include "common/base/text.h"
#include "proto/codec/codec.h"
#include "tests/support/oracle.h"

#include <stdio.h>
#include <stdlib.h>

#define NOTHING_FIELDS(X) X(STR, none, "\001", _, OPTIONAL)
PROTO_RECORD(nothing, NOTHING_FIELDS)
#define PROTO_THIS struct nothing
PROTO_RECORD_DEFINE(nothing, NOTHING_FIELDS)
#undef PROTO_THIS

static void finding(const char *what, const char *detail)
{
    fprintf(stderr, "finding: %s: %s\n", what, detail);
    abort();
}

static void check_refusal(const char *text, size_t len, const struct err *err)
{
    /* jansson 2.14 loses a byte 0 behind a number: it takes `[11\0,1]`. We do not. */
    json_t *value = memchr(text, 0, len) ? NULL : json_loadb(text, len, 0, NULL);
    if (!value)
        return;
    if (json_is_object(value) &&
        (err->code != ERR_LIMIT || !oracle_exceeds(value, PROTO_DEPTH_MAX, PROTO_EXTRA_MAX)))
        finding("refused what jansson takes", err->msg);
    json_decref(value);
}

static void check_meaning(const char *text, size_t len, const struct sbuf *got)
{
    json_error_t error;
    json_t *want = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    if (!want) {
        enum json_error_code code = json_error_code(&error);
        if (code != json_error_duplicate_key && code != json_error_numeric_overflow)
            finding("took what jansson refuses", error.text);
        return;
    }
    json_t *have = json_loadb(got->s, got->len, JSON_REJECT_DUPLICATES, &error);
    if (!have)
        finding("wrote what jansson refuses", error.text);
    if (!oracle_equal(want, have))
        finding("changed the document to", got->s);
    json_decref(want);
    json_decref(have);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf first = SBUF_INIT, second = SBUF_INIT;
    size_t mark = text_mark_size((const char *)data, size); /* jansson takes none */
    const char *text = (const char *)data;
    struct err err = ERR_INIT;
    void *rec;
    if (proto_decode(&nothing_type, text, size, 0, &a, &rec, &err) != ERR_OK) {
        check_refusal(text + mark, size - mark, &err);
        return 0;
    }
    proto_encode(&nothing_type, rec, 0, &first);
    check_meaning(text + mark, size - mark, &first);
    if (proto_decode(&nothing_type, first.s, first.len, 0, &a, &rec, &err) != ERR_OK)
        finding("wrote what it refuses", err.msg);
    proto_encode(&nothing_type, rec, 0, &second);
    if (strcmp(first.s, second.s) != 0)
        finding("not stable", second.s);
    return 0;
}
