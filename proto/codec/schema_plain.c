/* Records as they are written, one type a member: proto_schema_plain. */
#include "proto/codec/schema.h"

/* "ON" gives ^(ON|((O(N)?)?)\*)$ */
void schema_beginnings(const struct proto_field *f, struct sbuf *out)
{
    sbuf_adds(out, "\"type\":\"string\",\"pattern\":\"^(");
    for (int i = 0; f->words[i]; i++)
        sbuf_addf(out, "%s%s", i ? "|" : "", f->words[i]);
    for (int i = 0; f->words[i]; i++) {
        sbuf_adds(out, i ? "|" : "|(");
        for (const char *p = f->words[i]; *p; p++)
            sbuf_addf(out, "(%c", *p);
        for (const char *p = f->words[i]; *p; p++)
            sbuf_adds(out, ")?");
    }
    sbuf_adds(out, ")\\\\*)$\"");
}

static void words(const struct proto_field *f, struct sbuf *out)
{
    if (f->flags & BEGINNINGS) {
        schema_beginnings(f, out);
        return;
    }
    sbuf_adds(out, "\"type\":\"string\",\"enum\":[");
    for (int i = 0; f->words[i]; i++) {
        sbuf_adds(out, i ? "," : "");
        proto_quotes(out, f->words[i]);
    }
    sbuf_addc(out, ']');
}

static void limits_of_text(const struct proto_field *f, struct sbuf *out)
{
    if (f->flags & REQUIRED)
        sbuf_adds(out, ",\"minLength\":1");
    if (f->form && f->form->pattern) {
        sbuf_adds(out, ",\"pattern\":");
        proto_quotes(out, f->form->pattern);
    }
    if (f->form && f->form->max)
        sbuf_addf(out, ",\"maxLength\":%d", f->form->max);
}

static void integer(const struct proto_field *f, bool is_request, struct sbuf *out)
{
    sbuf_addf(out, "\"type\":\"integer\",\"format\":\"%s\"", f->flags & INT32 ? "int32" : "int64");
    if (!is_request)
        return;
    if (f->flags & (POSITIVE | NATURAL))
        sbuf_adds(out, f->flags & POSITIVE ? ",\"minimum\":1" : ",\"minimum\":0");
    else if (f->flags & INT32)
        sbuf_addf(out, ",\"minimum\":%d", INT32_MIN);
    if (f->flags & INT32)
        sbuf_addf(out, ",\"maximum\":%d", INT32_MAX);
}

static void reference(const struct proto_field *f, const struct proto_schema_style *style,
                      struct sbuf *out)
{
    bool may_refer = style->is_request && f->flags & REFERABLE;
    sbuf_addf(out, "%s\"$ref\":\"%s%s%s\"%s", may_refer ? "\"anyOf\":[{" : "", style->refs,
              f->type->name, style->suffix,
              may_refer
                  ? "},{\"type\":\"object\",\"title\":\"stored_reference\",\"required\":[\"id\"],"
                    "\"properties\":{\"id\":{\"type\":\"string\",\"minLength\":1}}}]"
                  : "");
}

static void member(const struct proto_field *f, const struct proto_schema_style *style,
                   struct sbuf *out)
{
    static const char text[] = "\"type\":\"string\"", array[] = "\"type\":\"array\",\"items\":{",
                      map[] = "\"type\":\"object\",\"additionalProperties\":{";
    /* clang-format off */
    switch ((enum proto_kind)f->kind) {
    case PROTO_STR:
        if (f->words) {
            words(f, out);
        } else {
            sbuf_adds(out, text);
            if (style->is_request)
                limits_of_text(f, out);
        }
        break;
    case PROTO_INT:     integer(f, style->is_request, out); break;
    case PROTO_BOOL:    sbuf_addf(out, "\"type\":\"boolean\"%s", f->flags & TRUE_IF_ABSENT ? ",\"default\":true" : ""); break;
    case PROTO_REAL:    sbuf_adds(out, "\"type\":\"number\""); break;
    case PROTO_STRS:    sbuf_addf(out, "%s%s}", array, text); break;
    case PROTO_STRMAP:  sbuf_addf(out, "%s%s}", map, text); break;
    case PROTO_STRSMAP: sbuf_addf(out, "%s%s%s}}", map, array, text); break;
    case PROTO_REC:     reference(f, style, out); break;
    case PROTO_LIST:    sbuf_adds(out, array); reference(f, style, out); sbuf_addc(out, '}'); break;
    case PROTO_MAP:     sbuf_adds(out, map);   reference(f, style, out); sbuf_addc(out, '}'); break;
    case PROTO_LISTMAP: sbuf_addf(out, "%s%s", map, array); reference(f, style, out); sbuf_adds(out, "}}"); break;
    case PROTO_BYTES:   sbuf_addf(out, "%s\"type\":\"integer\",\"minimum\":-128,\"maximum\":255}", array); break;
    case PROTO_RAW:     sbuf_adds(out, "\"description\":\"any value\""); break;
    }
    /* clang-format on */
    if (style->is_request && f->flags & REQUIRED &&
        (f->kind == PROTO_LIST || f->kind == PROTO_STRS))
        sbuf_adds(out, ",\"minItems\":1");
    if (f->flags & SECRET && f->kind == PROTO_STR)
        sbuf_adds(out, ",\"description\":\"secret: shown as ten asterisks\"");
}

void proto_schema_plain(const struct proto_type *type, const struct proto_schema_style *style,
                        struct sbuf *out)
{
    const char *separator = ",\"required\":[";
    sbuf_adds(out, "{\"type\":\"object\",\"properties\":{");
    for (uint32_t i = 0; i < type->n_fields; i++) {
        sbuf_addf(out, "%s\"%s\":{", i ? "," : "", type->fields[i].wire);
        member(&type->fields[i], style, out);
        sbuf_addc(out, '}');
    }
    sbuf_addc(out, '}');
    for (uint32_t i = 0; style->is_request && i < type->n_fields; i++)
        if (type->fields[i].flags & REQUIRED) {
            sbuf_addf(out, "%s\"%s\"", separator, type->fields[i].wire);
            separator = ",";
        }
    sbuf_adds(out, *separator == ',' && !separator[1] ? "]}" : "}");
}
