/* baton nsr scale-out, heal, ...: asks for an operation on a service that is there. Whom it is about
 * is said by names: of the VNF, or of a host. */
#include "common/http/http.h"
#include "nfvo/cli/commands.h"
#include "nfvo/cli/operation.h"
#include "nfvo/cli/saved_plan.h"

#include <stdlib.h>
#include <string.h>

struct asked {
    struct cli *c;
    const char *word; /* "scale-out": for messages */
    struct sbuf path; /* of the call */
    int64_t timeout_ms;
    struct cli_answer nsr;
    /* borrowed from nsr; NULL: not named */
    const json_t *vnfr, *vdu, *instance;
};

static void asked_release(struct asked *a)
{
    sbuf_release(&a->path);
    cli_answer_release(&a->nsr);
}

static bool is_called(const json_t *object, const char *name_member, const char *wanted)
{
    return strcmp(cli_json_str(object, "id"), wanted) == 0 ||
           strcmp(cli_json_str(object, name_member), wanted) == 0;
}

/* --- whom it is about ------------------------------------------------------------------------- */

static int begin(struct asked *a, struct cli *c, const char *word)
{
    AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
    *a = (struct asked){.c = c, .word = word, .path = SBUF_INIT, .nsr = CLI_ANSWER_INIT};
    if (cli_timeout_ms(c, &a->timeout_ms) != CLI_OK)
        return CLI_USAGE;
    int exit = cli_resolve(c, "nsr", cli_nsr.path, c->args[0], &id);
    if (exit != CLI_OK)
        return exit;
    sbuf_addf(&a->path, "%s/%s", cli_nsr.path, id.s);
    if (cli_request(c, "GET", a->path.s, NULL, &a->nsr) != CLI_OK)
        return cli_report(c, &a->nsr, "%s the nsr '%s'", word, c->args[0]);
    return CLI_OK;
}

static const json_t *vnfrs_of(const struct asked *a)
{
    return json_object_get(a->nsr.json, "vnfr");
}

static void list_vnfs(const struct asked *a, bool with_hosts)
{
    size_t i, k, j;
    const json_t *v, *u, *x;
    json_array_foreach(vnfrs_of(a), i, v)
    {
        fprintf(a->c->errors, "  %-20s %s\n", cli_json_str(v, "name"), cli_json_str(v, "status"));
        json_array_foreach(json_object_get(v, "vdu"), k, u)
            json_array_foreach(json_object_get(u, "vnfc_instance"), j, x) if (with_hosts)
                fprintf(a->c->errors, "    %-18s %s\n", cli_json_str(x, "hostname"),
                        cli_json_str(x, "state"));
    }
}

static int say_which(const struct asked *a, const char *what, bool with_hosts)
{
    fprintf(a->c->errors, "baton: %s\n", what);
    list_vnfs(a, with_hosts);
    fprintf(a->c->errors, "  hint: baton nsr %s %s %s\n", a->word, a->c->args[0],
            with_hosts ? "HOST" : "VNF");
    return CLI_USAGE;
}

/* NULL: none, or several (*ret_n). */
static const json_t *find_vnfr(const struct asked *a, const char *wanted, size_t *ret_n)
{
    size_t i;
    const json_t *v, *found = NULL;
    *ret_n = 0;
    json_array_foreach(vnfrs_of(a), i, v) if (!wanted || is_called(v, "name", wanted))
    {
        found = v;
        ++*ret_n;
    }
    return *ret_n == 1 ? found : NULL;
}

/* The argument at `at`, if it is there, names a VNF; without it there must be one only. */
static int take_vnf(struct asked *a, const char *wanted)
{
    size_t n;
    a->vnfr = find_vnfr(a, wanted, &n);
    if (a->vnfr)
        return CLI_OK;
    if (!wanted)
        return say_which(a, n ? "which VNF? There are several:" : "the service has no VNF yet",
                         false);
    AUTO(sbuf_release) struct sbuf what = SBUF_INIT;
    sbuf_addf(&what, "there %s named '%s'; it has:", n ? "are several VNFs" : "is no VNF", wanted);
    say_which(a, what.s, false);
    return n ? CLI_USAGE : CLI_NOT_FOUND;
}

static bool find_host(struct asked *a, const char *wanted)
{
    size_t i, k, j;
    const json_t *v, *u, *x;
    json_array_foreach(vnfrs_of(a), i, v) json_array_foreach(json_object_get(v, "vdu"), k, u)
        json_array_foreach(json_object_get(u, "vnfc_instance"), j,
                           x) if (is_called(x, "hostname", wanted))
    {
        a->vnfr = v;
        a->vdu = u;
        a->instance = x;
        return true;
    }
    return false;
}

static int no_such_host(const struct asked *a, const char *wanted)
{
    AUTO(sbuf_release) struct sbuf what = SBUF_INIT;
    sbuf_addf(&what, "there is no host and no VNF '%s'; it has:", wanted);
    say_which(a, what.s, true);
    return CLI_NOT_FOUND;
}

/* A host, or a VNF that has one only. */
static int take_instance(struct asked *a, const char *wanted)
{
    size_t n = 0, i, j;
    const json_t *u, *x;
    if (wanted && find_host(a, wanted))
        return CLI_OK;
    a->vnfr = find_vnfr(a, wanted, &n);
    if (wanted && n == 0)
        return no_such_host(a, wanted);
    n = 0;
    json_array_foreach(json_object_get(a->vnfr, "vdu"), i, u)
        json_array_foreach(json_object_get(u, "vnfc_instance"), j, x)
    {
        a->vdu = u;
        a->instance = x;
        n++;
    }
    return n == 1 ? CLI_OK : say_which(a, "which host? It has:", true);
}

/* The host if it is one, else the VNF. */
static int take_either(struct asked *a, const char *wanted)
{
    size_t n;
    if (wanted && find_host(a, wanted))
        return CLI_OK;
    if (!wanted || find_vnfr(a, wanted, &n) || n > 0)
        return take_vnf(a, wanted);
    return no_such_host(a, wanted);
}

static int take_vdu(struct asked *a)
{
    size_t i;
    const json_t *u;
    const char *wanted = a->c->option[CLI_OPT_VDU];
    if (!wanted)
        return CLI_OK;
    json_array_foreach(json_object_get(a->vnfr, "vdu"), i, u) if (is_called(u, "name", wanted))
    {
        a->vdu = u;
        return CLI_OK;
    }
    fprintf(a->c->errors, "baton: VNF '%s' has no VDU '%s'; it has:\n",
            cli_json_str(a->vnfr, "name"), wanted);
    json_array_foreach(json_object_get(a->vnfr, "vdu"), i, u)
        fprintf(a->c->errors, "  %s  %s\n", cli_json_str(u, "id"), cli_json_str(u, "name"));
    return CLI_NOT_FOUND;
}

static const char *arg(const struct cli *c, int at)
{
    return at < c->arg_n ? c->args[at] : NULL;
}

/* --- asking ----------------------------------------------------------------------------------- */

static void put_vnfr(struct asked *a)
{
    sbuf_addf(&a->path, "/vnfrecords/%s", cli_json_str(a->vnfr, "id"));
}

static void put_vdu(struct asked *a)
{
    put_vnfr(a);
    sbuf_adds(&a->path, "/vdunits");
    if (a->vdu)
        sbuf_addf(&a->path, "/%s", cli_json_str(a->vdu, "id"));
    sbuf_adds(&a->path, "/vnfcinstances");
}

static void put_instance(struct asked *a)
{
    put_vdu(a);
    sbuf_addf(&a->path, "/%s", cli_json_str(a->instance, "id"));
}

static int begun(struct asked *a, const struct cli_answer *answer)
{
    struct cli *c = a->c;
    if (!c->option[CLI_OPT_PLAN])
        return cli_begun_operation(c, answer, a->word, cli_json_str(a->nsr.json, "name"),
                                   a->timeout_ms);
    if (cli_is_for_people(c))
        cli_show_operation(c, answer->json);
    else
        cli_print_json(c, answer->json, answer->body.s);
    return CLI_OK;
}

static int send_request(struct asked *a, const char *method, const char *body, bool is_text)
{
    struct cli *c = a->c;
    AUTO(cli_answer_release) struct cli_answer answer = CLI_ANSWER_INIT;
    const char *sep = "?";
    if (c->option[CLI_OPT_SAVE] && !c->option[CLI_OPT_PLAN])
        return cli_fail(c, CLI_USAGE, NULL, "--save is for a plan: say --plan, too");
    AUTO(sbuf_release) struct sbuf unplanned = SBUF_INIT;
    if (c->option[CLI_OPT_ATTEMPTS]) {
        sbuf_adds(&a->path, "?attempts=");
        http_percent_encode(&a->path, c->option[CLI_OPT_ATTEMPTS]);
        sep = "&";
    }
    sbuf_adds(&unplanned, a->path.s);
    if (c->option[CLI_OPT_PLAN]) {
        sbuf_addf(&a->path, "%splan=true", sep);
        sep = "&";
    }
    if (c->option[CLI_OPT_QUEUED])
        sbuf_addf(&a->path, "%squeue=true", sep);
    int exit = is_text ? cli_send_text(c, method, a->path.s, body, &answer)
                       : cli_request(c, method, a->path.s, body, &answer);
    if (exit != CLI_OK)
        return cli_report(c, &answer, "%s '%s'%s%s", a->word, c->args[0], a->vnfr ? " " : "",
                          a->vnfr ? cli_json_str(a->vnfr, "name") : "");
    const struct cli_saved_plan saved = {a->word, method, unplanned.s, body, is_text, answer.json};
    if (c->option[CLI_OPT_SAVE] &&
        (exit = cli_save_plan(c, c->option[CLI_OPT_SAVE], &saved)) != CLI_OK)
        return exit;
    return begun(a, &answer);
}

/* Takes body. */
static int send_json(struct asked *a, const char *method, json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT);
    int exit = send_request(a, method, text, false);
    free(text);
    json_decref(body);
    return exit;
}

/* --- scaling ---------------------------------------------------------------------------------- */

static int take_number(struct asked *a, json_t *body)
{
    const char *text = a->c->option[CLI_OPT_NUMBER];
    char *end = NULL;
    long n = text ? strtol(text, &end, 10) : 1;
    if (text && (!*text || *end || n < 1 || n > 1000000))
        return cli_fail(a->c, CLI_USAGE, NULL, "--number takes a number from 1, not '%s'", text);
    json_object_set_new(body, "number", json_integer(n));
    return CLI_OK;
}

/* Where VDU=N begins among the arguments: behind the service, and the VNF or host if one is named. */
static int first_pair(const struct cli *c)
{
    return c->arg_n > 1 && !strchr(c->args[1], '=') ? 2 : 1;
}

static const char *subject(const struct cli *c)
{
    return first_pair(c) == 2 ? c->args[1] : NULL;
}

static int take_pair(struct asked *a, const char *text, json_t *vdus)
{
    struct cli *c = a->c;
    AUTO(sbuf_release) struct sbuf name = SBUF_INIT;
    const char *eq = strchr(text, '=');
    char *end = NULL;
    long n = eq ? strtol(eq + 1, &end, 10) : 0;
    if (!eq || eq == text || !eq[1] || *end || n < 1 || n > 1000000)
        return cli_fail(c, CLI_USAGE, NULL, "a VDU and how many, as in front=2, not '%s'", text);
    sbuf_add(&name, text, (size_t)(eq - text));
    json_t *one = json_pack("{ss si}", "vdu", name.s, "number", (int)n);
    if (c->option[CLI_OPT_POP])
        json_object_set_new(one, "vimInstanceNames", json_pack("[s]", c->option[CLI_OPT_POP]));
    json_array_append_new(vdus, one);
    return CLI_OK;
}

/* "web:front=2": the VNF goes before the last colon. */
static bool names_vnf(const char *pair)
{
    const char *eq = strchr(pair, '='), *colon = strchr(pair, ':');
    return eq && colon && colon < eq;
}

/* All of them name their VNF: several VNFs in one operation. */
static bool is_of_several(const struct cli *c)
{
    return c->arg_n > 1 && names_vnf(c->args[1]);
}

static int take_pair_of(struct asked *a, const char *text, json_t *vdus)
{
    AUTO(sbuf_release) struct sbuf vnf = SBUF_INIT;
    if (!names_vnf(text))
        return cli_fail(a->c, CLI_USAGE, NULL, "of which VNF? As in web:%s", text);
    const char *colon = strchr(text, '=');
    while (*colon != ':')
        colon--;
    sbuf_add(&vnf, text, (size_t)(colon - text));
    int exit = take_pair(a, colon + 1, vdus);
    if (exit == CLI_OK)
        json_object_set_new(json_array_get(vdus, json_array_size(vdus) - 1), "vnf",
                            json_string(vnf.s));
    return exit;
}

/* "front=2 back=1": several VDUs in one operation. */
static int take_several(struct asked *a, json_t *body)
{
    static const enum cli_option alone[] = {CLI_OPT_VDU, CLI_OPT_NUMBER, CLI_OPT_STANDBY};
    struct cli *c = a->c;
    json_t *vdus = json_array();
    int exit = CLI_OK;
    json_object_set_new(body, "vdus", vdus);
    for (size_t i = 0; i < ARRAY_LEN(alone); i++)
        if (c->option[alone[i]])
            return cli_fail(c, CLI_USAGE, NULL,
                            "VDU=N says it all: not together with --vdu, --number or --standby");
    for (int i = first_pair(c); exit == CLI_OK && i < c->arg_n; i++)
        exit =
            is_of_several(c) ? take_pair_of(a, c->args[i], vdus) : take_pair(a, c->args[i], vdus);
    return exit;
}

static bool has_pairs(const struct cli *c)
{
    return c->arg_n > first_pair(c);
}

static int take_counts(struct asked *a, json_t *body)
{
    struct cli *c = a->c;
    if (has_pairs(c))
        return take_several(a, body);
    int exit = take_vdu(a);
    if (exit == CLI_OK && !a->instance)
        exit = take_number(a, body);
    return exit;
}

/* The call has no other form. */
static int take_standby_vdu(struct asked *a)
{
    struct cli *c = a->c;
    if (!c->option[CLI_OPT_STANDBY] || a->vdu)
        return CLI_OK;
    if (json_array_size(json_object_get(a->vnfr, "vdu")) != 1)
        return cli_fail(c, CLI_USAGE, NULL, "which VDU stands by? Say --vdu");
    a->vdu = json_array_get(json_object_get(a->vnfr, "vdu"), 0);
    return CLI_OK;
}

static void put_whom(struct asked *a)
{
    if (a->vnfr)
        put_vdu(a);
    else
        sbuf_adds(&a->path, "/vnfcinstances");
}

int cli_cmd_nsr_scale_out(struct cli *c)
{
    AUTO(asked_release) struct asked a;
    json_t *body = json_object();
    int exit = begin(&a, c, "scale-out");
    if (exit == CLI_OK && !is_of_several(c))
        exit = take_vnf(&a, subject(c));
    if (exit == CLI_OK)
        exit = take_counts(&a, body);
    if (exit == CLI_OK)
        exit = take_standby_vdu(&a);
    if (exit != CLI_OK) {
        json_decref(body);
        return exit;
    }
    if (c->option[CLI_OPT_POP] && !has_pairs(c))
        json_object_set_new(body, "vimInstanceNames", json_pack("[s]", c->option[CLI_OPT_POP]));
    if (c->option[CLI_OPT_ON_FAILURE])
        json_object_set_new(body, "onFailure", json_string(c->option[CLI_OPT_ON_FAILURE]));
    put_whom(&a);
    if (c->option[CLI_OPT_STANDBY])
        sbuf_adds(&a.path, "/standby");
    return send_json(&a, "POST", body);
}

int cli_cmd_nsr_scale_in(struct cli *c)
{
    AUTO(asked_release) struct asked a;
    json_t *body = json_object();
    int exit = begin(&a, c, "scale-in");
    if (exit == CLI_OK && !is_of_several(c))
        exit = take_either(&a, subject(c));
    if (exit == CLI_OK && a.instance && (c->option[CLI_OPT_NUMBER] || has_pairs(c)))
        exit = cli_fail(c, CLI_USAGE, NULL, "a host is one: not together with --number or VDU=N");
    if (exit == CLI_OK)
        exit = take_counts(&a, body);
    if (exit != CLI_OK) {
        json_decref(body);
        return exit;
    }
    if (c->option[CLI_OPT_DRAIN])
        json_object_set_new(body, "drain", json_true());
    if (a.instance)
        put_instance(&a);
    else
        put_whom(&a);
    return send_json(&a, "DELETE", body);
}

/* --- one instance ----------------------------------------------------------------------------- */

/* It is asked for all the same: a VNFM may have a way of its own. */
static void warn_of_loss(struct asked *a)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer found = CLI_ANSWER_INIT;
    struct cli *c = a->c;
    const char *host = cli_json_str(a->instance, "hostname"), *vnf = cli_json_str(a->vnfr, "name"),
               *nsr = cli_json_str(a->nsr.json, "name");
    size_t i, k;
    const json_t *v, *x;
    sbuf_addf(&path, "/api/v1/baton/explain/%s?kind=nsr&limit=0", cli_json_str(a->nsr.json, "id"));
    if (cli_request(c, "GET", path.s, NULL, &found) != CLI_OK)
        return;
    json_array_foreach(json_object_get(found.json, "vnfrs"), i, v)
        json_array_foreach(json_object_get(v, "instances"), k, x)
    {
        bool is_it = strcmp(cli_json_str(x, "id"), cli_json_str(a->instance, "id")) == 0;
        if (is_it && json_integer_value(json_object_get(x, "serverGone")) > 0)
            fprintf(
                c->errors,
                "baton: the PoP does not list server '%s' any more: scripts have no host there\n"
                "  hint: replace it: baton nsr scale-out %s %s; baton nsr scale-in %s %s\n",
                host, nsr, vnf, nsr, host);
        else if (is_it && json_integer_value(json_object_get(x, "agentGone")) > 0)
            fprintf(c->errors,
                    "baton: the agent of '%s' is not connected: its scripts wait for it\n"
                    "  hint: start it, or rebuild the servers: baton nsr restart %s %s\n",
                    host, nsr, vnf);
    }
}

int cli_cmd_nsr_heal(struct cli *c)
{
    AUTO(asked_release) struct asked a;
    int exit = begin(&a, c, "heal");
    if (exit == CLI_OK)
        exit = take_instance(&a, arg(c, 1));
    if (exit != CLI_OK)
        return exit;
    const char *cause = c->option[CLI_OPT_CAUSE];
    warn_of_loss(&a);
    put_instance(&a);
    sbuf_adds(&a.path, "/actions");
    return send_json(&a, "POST",
                     json_pack("{ss ss}", "action", "HEAL", "cause", cause ? cause : ""));
}

int cli_cmd_nsr_switch(struct cli *c)
{
    AUTO(asked_release) struct asked a;
    int exit = begin(&a, c, "switch");
    if (exit == CLI_OK)
        exit = take_instance(&a, arg(c, 1));
    if (exit != CLI_OK)
        return exit;
    put_instance(&a);
    sbuf_adds(&a.path, "/switchtostandby");
    return send_json(&a, "POST", json_pack("{ss}", "id", cli_json_str(a.instance, "id")));
}

static int start_or_stop(struct cli *c, const char *word)
{
    AUTO(asked_release) struct asked a;
    int exit = begin(&a, c, word);
    if (exit == CLI_OK)
        exit = take_either(&a, arg(c, 1));
    if (exit != CLI_OK)
        return exit;
    if (a.instance)
        put_instance(&a);
    else
        put_vnfr(&a);
    sbuf_addf(&a.path, "/%s", word);
    return send_request(&a, "POST", "{}", false);
}

int cli_cmd_nsr_start(struct cli *c)
{
    return start_or_stop(c, "start");
}

int cli_cmd_nsr_stop(struct cli *c)
{
    return start_or_stop(c, "stop");
}

/* --- one VNF ---------------------------------------------------------------------------------- */

static int begin_vnf(struct asked *a, struct cli *c, const char *word, const char *vnf)
{
    int exit = begin(a, c, word);
    if (exit == CLI_OK)
        exit = take_vnf(a, vnf);
    if (exit == CLI_OK)
        put_vnfr(a);
    return exit;
}

int cli_cmd_nsr_restart(struct cli *c)
{
    AUTO(asked_release) struct asked a;
    const char *image = c->option[CLI_OPT_IMAGE];
    int exit = begin_vnf(&a, c, "restart", arg(c, 1));
    if (exit != CLI_OK)
        return exit;
    sbuf_adds(&a.path, "/restart");
    return send_json(&a, "POST", json_pack("{ss}", "imageName", image ? image : ""));
}

int cli_cmd_nsr_upgrade(struct cli *c)
{
    AUTO(asked_release) struct asked a;
    AUTO(sbuf_release) struct sbuf vnfd = SBUF_INIT;
    int exit = begin_vnf(&a, c, "upgrade", arg(c, 1));
    if (exit == CLI_OK)
        exit = cli_resolve(c, "vnfd", "/api/v1/vnf-descriptors", c->args[2], &vnfd);
    if (exit != CLI_OK)
        return exit;
    sbuf_adds(&a.path, "/upgrade");
    return send_json(&a, "POST",
                     json_pack("{ss sb}", "vnfdId", vnfd.s, "restartService",
                               c->option[CLI_OPT_NO_RESTART] == NULL));
}

int cli_cmd_nsr_update(struct cli *c)
{
    AUTO(asked_release) struct asked a;
    int exit = begin_vnf(&a, c, "update", arg(c, 1));
    if (exit != CLI_OK)
        return exit;
    sbuf_adds(&a.path, "/update");
    return send_request(&a, "POST", "{}", false);
}

int cli_cmd_nsr_execute(struct cli *c)
{
    AUTO(asked_release) struct asked a;
    AUTO(sbuf_release) struct sbuf script = SBUF_INIT;
    struct err err = ERR_INIT;
    const char *file = c->args[c->arg_n - 1];
    int exit = begin_vnf(&a, c, "execute", c->arg_n > 2 ? c->args[1] : NULL);
    if (exit != CLI_OK)
        return exit;
    if (cli_read_file(file, &script, &err) != ERR_OK)
        return cli_fail(c, CLI_USAGE, &err, "read the script '%s'", file);
    sbuf_adds(&a.path, "/execute-script");
    return send_request(&a, "POST", script.len ? script.s : "", true);
}

int cli_cmd_nsr_configure(struct cli *c)
{
    int first = strchr(c->args[1], '=') ? 1 : 2;
    bool only_tells = c->option[CLI_OPT_TELL] != NULL;
    if (only_tells && (c->arg_n != 2 || first == 1 || c->option[CLI_OPT_STRICT] ||
                       c->option[CLI_OPT_RECORD_ONLY]))
        return cli_fail(c, CLI_USAGE, NULL,
                        "--tell changes nothing: baton nsr configure NSR VNF --tell");
    AUTO(asked_release) struct asked a;
    int exit = begin_vnf(&a, c, "configure", first == 2 ? c->args[1] : NULL);
    if (exit != CLI_OK)
        return exit;
    if (first >= c->arg_n && !only_tells)
        return cli_fail(c, CLI_USAGE, NULL, "what is to be changed? Say KEY=VALUE");
    json_t *list = json_array();
    for (int i = first; i < c->arg_n && exit == CLI_OK; i++) {
        const char *is = strchr(c->args[i], '=');
        if (!is || is == c->args[i]) {
            exit = cli_fail(c, CLI_USAGE, NULL, "a parameter is KEY=VALUE, not '%s'", c->args[i]);
            break;
        }
        json_array_append_new(list, json_pack("{ss% ss}", "confKey", c->args[i],
                                              (size_t)(is - c->args[i]), "value", is + 1));
    }
    json_t *body = json_pack("{so}", "configurationParameters", list);
    if (c->option[CLI_OPT_STRICT])
        json_object_set_new(body, "strict", json_true());
    if (c->option[CLI_OPT_RECORD_ONLY])
        json_object_set_new(body, "apply", json_string("record"));
    sbuf_adds(&a.path, "/configurations");
    if (exit == CLI_OK)
        return send_json(&a, "PATCH", body);
    json_decref(body);
    return exit;
}

/* --- which VNFs there are --------------------------------------------------------------------- */

int cli_cmd_nsr_add_vnf(struct cli *c)
{
    AUTO(asked_release) struct asked a;
    AUTO(sbuf_release) struct sbuf vnfd = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    int exit = begin(&a, c, "add-vnf");
    if (exit == CLI_OK)
        exit = cli_resolve(c, "vnfd", "/api/v1/vnf-descriptors", c->args[1], &vnfd);
    if (exit == CLI_OK && c->option[CLI_OPT_BODY])
        exit = cli_read_json(c, c->option[CLI_OPT_BODY], &body);
    if (exit != CLI_OK)
        return exit;
    sbuf_addf(&a.path, "/vnfd/%s", vnfd.s);
    return send_request(&a, "POST", body.len ? body.s : "{}", false);
}

int cli_cmd_nsr_remove_vnf(struct cli *c)
{
    AUTO(asked_release) struct asked a;
    int exit = begin_vnf(&a, c, "remove-vnf", c->args[1]);
    return exit == CLI_OK ? send_request(&a, "DELETE", NULL, false) : exit;
}

int cli_cmd_nsr_resume(struct cli *c)
{
    AUTO(asked_release) struct asked a;
    int exit = begin(&a, c, "resume");
    if (exit != CLI_OK)
        return exit;
    sbuf_adds(&a.path, "/resume");
    char *body = cli_consent(c);
    exit = send_request(&a, "POST", body, false);
    free(body);
    return exit;
}

/* --- what they are made of -------------------------------------------------------------------- */

static const struct cli_column vnfd_columns[] = {
    {.heading = "ID", .path = "id"},         {.heading = "NAME", .path = "name"},
    {.heading = "VENDOR", .path = "vendor"}, {.heading = "VERSION", .path = "version"},
    {.heading = "VNFM", .path = "endpoint"}, {0}};
static const struct cli_kind vnfd = {"vnfd", "/api/v1/vnf-descriptors", vnfd_columns, NULL, true};

int cli_cmd_vnfd_list(struct cli *c)
{
    return cli_list(c, &vnfd);
}
