#include "tests/support/service_scene.h"

#include "common/base/sbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    struct arena *arena;
    struct service_view *view;
    struct view_vnfr *v;
    struct view_instance *instances;
    struct view_vdu *vdus;
    const char *vdu, *pop;
    struct proto_strs wants; /* sources by name, of v */
};

static bool starts(const char *text, const char *with, const char **ret_rest)
{
    size_t n = strlen(with);
    *ret_rest = text + n;
    return strncmp(text, with, n) == 0;
}

static int word_of(const char *const *words, int n, const char *word)
{
    for (int i = 0; i < n; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

static void add_vdu(struct reading *r, const char *name, uint32_t max)
{
    r->vdus = arena_grow_array(r->arena, r->vdus, r->v->n_vdus, sizeof(*r->vdus));
    r->vdus[r->v->n_vdus++] = (struct view_vdu){.id = name, .name = name, .scale_max = max};
    r->v->vdus = r->vdus;
    r->vdu = name;
}

static void add_instance(struct reading *r, const char *text)
{
    const char *eq = strchr(text, '=');
    const char *name = eq ? arena_strndup(r->arena, text, (size_t)(eq - text)) : text;
    int state =
        eq ? word_of(instance_state_words, INSTANCE_STATE_N, eq + 1) : INSTANCE_STATE_ACTIVE;
    if (!r->vdu)
        add_vdu(r, "u", 0);
    if (state < 0)
        abort();
    r->instances =
        arena_grow_array(r->arena, r->instances, r->v->n_instances, sizeof(*r->instances));
    r->instances[r->v->n_instances] = (struct view_instance){.id = name,
                                                             .hostname = name,
                                                             .vdu = r->vdu,
                                                             .pop = r->pop,
                                                             .state = state,
                                                             .made = r->v->n_instances};
    r->v->n_instances++;
    r->v->instances = r->instances;
}

static void set_phase(struct reading *r, const char *word)
{
    static struct fault fault = {.code = "ERR_PEER", .message = "it broke"};
    r->v->phase = word;
    r->v->fault = strcmp(word, "FAILED") == 0 ? &fault : NULL;
}

static void take(struct reading *r, char *word)
{
    struct view_vnfr *v = r->v;
    const char *rest;
    char *slash = strchr(word, '/');
    int state = word_of(vnfr_state_words, VNFR_STATE_N, word);
    if (state >= 0)
        v->state = state;
    else if (starts(word, "<", &rest))
        proto_list_add(&r->wants, rest, r->arena);
    else if (starts(word, "told=", &rest))
        proto_list_add(&v->told, rest, r->arena);
    else if (starts(word, "i:", &rest))
        add_instance(r, rest);
    else if (starts(word, "vdu:", &rest))
        add_vdu(r, rest, 0);
    else if (starts(word, "on-failure=", &rest))
        r->vdus[v->n_vdus - 1].on_failure = rest;
    else if (starts(word, "attempts=", &rest))
        r->vdus[v->n_vdus - 1].attempts = (uint16_t)atoi(rest);
    else if (starts(word, "@", &rest))
        r->pop = rest;
    else if (starts(word, "package=", &rest))
        v->package = rest;
    else if (starts(word, "phase=", &rest))
        set_phase(r, rest);
    else if (strcmp(word, "leaving") == 0)
        v->is_leaving = true;
    else if (strcmp(word, "broken") == 0)
        v->is_broken = true;
    else if (strcmp(word, "launches") == 0)
        proto_list_add(&v->servers, "launching", r->arena);
    else if (strcmp(word, "emptied") == 0)
        v->is_emptied = true;
    else if (strcmp(word, "new") == 0)
        v->is_new = true;
    else if (strcmp(word, "unknown") == 0)
        v->is_known = false;
    else if (strcmp(word, "known") == 0)
        v->is_known = true;
    else if (strcmp(word, "configured") == 0)
        v->was_configured = true;
    else if (strcmp(word, "instantiated") == 0)
        v->was_instantiated = true;
    else if (strcmp(word, "foreign") == 0)
        v->is_ours = false, v->sdk = SDK_UNKNOWN;
    else if (sdk_parse(word) != SDK_UNKNOWN)
        v->sdk = sdk_parse(word), v->is_ours = v->sdk == SDK_C;
    else if (slash) {
        *slash = '\0';
        add_vdu(r, word, (uint32_t)atoi(slash + 1));
    } else {
        fprintf(stderr, "service_scene: what is '%s'?\n", word);
        abort();
    }
}

static void read_vnfr(struct reading *r, struct view_vnfr *v, char *text)
{
    char *save = NULL;
    struct view_vnfr *fresh = v;
    r->v = fresh;
    r->instances = NULL;
    r->vdus = NULL;
    r->vdu = NULL;
    r->pop = "lab";
    r->wants = (struct proto_strs){0};
    char *name = strtok_r(text, " \n", &save);
    *fresh = (struct view_vnfr){
        .id = name, .name = name, .is_ours = true, .sdk = SDK_C, .is_known = true};
    for (char *w = strtok_r(NULL, " \n", &save); w; w = strtok_r(NULL, " \n", &save))
        take(r, w);
    fresh->has_record = fresh->n_instances > 0 || fresh->state != VNFR_STATE_NULL;
}

static void find_sources(struct reading *r, struct view_vnfr *vnfrs, const struct proto_strs *wants)
{
    for (uint32_t i = 0; i < r->view->n_vnfrs; i++) {
        uint32_t *sources = arena_alloc(r->arena, (wants[i].n + 1) * sizeof(*sources));
        for (uint32_t k = 0; k < wants[i].n; k++) {
            const struct view_vnfr *s = view_vnfr(r->view, wants[i].at[k]);
            if (!s)
                abort();
            sources[vnfrs[i].n_sources++] = view_index(r->view, s);
        }
        vnfrs[i].sources = sources;
    }
}

struct service_view *scene_read(struct arena *a, const char *text)
{
    struct service_view *view = arena_alloc(a, sizeof(*view));
    struct reading r = {.arena = a, .view = view};
    struct view_vnfr *vnfrs = arena_alloc(a, 64 * sizeof(*vnfrs));
    struct proto_strs *wants = arena_alloc(a, 64 * sizeof(*wants));
    char *save = NULL, *copy = arena_strdup(a, text);
    *view = (struct service_view){.id = "nsr-1", .name = "demo", .vnfrs = vnfrs};
    proto_list_add(&view->pops, "lab", a);
    for (char *part = strtok_r(copy, ";", &save); part; part = strtok_r(NULL, ";", &save)) {
        const char *rest;
        part += strspn(part, " \n");
        if (strcmp(part, "ordered") == 0)
            view->is_ordered = true;
        else if (strcmp(part, "heal-tells") == 0)
            view->heal_tells_targets = true;
        else if (starts(part, "nsr=", &rest))
            view->phase = rest;
        else if (*part && view->n_vnfrs < 64) {
            read_vnfr(&r, &vnfrs[view->n_vnfrs], part);
            wants[view->n_vnfrs++] = r.wants;
        }
    }
    find_sources(&r, vnfrs, wants);
    return view;
}

struct plan_request *scene_request(struct arena *a, const char *text)
{
    struct plan_request *q = arena_alloc(a, sizeof(*q));
    struct plan_count *c = arena_alloc(a, 8 * sizeof(*c));
    char *save = NULL, *copy = arena_strdup(a, text);
    int kind = operation_kind_parse(strtok_r(copy, " ", &save));
    if (kind < 0)
        abort();
    q->kind = kind;
    for (char *w = strtok_r(NULL, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
        const char *rest;
        if (starts(w, "v=", &rest)) { /* those behind it are of that one */
            q->counts = c;
            c[q->n_counts++] = (struct plan_count){.vnfr = rest, .number = 1};
            proto_list_add(&q->vnfrs, rest, a);
        } else if (starts(w, "n=", &rest) || strcmp(w, "standby") == 0 || starts(w, "u=", &rest) ||
                   starts(w, "pop=", &rest)) {
            q->counts = c;
            q->n_counts = q->n_counts ? q->n_counts : 1;
            struct plan_count *last = &c[q->n_counts - 1];
            if (starts(w, "u=", &rest) && last->vdu)
                *(last = &c[q->n_counts++]) = (struct plan_count){.vnfr = last->vnfr};
            last->number = last->number ? last->number : 1;
            if (starts(w, "n=", &rest))
                last->number = (uint32_t)atoi(rest);
            else if (starts(w, "u=", &rest))
                last->vdu = rest;
            else if (starts(w, "pop=", &rest))
                last->pop = rest;
            else
                last->is_standby = true;
        } else if (starts(w, "i=", &rest))
            q->instance = rest;
        else if (starts(w, "failed=", &rest))
            q->failed = rest;
        else if (starts(w, "package=", &rest))
            q->package = rest;
        else if (strcmp(w, "image") == 0)
            q->has_image = true;
        else if (strcmp(w, "keeps") == 0)
            q->keeps_service = true;
        else if (strcmp(w, "drains") == 0)
            q->drains = true;
        else
            q->vnfr = w;
    }
    return q;
}

void scene_id(void *ctx, char out[ID_SIZE])
{
    snprintf(out, ID_SIZE, "c%d", ++*(int *)ctx);
}

static void member(struct sbuf *out, const char *name, const char *value)
{
    if (value)
        sbuf_addf(out, " %s=%s", name, value);
}

const char *scene_plan(struct arena *a, const struct plan *plan)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    for (uint32_t i = 0; i < plan->n_steps; i++) {
        const struct plan_step *s = &plan->steps[i];
        sbuf_addf(&out, "%s%u %s", i ? "\n" : "", s->n, step_kind_word(s->kind));
        if (s->name)
            sbuf_addf(&out, " %s", s->name);
        member(&out, "instance", s->instance);
        member(&out, "component", s->component);
        member(&out, "vdu", s->vdu);
        member(&out, "mode", s->mode);
        member(&out, "on-failure",
               s->policy != POLICY_DEFAULT ? fault_policy_words[s->policy] : NULL);
        member(&out, "attempts", s->attempts ? arena_printf(a, "%u", s->attempts) : NULL);
        member(&out, "pop", s->pop);
        for (uint32_t k = 0; k < s->only.n; k++)
            sbuf_addf(&out, "%s%s", k ? "," : " only=", s->only.at[k]);
        for (uint32_t k = 0; k < s->after.n; k++)
            sbuf_addf(&out, "%s%u", k ? "," : " after=", s->after.at[k]);
        if (s->with)
            sbuf_addf(&out, " with=%u", s->with);
        if (s->is_always)
            sbuf_adds(&out, " always");
        if (s->undo != step_kinds[s->kind].undo)
            member(&out, "undo", step_undos[s->undo].word);
        if (s->form != FORM_MESSAGE)
            member(&out, "form", step_form_words[s->form]);
        if (s->if_changed)
            sbuf_adds(&out, " if-changed");
    }
    for (uint32_t i = 0; i < plan->warnings.n; i++)
        sbuf_addf(&out, "%s! %s", out.len ? "\n" : "", plan->warnings.at[i]);
    return arena_strndup(a, out.s, out.len);
}
