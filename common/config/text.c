/* What the table says about itself: --help, --sample-config, --dump-config. Manual pages: manual.c. */
#include "common/config/config_private.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const type_words[] = {
    [CONFIG_T_STR] = "TEXT",      [CONFIG_T_INT] = "N",         [CONFIG_T_BOOL] = "BOOL",
    [CONFIG_T_DURATION] = "TIME", [CONFIG_T_PATH] = "PATH",     [CONFIG_T_SECRET] = "SECRET",
    [CONFIG_T_ENUM] = "CHOICE",   [CONFIG_T_LIST] = "ITEM,...",
};

/* "1 to 64 threads", "plain, tls", "" */
static void describe(const struct config_option *o, struct sbuf *out)
{
    for (int i = 0; o->type == CONFIG_T_ENUM && o->choices[i]; i++)
        sbuf_addf(out, "%s%s", i ? ", " : "one of ", o->choices[i]);
    if (o->type == CONFIG_T_ENUM)
        return;
    if (o->min == 0 && o->max == 0) {
        sbuf_adds(out, o->unit ? o->unit : "");
        return;
    }
    const char *before = o->type == CONFIG_T_LIST                                  ? " items"
                         : o->type == CONFIG_T_INT || o->type == CONFIG_T_DURATION ? ""
                                                                                   : " characters";
    char min[32], max[32];
    if (o->type == CONFIG_T_DURATION) {
        config_format_duration(o->min, min, sizeof(min));
        config_format_duration(o->max, max, sizeof(max));
        sbuf_addf(out, "%s to %s", min, max);
        return;
    }
    sbuf_addf(out, "%lld to %lld%s%s%s", (long long)o->min, (long long)o->max, before,
              o->unit ? " " : "", o->unit ? o->unit : "");
}

static void add_words(struct sbuf *out, const char *text, const char *indent, size_t width)
{
    size_t column = width;
    while (*text) {
        size_t len = strcspn(text, " ");
        if (column + len + 1 > width) {
            sbuf_addf(out, "%s%s", out->len ? "\n" : "", indent);
            column = 0;
        } else {
            sbuf_addc(out, ' ');
        }
        sbuf_add(out, text, len);
        column += len + 1;
        text += len + strspn(text + len, " ");
    }
}

/* The flags that are in no table. */
static const struct {
    const char *flag, *help;
} asked[] = {
    {"--config=PATH", "file to read"},
    {"--check-config", "say whether the configuration is good, and end"},
    {"--dump-config", "show the values in force, without secrets, and end"},
    {"--sample-config", "show a commented file with all options, and end"},
    {"--manual, --file-manual",
     "show the manual page of the program, or of its file, for man -l -"},
    {"--help, --version", NULL},
};

void config_text_asked(struct sbuf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        sbuf_adds(out, ".TP\n.B ");
        for (const char *p = asked[i].flag; *p; p++)
            sbuf_addf(out, *p == '-' ? "\\-" : "%c", *p);
        sbuf_addf(out, "\n%s\n", asked[i].help ? asked[i].help : "");
    }
}

const char *config_text_type(const struct config_option *o)
{
    return type_words[o->type];
}

void config_text_option(const struct config_option *o, struct sbuf *out)
{
    AUTO(sbuf_release) struct sbuf range = SBUF_INIT;
    describe(o, &range);
    sbuf_addf(out, "%s", o->help);
    if (range.len > 0)
        sbuf_addf(out, " (%s)", range.s);
    if (o->type != CONFIG_T_SECRET && o->initial[0])
        sbuf_addf(out, " [%s]", o->initial);
}

static void add_help(const struct config_option *o, struct sbuf *out)
{
    AUTO(sbuf_release) struct sbuf words = SBUF_INIT;
    config_text_option(o, &words);
    sbuf_addf(out, "  --%s=%s", o->name, type_words[o->type]);
    add_words(out, words.s, "        ", 84);
    sbuf_addc(out, '\n');
}

void config_text_help(const struct config *c, struct sbuf *out)
{
    sbuf_addf(out, "Usage: %s [--option=value ...]\n", c->process);
    if (c->summary)
        sbuf_addf(out, "%s\n", c->summary);
    for (size_t g = 0; g < CONFIG_GROUPS && c->groups[g].options; g++) {
        sbuf_addf(out, "\n%s:\n", c->groups[g].title ? c->groups[g].title : "Options");
        for (const struct config_option *o = c->groups[g].options; o->type; o++)
            if (!(o->flags & CONFIG_HIDDEN))
                add_help(o, out);
    }
    sbuf_adds(out, "\nAbout the configuration:\n");
    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        sbuf_addf(out, "  %s\n", asked[i].flag);
        if (i == 0)
            sbuf_addf(out, "        %s [%s/%s.conf]\n", asked[i].help,
                      c->directory ? c->directory : "/etc/openbaton", c->process);
        else if (asked[i].help)
            sbuf_addf(out, "        %s\n", asked[i].help);
    }
    sbuf_adds(out, "\nA value comes from, later beats earlier: default, file, environment (BATON_");
    for (const char *p = c->process; *p; p++)
        sbuf_addc(out, isalnum((unsigned char)*p) ? (char)toupper((unsigned char)*p) : '_');
    sbuf_adds(out, "_<OPTION>), command line.\n"
                   "A SECRET may stand in a file: --<option>-file=PATH, or ..._FILE in the "
                   "environment.\n");
}

static void add_value(struct sbuf *out, const struct config_option *o, const char *text)
{
    if (o->type == CONFIG_T_SECRET && text[0])
        text = "***";
    size_t len = strlen(text);
    bool is_plain = len > 0 && text[0] != '"' && !strchr(" \t", text[0]) &&
                    !strchr(" \t", text[len - 1]) && !strchr(text, '#');
    if (is_plain) {
        sbuf_adds(out, text);
        return;
    }
    sbuf_addc(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            sbuf_addc(out, '\\');
        sbuf_addc(out, *text);
    }
    sbuf_addc(out, '"');
}

void config_text_sample(const struct config *c, struct sbuf *out)
{
    sbuf_addf(
        out,
        "# %s: sample configuration, made by %s --sample-config.\n"
        "# The values are the defaults. What is unknown, given twice or out of range is refused.\n",
        c->process, c->process);
    for (size_t g = 0; g < CONFIG_GROUPS && c->groups[g].options; g++) {
        sbuf_addf(out, "\n# --- %s ---\n", c->groups[g].title ? c->groups[g].title : "Options");
        for (const struct config_option *o = c->groups[g].options; o->type; o++) {
            if (o->flags & (CONFIG_HIDDEN | CONFIG_FLAG_ONLY))
                continue;
            AUTO(sbuf_release) struct sbuf words = SBUF_INIT;
            sbuf_adds(&words, o->help);
            struct sbuf range = SBUF_INIT;
            describe(o, &range);
            if (range.len > 0)
                sbuf_addf(&words, " (%s)", range.s);
            sbuf_release(&range);
            sbuf_addc(out, '\n');
            add_words(out, words.s, "# ", 96);
            sbuf_addf(out, "\n#%s = ", o->name);
            add_value(out, o, o->initial);
            sbuf_addc(out, '\n');
        }
    }
}

void config_dump(const struct config *c, struct sbuf *out)
{
    static const char *const from[] = {"default", "file", "environment", "environment",
                                       "command line"};
    for (size_t i = 0; c->memory && i < c->memory->n; i++) {
        const struct config_slot *slot = &c->memory->slots[i];
        size_t start = out->len;
        if (slot->option->flags & CONFIG_HIDDEN && slot->rank == CONFIG_FROM_DEFAULT)
            continue;
        sbuf_addf(out, "%s = ", slot->option->name);
        add_value(out, slot->option, slot->text);
        size_t width = out->len - start;
        if (slot->rank != CONFIG_FROM_DEFAULT)
            sbuf_addf(out, "%*s # %s", width < 40 ? (int)(40 - width) : 0, "", from[slot->rank]);
        sbuf_addc(out, '\n');
    }
}
