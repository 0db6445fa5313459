#include "proto/codec/schema.h"

#define TYPES_MAX 256

size_t proto_types_within(const struct proto_type *type, const struct proto_type **ret, size_t max)
{
    size_t n = 0;
    if (max > 0)
        ret[n++] = type;
    for (size_t done = 0; done < n; done++) {
        for (uint32_t i = 0; i < ret[done]->n_fields; i++) {
            const struct proto_type *inner = ret[done]->fields[i].type;
            size_t k = 0;
            while (inner && k < n && ret[k] != inner)
                k++;
            if (inner && k == n && n < max)
                ret[n++] = inner;
        }
    }
    return n;
}

/* --- JSON Schema ----------------------------------------------------------------------------- */
static void words(struct sbuf *out, const char *const *word)
{
    sbuf_adds(out, ",\"enum\":[");
    for (int i = 0; word[i]; i++) {
        sbuf_adds(out, i ? "," : "");
        proto_quotes(out, word[i]);
    }
    sbuf_addc(out, ']');
}

static void schema_of_str(const struct proto_field *f, struct sbuf *out)
{
    sbuf_adds(out, "\"type\":\"string\"");
    if (f->words)
        words(out, f->words);
    else if (f->flags & REQUIRED)
        sbuf_adds(out, ",\"minLength\":1");
}

static void schema_of_int(const struct proto_field *f, struct sbuf *out)
{
    sbuf_adds(out, "\"type\":\"integer\"");
    if (f->flags & (POSITIVE | NATURAL))
        sbuf_adds(out, f->flags & POSITIVE ? ",\"minimum\":1" : ",\"minimum\":0");
}

static void schema_of_array(const struct proto_field *f, const char *items, struct sbuf *out)
{
    sbuf_addf(out, "\"type\":\"array\",\"items\":%s", items);
    if (f->flags & REQUIRED)
        sbuf_adds(out, ",\"minItems\":1");
}

static void schema_of_map(const struct proto_field *f, const char *values, struct sbuf *out)
{
    sbuf_addf(out, "\"type\":\"object\",\"additionalProperties\":%s", values);
    if (f->flags & REQUIRED)
        sbuf_adds(out, ",\"minProperties\":1");
}

static void schema_of_kind(const struct proto_field *f, struct sbuf *out)
{
    static const char text[] = "{\"type\":\"string\"}";
    static const char texts[] = "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}";
    AUTO(sbuf_release) struct sbuf ref = SBUF_INIT, refs = SBUF_INIT;
    if (f->type) {
        sbuf_addf(&ref, "{\"$ref\":\"#/$defs/%s\"}", f->type->name);
        sbuf_addf(&refs, "{\"type\":\"array\",\"items\":%s}", ref.s);
    }
    /* clang-format off */
    switch ((enum proto_kind)f->kind) {
    case PROTO_STR:     schema_of_str(f, out); break;
    case PROTO_INT:     schema_of_int(f, out); break;
    case PROTO_BOOL:    sbuf_adds(out, "\"type\":\"boolean\""); break;
    case PROTO_REAL:    sbuf_adds(out, "\"type\":\"number\""); break;
    case PROTO_STRS:    schema_of_array(f, text, out); break;
    case PROTO_STRMAP:  schema_of_map(f, text, out); break;
    case PROTO_STRSMAP: schema_of_map(f, texts, out); break;
    case PROTO_REC:     sbuf_add(out, ref.s + 1, ref.len - 2); break;
    case PROTO_LIST:    schema_of_array(f, ref.s, out); break;
    case PROTO_MAP:     schema_of_map(f, ref.s, out); break;
    case PROTO_LISTMAP: schema_of_map(f, refs.s, out); break;
    case PROTO_BYTES:
        sbuf_adds(out, "\"anyOf\":[{\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":-128,\"maximum\":255}},"
                       "{\"type\":\"string\",\"contentEncoding\":\"base64\"}]");
        break;
    case PROTO_RAW:     sbuf_adds(out, "\"$comment\":\"any value\""); break;
    }
    /* clang-format on */
}

static void schema_of_type(const struct proto_type *type, struct sbuf *out)
{
    bool any = false;
    sbuf_adds(out, "{\"type\":\"object\",\"properties\":{");
    for (uint32_t i = 0; i < type->n_fields; i++) {
        const struct proto_field *f = &type->fields[i];
        sbuf_addf(out, "%s\"%s\":{", i ? "," : "", f->wire);
        schema_of_kind(f, out);
        sbuf_adds(out, f->flags & SECRET ? ",\"writeOnly\":true}" : "}");
        any |= (f->flags & REQUIRED) != 0;
    }
    sbuf_adds(out, any ? "},\"required\":[" : "}");
    for (uint32_t i = 0, n = 0; i < type->n_fields; i++)
        if (type->fields[i].flags & REQUIRED)
            sbuf_addf(out, "%s\"%s\"", n++ ? "," : "", type->fields[i].wire);
    sbuf_adds(out, any ? "]}" : "}");
}

void proto_schema(const struct proto_type *type, struct sbuf *out)
{
    const struct proto_type *types[TYPES_MAX];
    size_t n = proto_types_within(type, types, TYPES_MAX);
    sbuf_adds(out, "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",");
    sbuf_addf(out, "\"title\":\"%s\",\"$ref\":\"#/$defs/%s\",\"$defs\":{", type->name, type->name);
    for (size_t i = 0; i < n; i++) {
        sbuf_addf(out, "%s\"%s\":", i ? "," : "", types[i]->name);
        schema_of_type(types[i], out);
    }
    sbuf_adds(out, "}}\n");
}

/* --- Markdown -------------------------------------------------------------------------------- */
static void describe_kind(const struct proto_field *f, struct sbuf *out)
{
    static const char *const of_leaf[] = {
        [PROTO_STR] = "text",           [PROTO_INT] = "integer",
        [PROTO_BOOL] = "boolean",       [PROTO_REAL] = "number",
        [PROTO_STRS] = "list of texts", [PROTO_STRMAP] = "map of texts",
        [PROTO_BYTES] = "bytes",        [PROTO_STRSMAP] = "map of lists of texts",
        [PROTO_RAW] = "any value",
    };
    static const char *const before_link[] = {
        [PROTO_REC] = "",
        [PROTO_LIST] = "list of ",
        [PROTO_MAP] = "map of ",
        [PROTO_LISTMAP] = "map of lists of ",
    };
    if (f->type)
        sbuf_addf(out, "%s[%s](#%s)", before_link[f->kind], f->type->name, f->type->name);
    else
        sbuf_adds(out, of_leaf[f->kind]);
}

static void describe_rules(const struct proto_field *f, struct sbuf *out)
{
    static const struct {
        uint32_t flag;
        const char *rule;
    } rules[] = {
        {REQUIRED, "required"},
        {POSITIVE, "at least 1"},
        {NATURAL, "not negative"},
        {EMIT, "always written"},
        {SECRET, "secret"},
        {OWN_NFVO, "the NFVO's"},
        {OWN_IF_NEW, "the NFVO's once set"},
        {KEY, "key"},
        {MIRROR, "as the peer lists it"},
        {NAME_OF_OBJECT, "object with `name` accepted"},
        {OBJECT_IN_TEXT, "accepted as text"},
        {FIRST_OF_ARRAY, "of an array the first"},
    };
    size_t began = out->len;
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (f->flags & rules[i].flag)
            sbuf_addf(out, "%s%s", out->len > began ? ", " : "", rules[i].rule);
    if (f->alias)
        sbuf_addf(out, "%salso `%s`", out->len > began ? ", " : "", f->alias);
    for (int i = 0; f->words && f->words[i]; i++)
        sbuf_addf(out, "%s%s", i ? " " : out->len > began ? ", one of " : "one of ", f->words[i]);
}

void proto_describe(const struct proto_type *type, struct sbuf *out)
{
    sbuf_addf(out, "## %s\n\n| Member | Type | Rules |\n|---|---|---|\n", type->name);
    for (uint32_t i = 0; i < type->n_fields; i++) {
        sbuf_addf(out, "| `%s` | ", type->fields[i].wire);
        describe_kind(&type->fields[i], out);
        sbuf_adds(out, " | ");
        describe_rules(&type->fields[i], out);
        sbuf_adds(out, " |\n");
    }
    sbuf_addc(out, '\n');
}
