/* Dependencies of an NSD: the explicit ones and those of `requires`, merged; members of cycles are
 * marked. amqp-protocol.md 4.5 and 9.7, rule 9. */
#include "nfvo/catalogue/internal.h"

#include <string.h>

static enum err_code check_explicit(const struct nsd *nsd, const struct name_index *index,
                                    struct err *err)
{
    for (uint32_t i = 0; i < nsd->vnf_dependency.n; i++) {
        const struct vnf_dependency *d = nsd->vnf_dependency.at[i];
        const char *missing = name_index_find(index, d->source) < 0   ? "source"
                              : name_index_find(index, d->target) < 0 ? "target"
                                                                      : NULL;
        if (missing) {
            const char *name = missing[0] == 's' ? d->source : d->target;
            err_set(err, ERR_INVALID, "the dependency's %s '%s' is no VNFD of the NSD", missing,
                    name ? name : "");
            return err_where(err, "vnf_dependency[%u].%s", i, missing);
        }
        if (d->parameters.n == 0) {
            err_set(err, ERR_INVALID, "the dependency from '%s' to '%s' has no parameters",
                    d->source, d->target);
            return err_where(err, "vnf_dependency[%u].parameters", i);
        }
    }
    return ERR_OK;
}

static void add_parameters(struct vnf_dependency *to, const struct proto_strs *from,
                           struct arena *a)
{
    for (uint32_t i = 0; i < from->n; i++)
        if (!proto_strs_has(&to->parameters, from->at[i]))
            proto_list_add(&to->parameters, from->at[i], a);
}

/* One per source and target: a later equal one is merged into the first. */
static void merge(struct vnf_dependency_list *list, struct vnf_dependency *d, struct arena *a)
{
    for (uint32_t i = 0; i < list->n; i++)
        if (strcmp(list->at[i]->source, d->source) == 0 &&
            strcmp(list->at[i]->target, d->target) == 0) {
            add_parameters(list->at[i], &d->parameters, a);
            return;
        }
    struct proto_strs parameters = d->parameters;
    memset(&d->parameters, 0, sizeof(d->parameters));
    add_parameters(d, &parameters, a);
    proto_list_add(list, d, a);
}

static enum err_code add_required(const struct nsd *nsd, uint32_t target,
                                  const struct name_index *index, struct vnf_dependency_list *list,
                                  struct arena *a, struct err *err)
{
    const struct vnfd *v = nsd->vnfd.at[target];
    for (uint32_t i = 0; i < v->requires.n; i++) {
        const char *source = v->requires.at[i].key;
        if (name_index_find(index, source) < 0) {
            err_set(err, ERR_INVALID, "VNFD '%s' requires '%s', which is no VNFD of the NSD",
                    v->name, source);
            return err_where(err, "vnfd[%u].requires.%s", target, source);
        }
        const struct requires_parameters *r = v->requires.at[i].value;
        if (!r || r->parameters.n == 0)
            continue;
        struct vnf_dependency *d = proto_new(&vnf_dependency_type, a);
        d->source = source;
        d->target = v->name;
        d->parameters = r->parameters;
        merge(list, d, a);
    }
    return ERR_OK;
}

/* --- cycles: Tarjan's strongly connected components, with a stack of its own ------------------ */

struct graph {
    uint32_t n;
    uint32_t *first, *to; /* edges of node i: to[first[i]] .. to[first[i + 1]] */
    uint32_t *low, *number, *next, *stack, *path;
    bool *is_on_stack, *is_cyclic;
    uint32_t counter, stack_n, path_n;
};

static void build_edges(struct graph *g, const struct vnf_dependency_list *list,
                        const struct name_index *index)
{
    for (uint32_t i = 0; i < list->n; i++)
        g->first[name_index_find(index, list->at[i]->source) + 1]++;
    for (uint32_t i = 0; i < g->n; i++)
        g->first[i + 1] += g->first[i];
    memcpy(g->next, g->first, g->n * sizeof(uint32_t));
    for (uint32_t i = 0; i < list->n; i++)
        g->to[g->next[name_index_find(index, list->at[i]->source)]++] =
            (uint32_t)name_index_find(index, list->at[i]->target);
    memcpy(g->next, g->first, g->n * sizeof(uint32_t));
}

static void enter(struct graph *g, uint32_t node)
{
    g->number[node] = g->low[node] = ++g->counter;
    g->stack[g->stack_n++] = node;
    g->is_on_stack[node] = true;
    g->path[g->path_n++] = node;
}

static void leave(struct graph *g, uint32_t node)
{
    g->path_n--;
    if (g->path_n > 0) {
        uint32_t above = g->path[g->path_n - 1];
        if (g->low[node] < g->low[above])
            g->low[above] = g->low[node];
    }
    if (g->low[node] != g->number[node])
        return;
    bool is_cycle = g->stack[g->stack_n - 1] != node;
    uint32_t member;
    do {
        member = g->stack[--g->stack_n];
        g->is_on_stack[member] = false;
        g->is_cyclic[member] |= is_cycle;
    } while (member != node);
}

static void visit(struct graph *g, uint32_t start)
{
    enter(g, start);
    while (g->path_n > 0) {
        uint32_t node = g->path[g->path_n - 1];
        if (g->next[node] == g->first[node + 1]) {
            leave(g, node);
            continue;
        }
        uint32_t to = g->to[g->next[node]++];
        if (g->number[to] == 0)
            enter(g, to);
        else if (g->is_on_stack[to] && g->number[to] < g->low[node])
            g->low[node] = g->number[to];
    }
}

static void find_cycles(struct graph *g, const struct vnf_dependency_list *list,
                        const struct name_index *index, struct arena *a)
{
    uint32_t n = index->n;
    *g = (struct graph){.n = n};
    uint32_t *numbers = arena_alloc(a, (6 * (size_t)n + 2 + list->n) * sizeof(*numbers));
    g->first = numbers;
    g->low = numbers + n + 1;
    g->number = g->low + n;
    g->next = g->number + n;
    g->stack = g->next + n;
    g->path = g->stack + n;
    g->to = g->path + n;
    g->is_on_stack = arena_alloc(a, 2 * (size_t)n + 1);
    g->is_cyclic = g->is_on_stack + n;
    build_edges(g, list, index);
    for (uint32_t i = 0; i < n; i++)
        if (g->number[i] == 0)
            visit(g, i);
}

static enum err_code mark_cycles(struct nsd *nsd, const struct name_index *index,
                                 bool is_start_ordered, struct arena *a, struct err *err)
{
    struct graph g;
    find_cycles(&g, &nsd->vnf_dependency, index, a);
    for (uint32_t i = 0; i < nsd->vnfd.n; i++) {
        if (g.is_cyclic[i] && is_start_ordered) {
            err_set(err, ERR_INVALID, "VNFD '%s' is part of a cycle of dependencies",
                    nsd->vnfd.at[i]->name);
            err_hint(err, "the orchestrator starts VNFs in the order of their dependencies "
                          "(start-ordered), which a cycle has not");
            return err_where(err, "vnfd[%u]", i);
        }
        nsd->vnfd.at[i]->cyclic_dependency = g.is_cyclic[i];
    }
    /* A VNF that depends on itself must not wait for itself either. */
    for (uint32_t i = 0; i < nsd->vnf_dependency.n; i++) {
        const struct vnf_dependency *d = nsd->vnf_dependency.at[i];
        if (strcmp(d->source, d->target) == 0)
            nsd->vnfd.at[name_index_find(index, d->source)]->cyclic_dependency = true;
    }
    return ERR_OK;
}

enum err_code catalogue_link_dependencies(struct nsd *nsd, bool is_start_ordered, struct arena *a,
                                          struct err *err)
{
    struct name_index index;
    name_index_init(&index, &nsd->vnfd, a);
    enum err_code rc = check_explicit(nsd, &index, err);
    struct vnf_dependency_list list = {0};
    for (uint32_t i = 0; rc == ERR_OK && i < nsd->vnf_dependency.n; i++)
        merge(&list, nsd->vnf_dependency.at[i], a);
    for (uint32_t i = 0; rc == ERR_OK && i < nsd->vnfd.n; i++)
        rc = add_required(nsd, i, &index, &list, a, err);
    if (rc != ERR_OK)
        return rc;
    nsd->vnf_dependency = list;
    rc = catalogue_check_dependencies(nsd, &index, err);
    if (rc != ERR_OK)
        return rc;
    return mark_cycles(nsd, &index, is_start_ordered, a, err);
}
