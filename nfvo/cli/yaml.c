#include "nfvo/cli/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

static int on_bytes(void *arg, unsigned char *bytes, size_t n)
{
    sbuf_add(arg, (const char *)bytes, n);
    return 1;
}

/* libyaml fails for want of memory only, where the house aborts; what it is given is well formed. */
static void must(int is_good)
{
    if (!is_good)
        abort();
}

/* A reader of YAML 1.1 would take the plain word for something else: no, 1e3, 12:30, 0x1f, null, ~. */
static bool is_plain_text(const char *text)
{
    static const char *const words[] = {"y",  "n",   "yes",  "no",  "true", "false",
                                        "on", "off", "null", "nan", "inf"};
    if (!((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z')))
        return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcasecmp(words[i], text) == 0)
            return false;
    return true;
}

static void put_scalar(yaml_emitter_t *e, const char *text, bool is_text)
{
    yaml_event_t event;
    bool is_plain = !is_text || is_plain_text(text);
    yaml_scalar_style_t style = strchr(text, '\n') ? YAML_LITERAL_SCALAR_STYLE
                                : is_plain         ? YAML_PLAIN_SCALAR_STYLE
                                                   : YAML_SINGLE_QUOTED_SCALAR_STYLE;
    must(yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
                                      (int)strlen(text), is_plain, is_text, style));
    must(yaml_emitter_emit(e, &event));
}

static void put(yaml_emitter_t *e, const json_t *value)
{
    yaml_event_t event;
    const char *name;
    json_t *member;
    size_t i;
    if (json_is_object(value)) {
        must(yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_ANY_MAPPING_STYLE));
        must(yaml_emitter_emit(e, &event));
        json_object_foreach((json_t *)(uintptr_t)value, name, member)
        {
            put_scalar(e, name, true);
            put(e, member);
        }
        must(yaml_mapping_end_event_initialize(&event));
        must(yaml_emitter_emit(e, &event));
    } else if (json_is_array(value)) {
        must(yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_ANY_SEQUENCE_STYLE));
        must(yaml_emitter_emit(e, &event));
        json_array_foreach(value, i, member) put(e, member);
        must(yaml_sequence_end_event_initialize(&event));
        must(yaml_emitter_emit(e, &event));
    } else if (json_is_string(value)) {
        put_scalar(e, json_string_value(value), true);
    } else {
        char *text = json_dumps(value, JSON_ENCODE_ANY);
        put_scalar(e, text ? text : "null", false);
        free(text);
    }
}

void cli_put_yaml(struct sbuf *out, const json_t *value)
{
    yaml_emitter_t e;
    yaml_event_t event;
    must(yaml_emitter_initialize(&e));
    yaml_emitter_set_output(&e, on_bytes, out);
    yaml_emitter_set_unicode(&e, 1);
    yaml_emitter_set_width(&e, -1);
    must(yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
    must(yaml_emitter_emit(&e, &event));
    must(yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
    must(yaml_emitter_emit(&e, &event));
    put(&e, value);
    must(yaml_document_end_event_initialize(&event, 1));
    must(yaml_emitter_emit(&e, &event));
    must(yaml_stream_end_event_initialize(&event));
    must(yaml_emitter_emit(&e, &event));
    yaml_emitter_delete(&e);
}
