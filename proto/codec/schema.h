/* What the field tables say, for others to read: JSON Schema for tools, tables for people. */
#ifndef PROTO_CODEC_SCHEMA_H
#define PROTO_CODEC_SCHEMA_H

#include "proto/codec/codec.h"

/* JSON Schema (draft 2020-12) of a record and, in $defs, of all it is made of. It takes all that
 * the decoder and proto_validate take, with what is forgiven (numbers in strings, null, second
 * names, references); unknown members are allowed (decisions.md D2). It refuses what the tables
 * refuse, as far as a schema can say it; rules between members (a link that is not declared) are
 * not in it. */
void proto_schema(const struct proto_type *type, struct sbuf *out);

/* The same record as we write it, and as it is best sent: each member of one type, nothing that is
 * only forgiven. For OpenAPI and AsyncAPI, whose tools make code of it. */
struct proto_schema_style {
    const char *refs;   /* where the records are: "#/components/schemas/" */
    const char *suffix; /* behind their names: "_request" */
    /* As a peer has to send it: with what is required and its limits. Else as it is shown, where a
     * member may be missing (a short list). */
    bool is_request;
};
/* {"type":"object",...}: of this record; those in it are references. */
void proto_schema_plain(const struct proto_type *type, const struct proto_schema_style *style,
                        struct sbuf *out);

/* Of a member with BEGINNINGS, in both: the expression of exactly what proto_validate takes. */
void schema_beginnings(const struct proto_field *f, struct sbuf *out);

/* A section of Markdown: heading, and a table of name, type and rules with links to the records
 * that members consist of. */
void proto_describe(const struct proto_type *type, struct sbuf *out);

/* type and all that it is made of, each once, type first. At most max; returns how many. */
size_t proto_types_within(const struct proto_type *type, const struct proto_type **ret, size_t max);

#endif
