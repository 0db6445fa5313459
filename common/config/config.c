#include "common/config/config.h"

#include "common/base/mem.h"
#include "common/config/config_private.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the command line says besides options. */
struct asked {
    const char *file;
    bool check, dump, sample, help, version, manual, file_manual;
};

static enum err_code build(struct config *c, struct err *err)
{
    struct config_memory *m = c->memory = xcalloc(1, sizeof(*m));
    for (size_t g = 0; g < CONFIG_GROUPS && c->groups[g].options; g++)
        for (const struct config_option *o = c->groups[g].options; o->type; o++)
            m->n++;
    m->slots = xcalloc(m->n, sizeof(*m->slots));
    size_t i = 0;
    for (size_t g = 0; g < CONFIG_GROUPS && c->groups[g].options; g++)
        for (const struct config_option *o = c->groups[g].options; o->type; o++, i++) {
            m->slots[i] = (struct config_slot){.option = o,
                                               .group = &c->groups[g],
                                               .value = (char *)c->groups[g].values + o->offset};
            enum err_code rc = config_set(&m->slots[i], o->initial, err);
            config_set_path(&m->slots[i], NULL);
            if (rc != ERR_OK)
                return err_add(err, "default of option '%s'", o->name);
        }
    return ERR_OK;
}

/* "BATON_VNFM_GENERIC_" */
static void environment_prefix(const char *family, const char *process, char *out, size_t size)
{
    size_t n = (size_t)snprintf(out, size, "%s_%s_", family, process);
    for (size_t i = 0; i < n && i < size - 1; i++)
        out[i] = isalnum((unsigned char)out[i]) ? (char)toupper((unsigned char)out[i]) : '_';
}

/* Variables of the reference's client (rest-api.md 3.1): a user has them exported for it. */
static bool is_of_reference(const char *name, size_t len)
{
    static const char *const names[] = {"OB_NFVO_IP", "OB_NFVO_PORT"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strlen(names[i]) == len && strncmp(name, names[i], len) == 0)
            return true;
    return false;
}

struct variable {
    const char *name;           /* whole, not ended by NUL */
    size_t len, prefix_len;     /* of the name, of its prefix */
    const char *value, *prefix; /* prefix: the one to use */
    bool is_old;
};

static enum err_code take_variable(struct config *c, const struct variable *v,
                                   struct sbuf *warnings, struct err *err)
{
    const char *name = v->name + v->prefix_len;
    size_t len = v->len - v->prefix_len;
    enum config_rank rank = v->is_old ? CONFIG_FROM_OLD_ENV : CONFIG_FROM_ENV;
    enum err_code rc;
    bool is_file = false;
    struct config_slot *slot = config_find(c->memory, name, len, &is_file);
    if (slot && slot->option->flags & CONFIG_FLAG_ONLY)
        slot = NULL;
    if (v->is_old && (!slot || is_of_reference(v->name, v->len))) {
        sbuf_addf(warnings, "environment variable %.*s is not read: options of %s are %s<OPTION>\n",
                  (int)v->len, v->name, c->process, v->prefix);
        return ERR_OK;
    }
    if (!slot)
        rc = config_unknown(c->memory, name, len, err);
    else if (slot->rank == rank)
        rc = err_set(err, ERR_INVALID, "option '%s' is given twice", slot->option->name);
    else
        rc = config_assign(slot, is_file, v->value, err);
    if (rc != ERR_OK)
        return err_where(err, "environment %.*s", (int)v->len, v->name);
    slot->rank = rank;
    if (v->is_old)
        sbuf_addf(warnings, "environment variable %.*s: write %s%.*s, the old name will go\n",
                  (int)v->len, v->name, v->prefix, (int)len, name);
    return ERR_OK;
}

/* Those with one prefix; the old prefix comes first, so that the other beats it. */
static enum err_code read_environment(struct config *c, bool is_old, struct sbuf *warnings,
                                      struct err *err)
{
    char prefix[64], now[64];
    environment_prefix(is_old ? "OB" : "BATON", c->process, prefix, sizeof(prefix));
    environment_prefix("BATON", c->process, now, sizeof(now));
    size_t prefix_len = strlen(prefix);
    for (char **e = c->environment ? c->environment : environ; *e; e++) {
        const char *is = strchr(*e, '=');
        if (strncmp(*e, prefix, prefix_len) != 0 || !is)
            continue;
        const struct variable v = {*e, (size_t)(is - *e), prefix_len, is + 1, now, is_old};
        enum err_code rc = take_variable(c, &v, warnings, err);
        if (rc != ERR_OK)
            return rc;
    }
    return ERR_OK;
}

/* --name=value, --name value, --name (BOOL). Moves *at over what it took. */
static enum err_code read_flag(struct config *c, char **argv, int argc, int *at, struct err *err)
{
    const char *arg = argv[*at];
    if (strncmp(arg, "--", 2) != 0 || arg[2] == '\0' || arg[2] == '=') {
        err_set(err, ERR_INVALID, "unexpected argument '%.64s'", arg);
        return err_hint(err, "options look like --name=value");
    }
    const char *name = arg + 2, *is = strchr(name, '='), *value = is ? is + 1 : NULL;
    size_t len = is ? (size_t)(is - name) : strlen(name);
    bool is_file = false;
    struct config_slot *slot = config_find(c->memory, name, len, &is_file);
    if (!slot)
        return config_unknown(c->memory, name, len, err);
    if (!value && slot->option->type == CONFIG_T_BOOL)
        value = "true";
    if (!value && *at + 1 < argc)
        value = argv[++*at];
    if (!value)
        return err_set(err, ERR_INVALID, "option '--%.*s' needs a value", (int)len, name);
    slot->rank = CONFIG_FROM_FLAG;
    return config_assign(slot, is_file, value, err);
}

/* The flags that are not options of the table. true: argv[*at] was one. */
static bool take_asked(struct asked *a, char **argv, int argc, int *at, struct err *err)
{
    const char *arg = argv[*at];
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"--check-config", &a->check},
                 {"--dump-config", &a->dump},
                 {"--sample-config", &a->sample},
                 {"--manual", &a->manual},
                 {"--file-manual", &a->file_manual},
                 {"--help", &a->help},
                 {"-h", &a->help},
                 {"--version", &a->version}};
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        if (strcmp(arg, flags[i].name) == 0) {
            *flags[i].flag = true;
            return true;
        }
    if (strncmp(arg, "--config=", 9) == 0) {
        a->file = arg + 9;
        return true;
    }
    if (strcmp(arg, "--config") != 0)
        return false;
    if (*at + 1 < argc)
        a->file = argv[++*at];
    else
        err_set(err, ERR_INVALID, "option '--config' needs a value");
    return true;
}

static enum err_code read_sources(struct config *c, int argc, char **argv, const struct asked *a,
                                  struct sbuf *warnings, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    sbuf_addf(&path, "%s/%s.conf", c->directory ? c->directory : "/etc/openbaton", c->process);
    enum err_code rc = config_read_file(c->memory, a->file ? a->file : path.s, !a->file, err);
    if (rc == ERR_OK)
        rc = read_environment(c, true, warnings, err);
    if (rc == ERR_OK)
        rc = read_environment(c, false, warnings, err);
    struct asked again = {0};
    for (int i = 1; rc == ERR_OK && i < argc; i++)
        if (!take_asked(&again, argv, argc, &i, err)) {
            rc = read_flag(c, argv, argc, &i, err);
            if (rc != ERR_OK)
                err_where(err, "command line");
        }
    if (rc == ERR_OK)
        config_check_rights(c, a->file ? a->file : path.s, warnings);
    for (size_t i = 0; rc == ERR_OK && i < c->memory->n; i++) {
        const struct config_slot *slot = &c->memory->slots[i];
        if (slot->option->flags & CONFIG_REQUIRED && !slot->text[0]) {
            rc = err_set(err, ERR_INVALID, "option '%s' must be given", slot->option->name);
            err_hint(err, "%s", slot->option->help);
        }
    }
    return rc;
}

enum err_code config_load(struct config *c, int argc, char **argv, enum config_todo *ret_todo,
                          struct sbuf *ret_text, struct sbuf *ret_warnings, struct err *err)
{
    struct asked a = {0};
    struct err local = ERR_INIT;
    if (!err)
        err = &local;
    *err = (struct err)ERR_INIT;
    enum err_code rc = build(c, err);
    for (int i = 1; rc == ERR_OK && i < argc; i++) {
        take_asked(&a, argv, argc, &i, err);
        rc = err->code;
    }
    if (rc != ERR_OK)
        return rc;
    if (a.help || a.version || a.sample || a.manual || a.file_manual) {
        *ret_todo = CONFIG_SHOW_TEXT;
        if (a.help)
            config_text_help(c, ret_text);
        else if (a.version)
            sbuf_addf(ret_text, "%s %s\n", c->process, c->version ? c->version : "unversioned");
        else if (a.manual)
            config_text_manual(c, ret_text);
        else if (a.file_manual)
            config_text_file_manual(c, ret_text);
        else
            config_text_sample(c, ret_text);
        return ERR_OK;
    }
    rc = read_sources(c, argc, argv, &a, ret_warnings, err);
    if (rc != ERR_OK)
        return rc;
    if (a.dump)
        config_dump(c, ret_text);
    *ret_todo = a.dump ? CONFIG_SHOW_TEXT : a.check ? CONFIG_CHECK : CONFIG_RUN;
    return ERR_OK;
}

void config_release(struct config *c)
{
    if (!c->memory)
        return;
    for (size_t i = 0; i < c->memory->n; i++)
        config_unset(&c->memory->slots[i]);
    free(c->memory->slots);
    free(c->memory);
    c->memory = NULL;
}
