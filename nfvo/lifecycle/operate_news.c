/* What is told of steps whose end the rows do not show: kept until the handlers have returned. */
#include "nfvo/lifecycle/operate_private.h"

#include "common/base/text.h"

struct told_news {
    enum step_kind kind;
    const char *id;
    struct step_news news;
    struct told_news *next;
};

void operate_tell(struct nsr_model *m, enum step_kind kind, const char *id,
                  const struct step_news *news)
{
    struct told_news *told = arena_alloc(m->d->arena, sizeof(*told)), **at = &m->told;
    *told = (struct told_news){.kind = kind, .id = id, .news = *news};
    while (*at)
        at = &(*at)->next;
    *at = told;
}

enum step_kind operate_request_of(const struct plan_step *s)
{
    return run_request_of(s, s->state == STEP_STATE_UNDOING);
}

static bool is_about(const struct plan_step *s, const struct told_news *told)
{
    const char *id = s->instance ? s->instance : s->vnfr;
    return operate_request_of(s) == told->kind && text_matches(id, told->id);
}

bool operate_is_told(struct nsr_model *m, const struct plan_step *s, struct step_news *ret)
{
    for (struct told_news **at = &m->told; *at; at = &(*at)->next)
        if (is_about(s, *at)) {
            *ret = (*at)->news;
            *at = (*at)->next;
            return true;
        }
    return false;
}
