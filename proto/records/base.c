#include "proto/records/base.h"

#include <string.h>

static void element(const struct proto_field *f, void *rec, bool replace,
                    const char *(*make_id)(void *arg), void *arg)
{
    if (rec)
        record_fill_ids(f->type, rec, replace, make_id, arg);
}

void record_fill_ids(const struct proto_type *type, void *rec, bool replace,
                     const char *(*make_id)(void *arg), void *arg)
{
    for (uint32_t i = 0; i < type->n_fields; i++) {
        const struct proto_field *f = &type->fields[i];
        char *at = (char *)rec + f->offset;
        struct proto_list list;
        struct proto_map map;
        struct proto_listmap listmap;
        void *p;
        switch ((enum proto_kind)f->kind) {
        case PROTO_STR:
            memcpy(&p, at, sizeof(p));
            if (strcmp(f->wire, "id") == 0 && (replace || !p || !*(const char *)p)) {
                const char *id = make_id(arg);
                memcpy(at, &id, sizeof(id));
            }
            break;
        case PROTO_REC:
            memcpy(&p, at, sizeof(p));
            element(f, p, replace, make_id, arg);
            break;
        case PROTO_LIST:
            memcpy(&list, at, sizeof(list));
            for (uint32_t k = 0; k < list.n; k++)
                element(f, list.at[k], replace, make_id, arg);
            break;
        case PROTO_MAP:
            memcpy(&map, at, sizeof(map));
            for (uint32_t k = 0; k < map.n; k++)
                element(f, map.at[k].value, replace, make_id, arg);
            break;
        case PROTO_LISTMAP:
            memcpy(&listmap, at, sizeof(listmap));
            for (uint32_t k = 0; k < listmap.n; k++)
                for (uint32_t e = 0; e < listmap.at[k].value.n; e++)
                    element(f, listmap.at[k].value.at[e], replace, make_id, arg);
            break;
        default:
            break;
        }
    }
}
