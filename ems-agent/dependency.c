#include "ems-agent/agent.h"
#include "ems-agent/folder.h"
#include "proto/records/record.h"

#include <ctype.h>
#include <string.h>

/* A value is a word of a shell: in single quotes, or it would be a program. */
static void add_word(struct sbuf *out, const char *value)
{
    sbuf_addc(out, '\'');
    for (; *value; value++) {
        if (*value == '\'')
            sbuf_adds(out, "'\\''");
        else
            sbuf_addc(out, *value);
    }
    sbuf_addc(out, '\'');
}
enum err_code dependency_save(const char *root, const char *relative, const char *json,
                              struct err *err)
{
    (void)add_word;
    return folder_write(root, relative, "ob_parameters.json", json, strlen(json), false, err);
}
