/* Is a YAML text cheap to load? libyaml has no bounds of its own: 80,000 open brackets took it 9 s,
 * since each token looks at all open collections; and an anchor is searched through all others. Its
 * events come without building anything, so they are counted first, up to the bounds. */
#include <stdlib.h>
#include <yaml.h>

#include "nfvo/catalogue/package_internal.h"

struct counts {
    uint32_t depth, nodes, anchors;
};

static const char *count_node(struct counts *c, const yaml_char_t *anchor, struct arena *a)
{
    c->anchors += anchor != NULL;
    if (++c->nodes > PACKAGE_YAML_NODES_MAX)
        return arena_printf(a, "more than %d values", PACKAGE_YAML_NODES_MAX);
    if (c->anchors > PACKAGE_YAML_ANCHORS_MAX)
        return arena_printf(a, "more than %d anchors and aliases", PACKAGE_YAML_ANCHORS_MAX);
    if (c->depth > PACKAGE_YAML_DEPTH_MAX)
        return arena_printf(a, "nested deeper than %d levels", PACKAGE_YAML_DEPTH_MAX);
    return NULL;
}

/* NULL: within the bounds so far. */
static const char *count_event(struct counts *c, const yaml_event_t *e, struct arena *a)
{
    switch (e->type) {
    case YAML_SCALAR_EVENT:
        return count_node(c, e->data.scalar.anchor, a);
    case YAML_ALIAS_EVENT:
        return count_node(c, e->data.alias.anchor, a);
    case YAML_SEQUENCE_START_EVENT:
        c->depth++;
        return count_node(c, e->data.sequence_start.anchor, a);
    case YAML_MAPPING_START_EVENT:
        c->depth++;
        return count_node(c, e->data.mapping_start.anchor, a);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        c->depth--;
        return NULL;
    default:
        return NULL;
    }
}

/* What is not well-formed is left to the loader, which says where: it stops at the same place. */
const char *package_yaml_excess(struct package_reader *r, const struct package_file *file,
                                uint32_t *ret_line)
{
    yaml_parser_t parser;
    struct counts counts = {0};
    const char *wrong = NULL;
    bool is_last = false;
    if (!yaml_parser_initialize(&parser))
        abort(); /* out of memory */
    yaml_parser_set_input_string(&parser, (const unsigned char *)file->at, file->n);
    while (!wrong && !is_last) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event))
            break;
        wrong = count_event(&counts, &event, r->a);
        *ret_line = (uint32_t)event.start_mark.line + 1;
        is_last = event.type == YAML_DOCUMENT_END_EVENT || event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return wrong;
}
