#include "vnfm-generic/ems/user_data.h"

#include <string.h>

static void add_quoted(struct sbuf *out, const char *value)
{
    if (value[0] && strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "./:_-@%+,") == strlen(value)) {
        sbuf_adds(out, value); /* plain, as the reference writes it */
        return;
    }
    sbuf_addc(out, '\'');
    for (; *value; value++) {
        if (*value == '\'')
            sbuf_adds(out, "'\\''");
        else
            sbuf_addc(out, *value);
    }
    sbuf_addc(out, '\'');
}

static const struct user_data_value *
value_of_line(const char *line, size_t n, const struct user_data_value *values, size_t count)
{
    static const char word[] = "export ";
    size_t skip = sizeof(word) - 1;
    if (n <= skip || strncmp(line, word, skip) != 0 || line[n - 1] != '=')
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (strlen(values[i].name) == n - skip - 1 &&
            strncmp(values[i].name, line + skip, n - skip - 1) == 0)
            return &values[i];
    return NULL;
}

void user_data_make(const char *text, const struct user_data_value *values, size_t n,
                    const char *extra, size_t extra_len, struct sbuf *out)
{
    static const char bom[] = "\xEF\xBB\xBF";
    for (const char *line = text, *end; *line; line = *end ? end + 1 : end) {
        end = line + strcspn(line, "\n");
        const struct user_data_value *v = value_of_line(line, (size_t)(end - line), values, n);
        sbuf_add(out, line, (size_t)(end - line));
        if (v && v->value)
            add_quoted(out, v->value);
        sbuf_addc(out, '\n');
    }
    if (!extra)
        return;
    if (extra_len >= 3 && memcmp(extra, bom, 3) == 0) {
        extra += 3;
        extra_len -= 3;
    }
    sbuf_add(out, extra, extra_len);
    sbuf_addc(out, '\n');
}
