#include "nfvo/cli/words.h"

#include "common/sys/clock.h"
#include "nfvo/words/commands.h"
#include "nfvo/words/phases.h"

#include <string.h>
#include <time.h>

struct meaning {
    const char *word, *text;
};

static const char *find(const struct meaning *rows, const char *word)
{
    for (; rows->word; rows++)
        if (strcmp(rows->word, word) == 0)
            return rows->text;
    return "";
}

/* What is not known here is shown as it came: the server may be newer. */
#define MEANINGS(function, PHASES)                                                                 \
    const char *function(const char *phase)                                                        \
    {                                                                                              \
        static const struct meaning rows[] = {PHASES(X){NULL, NULL}};                              \
        return find(rows, phase);                                                                  \
    }
#define X(name, text) {#name, text},
MEANINGS(cli_nsr_meaning, NSR_PHASES)
MEANINGS(cli_instance_meaning, INSTANCE_PHASES)
#undef X
#define X(name, status, scripts, text) {#name, text},
MEANINGS(cli_vnfr_meaning, VNFR_PHASES)
#undef X

bool cli_runs_scripts(const char *phase)
{
    enum { QUIET, SCRIPTS };
#define X(name, status, scripts, text) {#name, scripts},
    static const struct {
        const char *word;
        bool does;
    } rows[] = {VNFR_PHASES(X)};
#undef X
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].word, phase) == 0)
            return rows[i].does;
    return false;
}

void cli_put_clock(struct sbuf *out, int64_t at_us, int64_t now_us)
{
    char text[64];
    struct tm at, now;
    time_t at_s = (time_t)(at_us / USEC_PER_SEC), now_s = (time_t)(now_us / USEC_PER_SEC);
    localtime_r(&at_s, &at);
    localtime_r(&now_s, &now);
    bool is_today = at.tm_yday == now.tm_yday && at.tm_year == now.tm_year;
    strftime(text, sizeof(text), is_today ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &at);
    sbuf_adds(out, text);
}

void cli_put_age(struct sbuf *out, int64_t us)
{
    long long s = us > 0 ? us / USEC_PER_SEC : 0;
    if (s < 120)
        sbuf_addf(out, "%llds", s);
    else if (s < 120 * 60)
        sbuf_addf(out, "%lldm", s / 60);
    else if (s < 48 * 3600)
        sbuf_addf(out, "%lldh", s / 3600);
    else
        sbuf_addf(out, "%lldd", s / 86400);
}

void cli_put_span(struct sbuf *out, int64_t us)
{
    double s = us > 0 ? (double)us / 1e6 : 0;
    if (s < 10)
        sbuf_addf(out, "%.1f s", s);
    else if (s < 600)
        sbuf_addf(out, "%.0f s", s);
    else if (s < 2 * 3600)
        sbuf_addf(out, "%.0f min", s / 60);
    else if (s < 48 * 3600)
        sbuf_addf(out, "%.0f h", s / 3600);
    else
        sbuf_addf(out, "%.0f d", s / 86400);
}

static void put_names(struct sbuf *out, const json_t *names)
{
    size_t i;
    json_t *name;
    json_array_foreach(names, i, name) sbuf_addf(
        out, "%s%s", i ? ", " : "", json_string_value(name) ? json_string_value(name) : "");
}

#define X(name, code, peer, call, again, within, quarters, near, text) {#name, text, code, near},
static const struct wait_row {
    const char *word, *text;
    unsigned code, near;
} wait_rows[] = {COMMAND_KINDS(X)};
#undef X
#define X(name, code, peer, call, again, within, quarters, near, text)                             \
    _Static_assert((near) <= NEAR_MAX, "cli_waits_near_first would leave it out");
COMMAND_KINDS(X)
#undef X

/* NULL: a kind of a newer server. */
static const struct wait_row *row_of(const json_t *wait)
{
    const char *kind = cli_json_str(wait, "kind");
    for (size_t i = 0; i < ARRAY_LEN(wait_rows); i++)
        if (strcmp(wait_rows[i].word, kind) == 0)
            return &wait_rows[i];
    return NULL;
}

static void put_filled(struct sbuf *out, const char *text, const json_t *wait)
{
    char name[16];
    while (*text) {
        size_t n = strcspn(text, "{");
        sbuf_add(out, text, n);
        text += n;
        if (!*text)
            return;
        n = strcspn(text, "}");
        snprintf(name, sizeof(name), "%.*s", (int)n - 1, text + 1);
        sbuf_adds(out, cli_json_str(wait, name));
        text += n + (text[n] == '}');
    }
}

void cli_put_wait(struct sbuf *out, const json_t *wait, const json_t *needs)
{
    const struct wait_row *row = row_of(wait);
    if (row)
        put_filled(out, row->text, wait);
    else
        sbuf_addf(out, "%s of '%s'", cli_json_str(wait, "kind"), cli_json_str(wait, "subject"));
    if (row && row->code == CMD_TIMER_SOURCES && json_array_size(needs)) {
        sbuf_adds(out, ": ");
        put_names(out, needs);
    }
    if (json_is_true(json_object_get(wait, "lost")))
        sbuf_adds(out, ", which died with it in hand");
}

/* The higher, the nearer to the cause. */
static unsigned nearness(const json_t *wait)
{
    const struct wait_row *row = row_of(wait);
    return row ? row->near : NEAR_OTHERS;
}

bool cli_is_limit(const json_t *wait)
{
    return nearness(wait) == NEAR_LIMIT;
}

json_t *cli_waits_near_first(const json_t *waits)
{
    json_t *sorted = json_array(), *wait;
    size_t k;
    for (unsigned near = NEAR_MAX + 1; near-- > 0;)
        json_array_foreach(waits, k, wait) if (nearness(wait) == near)
            json_array_append(sorted, wait);
    return sorted;
}

const json_t *cli_main_wait(const json_t *waits, const char *vnfr)
{
    const json_t *best = NULL, *wait;
    size_t i;
    json_array_foreach(waits, i, wait)
    {
        if (cli_is_limit(wait) || (vnfr && strcmp(cli_json_str(wait, "vnfr"), vnfr) != 0))
            continue;
        if (!best || nearness(wait) > nearness(best))
            best = wait;
    }
    return best;
}

static void put_owner(struct sbuf *out, const json_t *r)
{
    static const struct meaning rows[] = {
        {"agent", "agent of "}, {"vnfm", "VNFM "},
        {"driver", "driver "},  {"registration", "by which VNFMs and drivers register"},
        {"nfvo", "nfvo's own"}, {NULL, NULL}};
    const char *about = cli_json_str(r, "about"), *text = find(rows, about);
    if (*text)
        sbuf_addf(out, " (%s%s)", text, cli_json_str(r, "subject"));
}

void cli_put_refusal(struct sbuf *out, const json_t *r, int64_t now_us)
{
    const char *account = cli_json_str(r, "account"), *object = cli_json_str(r, "object"),
               *kind = cli_json_str(r, "kind"), *needs = cli_json_str(r, "needs");
    int64_t n = json_integer_value(json_object_get(r, "n"));
    /* What nfvo itself refused, and to whom where that is not known. */
    static const struct meaning own[] = {{"registration", "nfvo did not register it: "},
                                         {"account", "nfvo cannot make it: "},
                                         {"subscription", "nfvo did not subscribe it: "},
                                         {"room", "nfvo refused "},
                                         {"author", "its VNFM refused "},
                                         {NULL, NULL}},
                                who[] = {{"registration", "a VNFM or driver"},
                                         {"subscription", "a subscriber to events"},
                                         {"author", "an agent that does not say who it is"},
                                         {NULL, NULL}};
    if (*account)
        sbuf_addf(out, "%s '%s'", strcmp(kind, "room") == 0 ? "room" : "account", account);
    else
        sbuf_adds(out, *find(who, kind) ? find(who, kind) : "several accounts");
    put_owner(out, r);
    if (strcmp(kind, "login") == 0)
        sbuf_adds(out, ": its login was refused");
    else if (strcmp(kind, "access") == 0 && *object)
        sbuf_addf(out, " was refused%s%s on %s (%s)", *needs ? " " : "", needs, object,
                  cli_json_str(r, "operation"));
    else
        sbuf_addf(out, ": %s%s", find(own, kind), cli_json_str(r, "words"));
    if (strcmp(kind, "silent") != 0 && n > 1)
        sbuf_addf(out, ", %lld times", (long long)n);
    sbuf_adds(out, n > 1 ? ", the last " : ", ");
    cli_put_span(out, now_us - json_integer_value(json_object_get(r, "last")));
    sbuf_adds(out, " ago");
}

void cli_put_untold(struct sbuf *out, const json_t *untold)
{
    size_t i;
    const json_t *what;
    sbuf_addf(out, "%s does not have what %s has now: ", cli_json_str(untold, "target"),
              cli_json_str(untold, "source"));
    json_array_foreach(json_object_get(untold, "what"), i, what)
        sbuf_addf(out, "%s%s", i ? ", " : "", json_string_value(what));
}

const char *cli_vnfr_status_meaning(const char *status)
{
    static const char *const meanings[][2] = {
        {"NULL", "its servers are being rebuilt, or were, and nothing is installed on them yet"},
        {"INITIALIZED", "its servers are installed, and not configured yet"},
        {"INACTIVE", "it is stopped, or not started yet"},
        {"SCALING", "an instance is being added"},
        {"RESUMING", "what failed is being resumed"},
        {"ERROR", "an operation on it failed"}};
    for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
        if (strcmp(meanings[i][0], status) == 0)
            return meanings[i][1];
    return "";
}
