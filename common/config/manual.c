/* The manual pages of a process, in roff: of the program (section 8) and of its file (section 5). */
#include "common/config/config_private.h"

#include <ctype.h>
#include <string.h>

/* Text of ours in roff: no word of it is a request or an escape. */
static void add_text(struct sbuf *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        sbuf_adds(out, "\\&");
    for (; *text; text++) {
        if (*text == '\\')
            sbuf_adds(out, "\\e");
        else if (*text == '-')
            sbuf_adds(out, "\\-");
        else
            sbuf_addc(out, *text);
        if (*text == ',' && text[1] != ' ' && text[1] != '\n')
            sbuf_adds(out, "\\:"); /* a long list may break here */
        if (*text == '\n' && (text[1] == '.' || text[1] == '\''))
            sbuf_adds(out, "\\&");
    }
}

static void add_option(const struct config_option *o, const char *before, const char *between,
                       struct sbuf *out)
{
    AUTO(sbuf_release) struct sbuf words = SBUF_INIT;
    config_text_option(o, &words);
    sbuf_adds(out, ".TP\n.B ");
    add_text(out, before);
    add_text(out, o->name);
    sbuf_adds(out, "\\fR");
    add_text(out, between);
    sbuf_addf(out, "\\fI%s\\fR\n", config_text_type(o));
    add_text(out, words.s);
    sbuf_addc(out, '\n');
}

static void add_options(const struct config *c, unsigned left_out, const char *before,
                        const char *between, struct sbuf *out)
{
    for (size_t g = 0; g < CONFIG_GROUPS && c->groups[g].options; g++) {
        if (c->groups[g].title) {
            sbuf_adds(out, ".SS ");
            add_text(out, c->groups[g].title);
            sbuf_addc(out, '\n');
        }
        for (const struct config_option *o = c->groups[g].options; o->type; o++)
            if (!(o->flags & left_out))
                add_option(o, before, between, out);
    }
}

static void add_title(const struct config *c, const char *suffix, int section, struct sbuf *out)
{
    sbuf_adds(out, ".TH ");
    for (const char *p = c->process; *p; p++)
        sbuf_addc(out, (char)toupper((unsigned char)*p));
    for (const char *p = suffix; *p; p++)
        sbuf_addc(out, (char)toupper((unsigned char)*p));
    sbuf_addf(out, " %d \"\" \"Baton%s%s\"\n.SH NAME\n", section, c->version ? " " : "",
              c->version ? c->version : "");
    add_text(out, c->process);
    sbuf_addf(out, "%s \\- ", suffix);
}

static void add_prefix(const struct config *c, struct sbuf *out)
{
    sbuf_adds(out, "BATON_");
    for (const char *p = c->process; *p; p++)
        sbuf_addc(out, isalnum((unsigned char)*p) ? (char)toupper((unsigned char)*p) : '_');
}

void config_text_manual(const struct config *c, struct sbuf *out)
{
    const char *directory = c->directory ? c->directory : "/etc/openbaton";
    add_title(c, "", 8, out);
    add_text(out, c->summary ? c->summary : "a process of Baton");
    sbuf_addf(out, "\n.SH SYNOPSIS\n.B %s\n[\\fB\\-\\-\\fIoption\\fB=\\fIvalue\\fR ...]\n",
              c->process);
    sbuf_addf(out,
              ".SH DESCRIPTION\nA value comes from, later beats earlier: its default, the file\n"
              ".I %s/%s.conf\n(%s.conf(5)), the environment (\\fB",
              directory, c->process, c->process);
    add_prefix(c, out);
    sbuf_adds(out, "_\\fIOPTION\\fR), the command line.\nWhat is unknown, given twice or out of "
                   "range is refused.\nA SECRET may stand in a file: \\fB\\-\\-\\fIoption\\fB"
                   "\\-file=\\fIPATH\\fR.\n.SH OPTIONS\n");
    add_options(c, CONFIG_HIDDEN, "--", "=", out);
    sbuf_adds(out, ".SS About the configuration\n");
    config_text_asked(out);
    sbuf_addf(out, ".SH FILES\n.I %s/%s.conf\n.SH SEE ALSO\n.BR %s.conf (5),\n.BR baton (1)\n",
              directory, c->process, c->process);
}

void config_text_file_manual(const struct config *c, struct sbuf *out)
{
    const char *directory = c->directory ? c->directory : "/etc/openbaton";
    add_title(c, ".conf", 5, out);
    sbuf_addf(out, "options of %s\n.SH SYNOPSIS\n.I %s/%s.conf\n", c->process, directory,
              c->process);
    sbuf_addf(out,
              ".SH DESCRIPTION\nLines of \\fIname\\fB = \\fIvalue\\fR. A # begins a comment at the "
              "start of a line or behind a blank; \"quotes\" keep blanks and #,\nand in them \\e\" "
              "and \\e\\e are escapes.\nA SECRET may stand in a file of its own: "
              "\\fIname\\fB\\-file = \\fIPATH\\fR.\nThe file is good when\n.B %s "
              "\\-\\-check\\-config\nsays so; \\fB%s \\-\\-sample\\-config\\fR prints one with all "
              "options.\n.SH OPTIONS\n",
              c->process, c->process);
    add_options(c, CONFIG_HIDDEN | CONFIG_FLAG_ONLY, "", " = ", out);
    sbuf_addf(out, ".SH SEE ALSO\n.BR %s (8)\n", c->process);
}
