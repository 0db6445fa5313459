#include "nfvo/cli/words.h"

#include "common/sys/clock.h"

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

/* The phases of nfvo/lifecycle/types.h; what is not known here is shown as it came. */
const char *cli_vnfr_meaning(const char *phase)
{
    static const struct meaning rows[] = {
        {"INSTANTIATING", "its VNFM is asked to instantiate it"},
        {"GRANTING", "the PoP is prepared: refresh, networks"},
        {"GRANTED", "the VNFM may ask for servers"},
        {"ALLOCATING", "servers are launched"},
        {"ALLOCATED", "servers are up; agents and scripts are awaited"},
        {"WAIT_SOURCES", "waits for the VNFs it needs parameters of"},
        {"MODIFYING", "the VNFM configures it with the others' parameters"},
        {"WAIT_TURN", "waits for its turn to start"},
        {"STARTING", "the VNFM starts it"},
        {"ACTIVE", "runs"},
        {"HELD", "stands still: another VNF failed"},
        {"FAILED", "failed"},
        {"UNDOING", "released while servers are launched: their end is awaited"},
        {"RELEASING", "the VNFM terminates it"},
        {"DELETING", "servers are deleted"},
        {"GONE", "gone"},
        {NULL, NULL}};
    return find(rows, phase);
}

bool cli_runs_scripts(const char *phase)
{
    static const char *const phases[] = {"ALLOCATED", "MODIFYING", "STARTING", "RELEASING"};
    for (size_t i = 0; i < ARRAY_LEN(phases); i++)
        if (strcmp(phases[i], phase) == 0)
            return true;
    return false;
}

const char *cli_nsr_meaning(const char *phase)
{
    static const struct meaning rows[] = {{"DEPLOYING", "is being deployed"},
                                          {"ACTIVE", "runs"},
                                          {"FAILED", "failed"},
                                          {"RELEASING", "is being released"},
                                          {NULL, NULL}};
    return find(rows, phase);
}

const char *cli_instance_meaning(const char *phase)
{
    static const struct meaning rows[] = {
        {"LAUNCHING", "the driver is asked to launch it"},
        {"DOUBT", "its launch was not answered: the PoP is asked whether it is there"},
        {"UP", "is up"},
        {"FAILED", "could not be launched"},
        {"DELETING", "the driver deletes it; the PoP's list verifies that"},
        {"GONE", "gone"},
        {NULL, NULL}};
    return find(rows, phase);
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

static bool is_kind(const json_t *wait, const char *kind)
{
    return strcmp(cli_json_str(wait, "kind"), kind) == 0;
}

/* Kinds of nfvo/api/explain.c; {host}.. stand for members of the wait. */
static const struct meaning wait_texts[] = {
    {"INSTANTIATE", "VNFM '{vnfm}' to answer INSTANTIATE of {vnfr}"},
    {"MODIFY", "VNFM '{vnfm}' to answer MODIFY (configure) of {vnfr}"},
    {"START", "VNFM '{vnfm}' to answer START of {vnfr}"},
    {"RELEASE_RESOURCES", "VNFM '{vnfm}' to answer RELEASE_RESOURCES (terminate) of {vnfr}"},
    {"PREPARE_POP", "PoP '{pop}' to be refreshed and have the networks of {vnfr}"},
    {"LAUNCH", "the driver of PoP '{pop}' ({popType}) to launch {host}"},
    {"DELETE", "the driver of PoP '{pop}' ({popType}) to delete {host}"},
    {"LIST_POP", "PoP '{pop}' to list its servers"},
    {"TIMER_TURN", "the turn of {vnfr} to start"},
    {"TIMER_LIST", "the pause before PoP '{pop}' is asked for its servers again"},
    {"TIMER_RELEASE", "the end of patience: then it leaves your sight, verified or not"},
    {"REFRESH", "the driver of PoP '{pop}' ({popType}) to say what is there"},
    {"CREATE_NETWORK", "the driver of PoP '{pop}' ({popType}) to create network '{subject}'"},
    {"LIST_SERVERS", "the driver of PoP '{pop}' ({popType}) to list the servers"},
    {"WAIT_PREPARE", "PoP '{pop}' to be prepared, for a network service"},
    {"WAIT_LIST", "PoP '{pop}' to be listed, for a network service"},
    {"WAIT_OPERATION", "PoP '{pop}', for a REST call"},
    {NULL, NULL}};

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
    const char *kind = cli_json_str(wait, "kind");
    if (is_kind(wait, "TIMER_SOURCES")) {
        sbuf_adds(out, json_array_size(needs) ? "the VNFs it needs parameters of: "
                                              : "the VNFs it needs parameters of");
        put_names(out, needs);
        return;
    }
    const char *text = find(wait_texts, kind);
    if (*text)
        put_filled(out, text, wait);
    else
        sbuf_addf(out, "%s of '%s'", kind, cli_json_str(wait, "subject"));
    if (json_is_true(json_object_get(wait, "lost")))
        sbuf_adds(out, ", which died with it in hand");
}

bool cli_is_limit(const json_t *wait)
{
    return is_kind(wait, "TIMER_RELEASE");
}

/* The higher, the nearer to the cause. */
static int nearness(const json_t *wait)
{
    static const char *const order[] = {"INSTANTIATE", "PREPARE_POP", "LIST_POP", "CREATE_NETWORK",
                                        "REFRESH",     "LAUNCH",      "DELETE"};
    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        if (is_kind(wait, order[i]))
            return (int)i;
    return 0;
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
