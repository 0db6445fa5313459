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
/* A member that may be absent may also be null. */
static const char *or_null(const struct proto_field *f)
{
    return f->flags & REQUIRED ? "" : ",\"null\"";
}

static void words(const struct proto_field *f, struct sbuf *out)
{
    if (f->flags & BEGINNINGS) {
        schema_beginnings(f, out);
        return;
    }
    sbuf_adds(out, "\"enum\":[");
    for (int i = 0; f->words[i]; i++) {
        sbuf_adds(out, i ? "," : "");
        proto_quotes(out, f->words[i]);
    }
    sbuf_adds(out, f->flags & REQUIRED ? "]" : ",\"\",null]");
}

static void form(const struct proto_form *form, struct sbuf *out)
{
    if (form->pattern) {
        sbuf_adds(out, ",\"pattern\":");
        proto_quotes(out, form->pattern);
    }
    if (form->max)
        sbuf_addf(out, ",\"maxLength\":%d", form->max);
}

static void schema_of_str(const struct proto_field *f, struct sbuf *out)
{
    if (f->words) {
        words(f, out);
        return;
    }
    sbuf_addf(out, "\"type\":[\"string\",\"number\",\"boolean\"%s%s%s]", or_null(f),
              f->flags & NAME_OF_OBJECT ? ",\"object\"" : "",
              f->flags & FIRST_OF_ARRAY ? ",\"array\"" : "");
    if (f->flags & REQUIRED)
        sbuf_adds(out, ",\"minLength\":1");
    if (f->form)
        form(f->form, out);
}

static void schema_of_int(const struct proto_field *f, struct sbuf *out)
{
    sbuf_addf(out,
              "\"type\":[\"integer\",\"string\"%s],\"pattern\":\"^(-?[0-9][0-9.eE+-]*)?"
              "(?![\\\\s\\\\S])\"",
              or_null(f));
    if (f->flags & (POSITIVE | NATURAL))
        sbuf_adds(out, f->flags & POSITIVE ? ",\"minimum\":1" : ",\"minimum\":0");
    else if (f->flags & INT32)
        sbuf_addf(out, ",\"minimum\":%d", INT32_MIN);
    if (f->flags & INT32)
        sbuf_addf(out, ",\"maximum\":%d", INT32_MAX);
}

static void schema_of_array(const struct proto_field *f, const char *items, struct sbuf *out)
{
    sbuf_addf(out, "\"type\":[\"array\"%s],\"items\":%s", or_null(f), items);
    if (f->flags & REQUIRED)
        sbuf_adds(out, ",\"minItems\":1");
}

static void schema_of_map(const struct proto_field *f, const char *values, struct sbuf *out)
{
    sbuf_addf(out, "\"type\":[\"object\"%s],\"additionalProperties\":%s", or_null(f), values);
    if (f->flags & REQUIRED)
        sbuf_adds(out, ",\"minProperties\":1");
}

/* What refers to a stored record has its id, and nothing else is looked at. */
#define REFERENCE                                                                                  \
    "{\"required\":[\"id\"],\"properties\":{\"id\":{\"type\":[\"string\",\"number\"],"             \
    "\"minLength\":1}}},"

static void schema_of_kind(const struct proto_field *f, struct sbuf *out)
{
    static const char text[] = "{\"type\":[\"string\",\"number\",\"boolean\",\"null\"]}";
    static const char texts[] = "{\"type\":[\"array\",\"null\"],\"items\":{\"type\":[\"string\","
                                "\"number\",\"boolean\",\"object\",\"null\"]}}";
    AUTO(sbuf_release) struct sbuf element = SBUF_INIT, elements = SBUF_INIT, strs = SBUF_INIT;
    if (f->type) {
        sbuf_addf(&element, "{\"anyOf\":[%s{\"$ref\":\"#/$defs/%s\"},{\"type\":\"null\"}]}",
                  f->flags & REFERABLE ? REFERENCE : "", f->type->name);
        sbuf_addf(&elements, "{\"type\":[\"array\",\"null\"],\"items\":%s}", element.s);
    }
    sbuf_adds(&strs, "{\"type\":[\"string\",\"number\",\"boolean\",\"object\",\"null\"]");
    if (f->form)
        form(f->form, &strs);
    sbuf_addc(&strs, '}');
    /* clang-format off */
    switch ((enum proto_kind)f->kind) {
    case PROTO_STR:     schema_of_str(f, out); break;
    case PROTO_INT:     schema_of_int(f, out); break;
    case PROTO_BOOL:    sbuf_addf(out, "\"enum\":[true,false,\"true\",\"false\"%s]", f->flags & REQUIRED ? "" : ",null"); break;
    case PROTO_REAL:    sbuf_addf(out, "\"type\":[\"number\",\"string\"%s]", or_null(f)); break;
    case PROTO_STRS:    schema_of_array(f, strs.s, out); break;
    case PROTO_STRMAP:  schema_of_map(f, text, out); break;
    case PROTO_STRSMAP: schema_of_map(f, texts, out); break;
    case PROTO_REC:
        if (f->flags & (REQUIRED | OBJECT_IN_TEXT))
            sbuf_addf(out, "\"anyOf\":[{\"$ref\":\"#/$defs/%s\"}%s%s]", f->type->name,
                      f->flags & OBJECT_IN_TEXT ? ",{\"type\":\"string\"}" : "", f->flags & REQUIRED ? "" : ",{\"type\":\"null\"}");
        else
            sbuf_add(out, element.s + 1, element.len - 2);
        break;
    case PROTO_LIST:    schema_of_array(f, element.s, out); break;
    case PROTO_MAP:     schema_of_map(f, element.s, out); break;
    case PROTO_LISTMAP: schema_of_map(f, elements.s, out); break;
    case PROTO_BYTES:
        sbuf_adds(out, "\"anyOf\":[{\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":-128,\"maximum\":255}},"
                       "{\"type\":\"string\",\"contentEncoding\":\"base64\"},{\"type\":\"null\"}]");
        break;
    case PROTO_RAW:     sbuf_adds(out, "\"$comment\":\"any value\""); break;
    }
    /* clang-format on */
}

static void schema_of_member(const struct proto_field *f, const char *name, struct sbuf *out)
{
    sbuf_addf(out, "\"%s\":{", name);
    schema_of_kind(f, out);
    sbuf_adds(out, f->flags & SECRET ? ",\"writeOnly\":true}" : "}");
}

static void schema_of_type(const struct proto_type *type, struct sbuf *out)
{
    bool any = false;
    sbuf_adds(out, "{\"type\":\"object\",\"properties\":{");
    for (uint32_t i = 0; i < type->n_fields; i++) {
        const struct proto_field *f = &type->fields[i];
        sbuf_adds(out, i ? "," : "");
        schema_of_member(f, f->wire, out);
        if (f->alias) {
            sbuf_addc(out, ',');
            schema_of_member(f, f->alias, out);
        }
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
        {OWN_ALLOCATED, "the NFVO's once it allocated"},
        {EMPTY_COUNTS, "may be empty"},
        {KEY, "key"},
        {MIRROR, "as the peer lists it"},
        {APART, "stored apart"},
        {NAME_OF_OBJECT, "object with `name` accepted"},
        {OBJECT_IN_TEXT, "accepted as text"},
        {FIRST_OF_ARRAY, "of an array the first"},
        {INT32, "32 bits"},
        {REFERABLE, "an element with an `id` refers to a stored one"},
    };
    size_t began = out->len;
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (f->flags & rules[i].flag)
            sbuf_addf(out, "%s%s", out->len > began ? ", " : "", rules[i].rule);
    if (f->alias)
        sbuf_addf(out, "%salso `%s`", out->len > began ? ", " : "", f->alias);
    for (int i = 0; f->words && f->words[i]; i++)
        sbuf_addf(out, "%s%s", i ? " " : out->len > began ? ", one of " : "one of ", f->words[i]);
    if (f->flags & BEGINNINGS)
        sbuf_adds(out, ", or a beginning of them and `*`");
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
