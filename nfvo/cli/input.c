#include "nfvo/cli/cli.h"

#include "common/base/text.h"
#include "nfvo/catalogue/json_line.h"

#include <errno.h>
#include <string.h>

#define FILE_MAX (16u * 1024 * 1024)

static enum err_code read_all(FILE *file, const char *path, struct sbuf *ret, struct err *err)
{
    char chunk[8192];
    size_t n;
    while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0) {
        const char *kind = ret->len == 0 ? text_foreign_kind(chunk, n) : NULL;
        if (memchr(chunk, '\0', n))
            return err_set(err, ERR_INVALID, "'%s' is %s", path, kind ? kind : "not text");
        sbuf_add(ret, chunk, n);
        if (ret->len > FILE_MAX)
            return err_set(err, ERR_LIMIT, "'%s' is longer than %u MiB", path, FILE_MAX >> 20);
    }
    if (ferror(file))
        return err_set_errno(err, ERR_IO, errno, "read '%s'", path);
    size_t mark = text_mark_size(ret->s, ret->len);
    if (mark > 0) {
        memmove(ret->s, ret->s + mark, ret->len - mark + 1);
        ret->len -= mark;
    }
    return ERR_OK;
}

enum err_code cli_read_file(const char *path, struct sbuf *ret, struct err *err)
{
    if (strcmp(path, "-") == 0)
        return read_all(stdin, "standard input", ret, err);
    FILE *file = fopen(path, "re");
    if (!file)
        return err_set_errno(err, ERR_IO, errno, "open '%s'", path);
    enum err_code rc = read_all(file, path, ret, err);
    fclose(file);
    return rc;
}

enum cli_exit cli_read_json(struct cli *c, const char *path, struct sbuf *ret)
{
    struct err err = ERR_INIT;
    json_error_t wrong;
    if (cli_read_file(path, ret, &err) != ERR_OK)
        return (enum cli_exit)cli_fail(c, CLI_USAGE, &err, "read the file");
    json_t *json = json_loadb(ret->s, ret->len, 0, &wrong);
    const char *kind = json ? NULL : text_foreign_kind(ret->s, ret->len);
    if (kind) {
        fprintf(c->errors, "baton: %s: this is %s, JSON is expected\n", path, kind);
        return CLI_USAGE;
    }
    if (!json) {
        fprintf(c->errors, "baton: %s:%d:%d: %s\n", path, wrong.line, wrong.column, wrong.text);
        return CLI_USAGE;
    }
    json_decref(json);
    c->document_path = path;
    c->document = ret;
    return CLI_OK;
}

void cli_print_document_line(struct cli *c, const char *json_path)
{
    uint32_t line = c->document && *json_path
                        ? json_line_of_path(c->document->s, c->document->len, json_path)
                        : 0;
    if (line > 0)
        fprintf(c->errors, "  file: %s:%u\n", c->document_path, line);
}
