#include "nfvo/cli/saved_plan.h"

#include "common/http/http.h"
#include "nfvo/cli/commands.h"
#include "nfvo/cli/common.h"
#include "nfvo/cli/operation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cli_save_plan(struct cli *c, const char *file, const struct cli_saved_plan *s)
{
    json_t *doc = json_pack("{ss ss ss ss? sb sO}", "word", s->word, "method", s->method, "path",
                            s->path, "body", s->body, "isText", s->is_text, "plan", s->plan);
    char *text = doc ? json_dumps(doc, JSON_INDENT(2)) : NULL;
    int fd = text ? open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    FILE *to = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool is_written = to && fprintf(to, "%s\n", text) > 0;
    if (to)
        is_written = fclose(to) == 0 && is_written;
    else if (fd >= 0)
        close(fd);
    int why = errno;
    free(text);
    json_decref(doc);
    if (!is_written)
        return cli_fail(c, CLI_USAGE, NULL, "the plan cannot be written to '%s': %s", file,
                        strerror(why));
    fprintf(c->errors, "saved; to do it, if nothing has changed by then: baton op apply %s\n",
            file);
    return CLI_OK;
}

/* Nothing, or how often a step is tried. */
static bool is_query(const char *text)
{
    static const char attempts[] = "?attempts=";
    size_t n = strlen(attempts);
    return !*text ||
           (strncmp(text, attempts, n) == 0 && strspn(text + n, "0123456789") == strlen(text + n));
}

/* It comes out of a file: nothing but an operation on a service is sent by it. */
static int check(struct cli *c, const json_t *doc)
{
    static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE"};
    const char *path = cli_json_str(doc, "path"), *method = cli_json_str(doc, "method");
    size_t n = strlen(cli_nsr.path), m = 0;
    while (m < ARRAY_LEN(methods) && strcmp(methods[m], method) != 0)
        m++;
    bool is_path = strncmp(path, cli_nsr.path, n) == 0 && path[n] == '/' && !strstr(path, "..") &&
                   !strpbrk(path, "# \r\n") && is_query(path + strcspn(path, "?"));
    if (m < ARRAY_LEN(methods) && is_path && *cli_json_str(doc, "plan.basis"))
        return CLI_OK;
    int exit = cli_fail(c, CLI_USAGE, NULL, "'%s' is not a plan that was saved", c->args[0]);
    fprintf(c->errors, "  hint: baton nsr heal NSR --plan --save FILE\n");
    return exit;
}

int cli_cmd_op_apply(struct cli *c)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    int64_t timeout_ms;
    if (cli_timeout_ms(c, &timeout_ms) != CLI_OK)
        return CLI_USAGE;
    int exit = cli_read_json(c, c->args[0], &text);
    if (exit != CLI_OK)
        return exit;
    json_t *doc = json_loads(text.s, 0, NULL);
    exit = check(c, doc);
    if (exit == CLI_OK) {
        const char *method = cli_json_str(doc, "method"), *word = cli_json_str(doc, "word"),
                   *body = json_string_value(json_object_get(doc, "body"));
        const char *asked = cli_json_str(doc, "path");
        sbuf_addf(&path, "%s%cbasis=", asked, strchr(asked, '?') ? '&' : '?');
        http_percent_encode(&path, cli_json_str(doc, "plan.basis"));
        exit = json_is_true(json_object_get(doc, "isText"))
                   ? cli_send_text(c, method, path.s, body ? body : "", &a)
                   : cli_request(c, method, path.s, body, &a);
        exit = exit == CLI_OK ? cli_begun_operation(c, &a, word, cli_json_str(doc, "plan.nsr.name"),
                                                    timeout_ms)
                              : cli_report(c, &a, "apply the plan '%s'", c->args[0]);
    }
    json_decref(doc);
    return exit;
}
