/* baton test vnfm TYPE, baton test driver TYPE[.NAME]: kit/ does it; here are its options and where
 * the report goes. */
#include "nfvo/cli/commands.h"

#include "common/base/mem.h"
#include "common/config/config.h"
#include "common/sys/clock.h"
#include "nfvo/cli/kit/kit.h"

#include <errno.h>
#include <stdlib.h>

enum { LOAD_DEFAULT = 50, LOAD_MAX = 500, TYPE_MAX = 100 };

static enum cli_exit number(struct cli *c, enum cli_option option, long max, long fallback,
                            long *ret)
{
    const char *text = c->option[option];
    char *end;
    *ret = fallback;
    if (!text)
        return CLI_OK;
    *ret = strtol(text, &end, 10);
    if (*text && !*end && *ret >= 1 && *ret <= max)
        return CLI_OK;
    return (enum cli_exit)cli_fail(c, CLI_USAGE, NULL,
                                   "--%s takes a number from 1 to %ld, not '%s'",
                                   cli_option_rows[option].name, max, text);
}

static enum cli_exit duration(struct cli *c, enum cli_option option, const char *fallback,
                              int64_t *ret_ms)
{
    struct err err = ERR_INIT;
    const char *text = c->option[option] ? c->option[option] : fallback;
    if (config_parse_duration(text, ret_ms, &err) == ERR_OK && *ret_ms > 0)
        return CLI_OK;
    return (enum cli_exit)cli_fail(c, CLI_USAGE, NULL,
                                   "--%s takes a time, as 500ms, 10s or 2m, not '%s'",
                                   cli_option_rows[option].name, text);
}

static enum cli_exit read_options(struct cli *c, struct kit_options *o, json_t **ret_cloud)
{
    long load, pid;
    AUTO(sbuf_release) struct sbuf cloud = SBUF_INIT;
    const char *of_environment = getenv("BATON_BROKER_URL");
    o->broker = c->option[CLI_OPT_BROKER] ? c->option[CLI_OPT_BROKER]
                : of_environment          ? of_environment
                                          : "amqp://guest:guest@localhost:5672/";
    o->api = c->option[CLI_OPT_BROKER_API];
    o->run = c->option[CLI_OPT_RUN];
    o->queue = c->option[CLI_OPT_QUEUE];
    o->ca = c->option[CLI_OPT_CA];
    enum cli_exit exit = number(c, CLI_OPT_LOAD, LOAD_MAX, LOAD_DEFAULT, &load);
    if (exit == CLI_OK)
        exit = number(c, CLI_OPT_PID, INT32_MAX, 0, &pid);
    if (exit == CLI_OK)
        exit = duration(c, CLI_OPT_TIMEOUT, "10m", &o->wait_ms);
    if (exit == CLI_OK)
        exit = duration(c, CLI_OPT_ANSWER_WITHIN, "10s", &o->answer_ms);
    if (exit == CLI_OK && c->option[CLI_OPT_CLOUD])
        exit = cli_read_json(c, c->option[CLI_OPT_CLOUD], &cloud);
    if (exit != CLI_OK)
        return exit;
    o->load = (unsigned)load;
    o->pid = (pid_t)pid;
    if (cloud.len)
        *ret_cloud = json_loadb(cloud.s, cloud.len, 0, NULL);
    if (cloud.len && !json_is_object(*ret_cloud))
        return (enum cli_exit)cli_fail(c, CLI_USAGE, NULL, "'%s' is not a JSON object",
                                       c->option[CLI_OPT_CLOUD]);
    o->cloud = *ret_cloud;
    return CLI_OK;
}

static enum cli_exit write_html(struct cli *c, const struct kit_report *report)
{
    AUTO(sbuf_release) struct sbuf html = SBUF_INIT;
    const char *path = c->option[CLI_OPT_HTML];
    if (!path)
        return CLI_OK;
    kit_report_html(report, &html);
    FILE *file = fopen(path, "we");
    bool is_written = file && fwrite(html.s, 1, html.len, file) == html.len;
    if (file && fclose(file) != 0)
        is_written = false;
    if (is_written)
        return CLI_OK;
    return (enum cli_exit)cli_fail(c, CLI_USAGE, NULL, "write '%s': %s", path, strerror(errno));
}

static void print(struct cli *c, const struct kit_report *report)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct kit_counts n = kit_report_count(report);
    if (c->output == CLI_JSON)
        kit_report_json(report, &text);
    else
        kit_report_tap(report, &text);
    fwrite(text.s, 1, text.len, c->out);
    fprintf(c->output == CLI_JSON ? c->errors : c->out,
            "# %u failed, %u advice, %u passed, %u skipped\n", n.failed, n.advised, n.passed,
            n.skipped);
    fflush(c->out);
}

static int test(struct cli *c, enum kit_whose whose)
{
    AUTO(freep) char *type = xstrdup(c->args[0]);
    struct kit_options o = {.whose = whose, .type = type};
    struct kit_report report;
    struct err err = ERR_INIT;
    char at[CLOCK_TEXT_SIZE], subject[TYPE_MAX + 20];
    json_t *cloud = NULL;
    char *dot = whose == KIT_DRIVER ? strchr(type, '.') : NULL;
    if (!*type || strlen(type) > TYPE_MAX)
        return cli_usage(c, "not a type of a peer:", type);
    snprintf(subject, sizeof(subject), "%s '%s'", whose == KIT_VNFM ? "VNFM" : "driver", type);
    if (dot) {
        *dot = '\0';
        o.name = dot + 1;
    }
    enum cli_exit exit = read_options(c, &o, &cloud);
    if (exit != CLI_OK) {
        json_decref(cloud);
        return exit;
    }
    clock_text(clock_wall_us(), at);
    kit_report_init(&report, whose, subject, at);
    FILE *progress = c->output == CLI_JSON ? c->errors : c->out;
    if (c->output != CLI_JSON)
        fprintf(c->out, "TAP version 14\n");
    enum kit_end end = kit_run(&o, progress, &report, &err);
    if (err.code != ERR_OK) /* why it stopped early */
        cli_fail(c, CLI_USAGE, &err, "test");
    if (end == KIT_UNTESTED && c->output != CLI_JSON)
        fprintf(c->out, "Bail out! it could not be tested\n");
    else
        print(c, &report);
    exit = end == KIT_UNTESTED ? CLI_USAGE : write_html(c, &report);
    kit_report_release(&report);
    json_decref(cloud);
    return exit != CLI_OK ? (int)exit : end == KIT_BREAKS ? CLI_FAULT : CLI_OK;
}

int cli_cmd_test_vnfm(struct cli *c)
{
    return test(c, KIT_VNFM);
}

int cli_cmd_test_driver(struct cli *c)
{
    return test(c, KIT_DRIVER);
}
