#include "proto/rights.h"

#include <string.h>

#include "proto/codec/codec.h"

/* clang-format off */
#define RIGHTS_NO_EXCHANGE    {NULL}
#define RIGHTS_EXCHANGE       {TOPOLOGY_EXCHANGE}
#define RIGHTS_UP_EXCHANGE    {TOPOLOGY_AGENTS_EXCHANGE}
#define RIGHTS_BOTH_EXCHANGES {TOPOLOGY_EXCHANGE, TOPOLOGY_AGENTS_EXCHANGE}

const struct rights_row rights_rows[RIGHTS_ACCOUNT_N] = {
#define X(name, word, place, tag, ...) {word, tag, RIGHTS_IN_##place, __VA_ARGS__},
    RIGHTS_ACCOUNTS(X)
#undef X
};

const char *const rights_place_texts[] = {
#define X(name, text) text,
    RIGHTS_PLACES(X)
#undef X
};
/* clang-format on */

static void add_quoted(struct sbuf *out, const char *name)
{
    for (; *name; name++) { /* dots are all that is special to a regular expression in it */
        if (*name == '.')
            sbuf_addc(out, '\\');
        sbuf_addc(out, *name);
    }
}

struct placeholder {
    const char *text, *name;
    bool may_have_dots;
};

static bool put_in(const char *pattern, const struct placeholder *at, size_t n, struct sbuf *out)
{
    while (*pattern) {
        size_t i = 0;
        if (*pattern != '{') {
            sbuf_addc(out, *pattern++);
            continue;
        }
        while (i < n && strncmp(pattern, at[i].text, strlen(at[i].text)) != 0)
            i++;
        if (i == n || !topology_is_plain(at[i].name) ||
            (!at[i].may_have_dots && strchr(at[i].name, '.')))
            return false;
        add_quoted(out, at[i].name);
        pattern += strlen(at[i].text);
    }
    return true;
}

void rights_of(enum rights_account who, const struct rights_names *names, struct topology_rights *r)
{
    static const struct rights_names none;
    const struct rights_names *n = names ? names : &none;
    const struct placeholder at[] = {{"{queue}", n->queue, true},
                                     {"{type}", n->type, false},
                                     {"{prefix}", n->prefix, true},
                                     {"{endpoint}", n->endpoint, true},
                                     {"{host}", n->host, true}};
    const struct rights_row *row = &rights_rows[who];
    const char *const patterns[] = {row->configure, row->write, row->read, row->topic_write,
                                    row->topic_read};
    struct sbuf *const to[] = {&r->configure, &r->write, &r->read, &r->topic_write, &r->topic_read};
    bool is_ok = true;
    memcpy(r->exchanges, row->exchanges, sizeof(r->exchanges));
    for (size_t i = 0; is_ok && i < ARRAY_LEN(to); i++)
        is_ok = put_in(patterns[i], at, ARRAY_LEN(at), to[i]);
    for (size_t i = 0; !is_ok && i < ARRAY_LEN(to); i++) {
        sbuf_clear(to[i]);
        sbuf_adds(to[i], "^$");
    }
}

static void add_cell(struct sbuf *out, const char *pattern)
{
    sbuf_adds(out, *pattern ? " `" : " ");
    for (; *pattern; pattern++)
        sbuf_addf(out, *pattern == '|' ? "\\|" : "%c", *pattern);
    sbuf_adds(out, out->s[out->len - 1] == ' ' ? "|" : "` |");
}

void rights_describe(struct sbuf *out)
{
    sbuf_adds(out, "# Rights on the broker\n\nMade by `make docs` from `proto/rights.h`.\n\n"
                   "| Account | Where | Tag | Configure | Write | Read | Topic rights on | "
                   "Topic write | Topic read |\n|---|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < RIGHTS_ACCOUNT_N; i++) {
        const struct rights_row *r = &rights_rows[i];
        sbuf_addf(out, "| %s | %s | %s |", r->word, rights_place_texts[r->place], r->tag);
        add_cell(out, r->configure);
        add_cell(out, r->write);
        add_cell(out, r->read);
        sbuf_addf(out, " %s%s%s |", r->exchanges[0] ? r->exchanges[0] : "none",
                  r->exchanges[1] ? ", " : "", r->exchanges[1] ? r->exchanges[1] : "");
        add_cell(out, r->topic_write);
        add_cell(out, r->topic_read);
        sbuf_addc(out, '\n');
    }
    sbuf_addc(out, '\n');
    for (size_t i = 0; i < RIGHTS_ACCOUNT_N; i++)
        sbuf_addf(out, "* %s: %s.\n", rights_rows[i].word, rights_rows[i].text);
}

static void add_member(struct sbuf *out, const char *name, const char *value)
{
    sbuf_addf(out, ",\"%s\":", name);
    proto_quotes(out, value);
}

void rights_json(struct sbuf *out)
{
    for (size_t i = 0; i < RIGHTS_ACCOUNT_N; i++) {
        const struct rights_row *r = &rights_rows[i];
        sbuf_adds(out, i ? ",\n{\"account\":" : "[{\"account\":");
        proto_quotes(out, r->word);
        add_member(out, "place", rights_place_texts[r->place]);
        add_member(out, "tag", r->tag);
        add_member(out, "configure", r->configure);
        add_member(out, "write", r->write);
        add_member(out, "read", r->read);
        sbuf_adds(out, ",\"exchanges\":[");
        for (size_t j = 0; j < TOPOLOGY_RIGHTS_EXCHANGES && r->exchanges[j]; j++)
            sbuf_addf(out, "%s\"%s\"", j ? "," : "", r->exchanges[j]);
        sbuf_addc(out, ']');
        add_member(out, "topicWrite", r->topic_write);
        add_member(out, "topicRead", r->topic_read);
        sbuf_addc(out, '}');
    }
    sbuf_adds(out, "]\n");
}
