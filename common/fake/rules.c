#include "common/fake/fake.h"

#include "common/base/mem.h"

#include <fnmatch.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct rule {
    char *action, *pattern; /* "": any */
    int64_t delay_ms;
    long nth, percent; /* 0: none of it */
    long seen;
};

struct rule_list {
    struct rule *at;
    size_t n;
};

struct fake {
    pthread_mutex_t lock;
    struct rule_list delay, fail, silent;
    uint64_t random;
};

static enum err_code wrong(struct err *err, const char *item, const char *what)
{
    err_set(err, ERR_INVALID, "rule '%s': %s", item, what);
    return err_where(err, "%s", item);
}

static enum err_code check_action(const char *action, const char *const *actions, const char *item,
                                  struct err *err)
{
    if (!action[0])
        return ERR_OK;
    for (const char *const *a = actions; *a; a++)
        if (strcmp(*a, action) == 0)
            return ERR_OK;
    return wrong(err, item, "no such action");
}

/* "ACTION=50ms" or "50ms" */
static enum err_code parse_delay(const char *item, struct rule *r, struct err *err)
{
    const char *equals = strchr(item, '=');
    r->action = equals ? xstrndup(item, (size_t)(equals - item)) : xstrdup("");
    r->pattern = xstrdup("");
    return config_parse_duration(equals ? equals + 1 : item, &r->delay_ms, err);
}

static bool number_behind(char *text, char mark, long max, long *ret)
{
    char *at = strrchr(text, mark), *end;
    if (!at)
        return true;
    *ret = strtol(at + 1, &end, 10);
    *at = '\0';
    return end != at + 1 && *end == '\0' && *ret >= 1 && *ret <= max;
}

/* "ACTION[:pattern][#n | %p]" */
static enum err_code parse_when(const char *item, struct rule *r, struct err *err)
{
    AUTO(freep) char *text = xstrdup(item);
    bool is_good =
        number_behind(text, '#', 1000000000, &r->nth) && number_behind(text, '%', 100, &r->percent);
    char *colon = strchr(text, ':');
    r->pattern = xstrdup(colon ? colon + 1 : "");
    if (colon)
        *colon = '\0';
    r->action = xstrdup(text);
    return is_good ? ERR_OK : wrong(err, item, "expected ACTION[:pattern][#n or %percent]");
}

static enum err_code parse_list(const struct config_list *items, const char *const *actions,
                                enum err_code (*parse)(const char *, struct rule *, struct err *),
                                struct rule_list *ret, struct err *err)
{
    ret->at = xcalloc(items->n + 1, sizeof(struct rule));
    for (; ret->n < items->n; ret->n++) {
        struct rule *r = &ret->at[ret->n];
        enum err_code rc = parse(items->items[ret->n], r, err);
        if (rc == ERR_OK)
            rc = check_action(r->action, actions, items->items[ret->n], err);
        if (rc != ERR_OK) {
            ret->n++;
            return rc;
        }
    }
    return ERR_OK;
}

enum err_code fake_new(const struct config_list *delay, const struct config_list *fail,
                       const struct config_list *silent, const char *const *actions, uint64_t seed,
                       struct fake **ret, struct err *err)
{
    struct fake *f = xcalloc(1, sizeof(*f));
    pthread_mutex_init(&f->lock, NULL);
    f->random = seed * 2 + 1;
    enum err_code rc = parse_list(delay, actions, parse_delay, &f->delay, err);
    if (rc == ERR_OK)
        rc = parse_list(fail, actions, parse_when, &f->fail, err);
    if (rc == ERR_OK)
        rc = parse_list(silent, actions, parse_when, &f->silent, err);
    if (rc == ERR_OK)
        *ret = f;
    else
        fake_free(f);
    return rc;
}

static void list_release(struct rule_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->at[i].action);
        free(l->at[i].pattern);
    }
    free(l->at);
}

void fake_free(struct fake *f)
{
    if (!f)
        return;
    list_release(&f->delay);
    list_release(&f->fail);
    list_release(&f->silent);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

static bool concerns(const struct rule *r, const char *action, const char *name)
{
    return (!r->action[0] || strcmp(r->action, action) == 0) &&
           (!r->pattern[0] || (name && fnmatch(r->pattern, name, 0) == 0));
}

static long draw_percent(struct fake *f)
{
    f->random ^= f->random << 13; /* xorshift64: the same seed, the same failures */
    f->random ^= f->random >> 7;
    f->random ^= f->random << 17;
    return (long)(f->random % 100);
}

static bool applies(struct fake *f, struct rule_list *l, const char *action, const char *name)
{
    bool is_hit = false;
    for (size_t i = 0; i < l->n; i++) {
        struct rule *r = &l->at[i];
        if (!concerns(r, action, name))
            continue;
        r->seen++;
        is_hit |= r->nth ? r->seen == r->nth : r->percent ? draw_percent(f) < r->percent : true;
    }
    return is_hit;
}

struct fake_verdict fake_judge(struct fake *f, const char *action, const char *name)
{
    struct fake_verdict v = {0};
    pthread_mutex_lock(&f->lock);
    for (size_t i = 0; i < f->delay.n;
         i++) /* the most special rule counts: one that names the action */
        if (concerns(&f->delay.at[i], action, name) && (f->delay.at[i].action[0] || !v.delay_ms))
            v.delay_ms = f->delay.at[i].delay_ms;
    v.is_failing = applies(f, &f->fail, action, name);
    v.is_silent = applies(f, &f->silent, action, name);
    pthread_mutex_unlock(&f->lock);
    return v;
}
