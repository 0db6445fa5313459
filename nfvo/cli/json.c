#include "nfvo/cli/cli.h"

#include <stdlib.h>
#include <string.h>

const json_t *cli_json_at(const json_t *object, const char *path)
{
    char key[64];
    while (object && *path) {
        size_t n = strcspn(path, ".");
        snprintf(key, sizeof(key), "%.*s", (int)n, path);
        object = json_object_get(object, key);
        path += n + (path[n] == '.');
    }
    return object;
}

/* Numbers become text in one of a few buffers that take turns: enough for the columns of one line.
 */
const char *cli_json_str(const json_t *object, const char *path)
{
    static char texts[16][32];
    static unsigned turn;
    const json_t *v = cli_json_at(object, path);
    char *text = texts[turn++ % ARRAY_LEN(texts)];
    if (json_is_string(v))
        return json_string_value(v);
    if (json_is_boolean(v))
        return json_is_true(v) ? "yes" : "no";
    if (json_is_integer(v))
        snprintf(text, sizeof(texts[0]), "%" JSON_INTEGER_FORMAT, json_integer_value(v));
    else if (json_is_real(v))
        snprintf(text, sizeof(texts[0]), "%g", json_real_value(v));
    else
        return "";
    return text;
}

void cli_print_json(struct cli *c, const json_t *json, const char *text)
{
    if (c->is_terminal && json) {
        json_dumpf(json, c->out, JSON_INDENT(2) | JSON_ENCODE_ANY);
        fputc('\n', c->out);
        return;
    }
    size_t len = strlen(text);
    fwrite(text, 1, len, c->out);
    if (len == 0 || text[len - 1] != '\n')
        fputc('\n', c->out);
}
