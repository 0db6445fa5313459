#include "nfvo/api/catalogue/descriptor.h"

#include <string.h>

#include "common/log/log.h"

#define WARNINGS_MAX 50

enum err_code call_one_project(struct call *c, struct err *err)
{
    if (c->project && strcmp(c->project, "*") != 0)
        return ERR_OK;
    return err_set(err, ERR_INVALID, "the header project-id must name one project here");
}

struct catalogue_rules descriptor_change_rules(struct call *c, const void *old, const char *project)
{
    return (struct catalogue_rules){.project_id = project,
                                    .now = call_now(c),
                                    .is_start_ordered = c->api->options->is_start_ordered,
                                    .old = old,
                                    .make_id = call_new_id,
                                    .arg = c};
}

enum err_code descriptor_rules(struct call *c, struct catalogue_rules *ret, struct err *err)
{
    *ret = descriptor_change_rules(c, NULL, c->project);
    return call_one_project(c, err);
}

void descriptor_advice_release(struct descriptor_advice *advice)
{
    sbuf_release(&advice->list);
}

/* Notes need nothing: `baton nsd validate` has them. */
void descriptor_advise(void *arg, enum finding_level level, const char *path, const char *what)
{
    struct descriptor_advice *advice = arg;
    if (level == FINDING_NOTE || advice->n++ >= WARNINGS_MAX)
        return;
    sbuf_addf(&advice->list, "%s{\"severity\":\"%s\",\"path\":", advice->n > 1 ? "," : "",
              finding_level_name(level));
    proto_quotes(&advice->list, path);
    sbuf_adds(&advice->list, ",\"message\":");
    proto_quotes(&advice->list, what);
    sbuf_addc(&advice->list, '}');
    log_warn(LOG_CAT, "descriptor_warning", KV_S("kind", advice->kind), KV_S("path", path),
             KV_S("what", what));
}

void descriptor_answer(struct descriptor_advice *advice, const struct proto_type *type,
                       const void *rec, const char *id)
{
    struct sbuf *out = &advice->call->out;
    call_json(advice->call, type, rec);
    if (advice->n == 0)
        return;
    sbuf_truncate(out, out->len - 1); /* the closing brace */
    sbuf_addf(out, ",\"warnings\":[%s]}", advice->list.s);
    log_warn(LOG_CAT, "descriptor_warnings", KV_S(advice->kind, id), KV_I("n", advice->n));
}

enum err_code descriptor_delete_many(struct call *c,
                                     enum err_code (*remove_one)(struct call *c, const char *id,
                                                                 struct err *err),
                                     struct err *err)
{
    struct proto_strs ids;
    enum err_code rc = call_body_ids(c, &ids, err);
    for (uint32_t i = 0; rc == ERR_OK && i < ids.n; i++)
        rc = remove_one(c, ids.at[i], err);
    return rc;
}
