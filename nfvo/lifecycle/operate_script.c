/* UPDATE_SCRIPT: a script of a package was replaced, and the VNFs that run with it get it. Both texts
 * are kept once for the operation, however many VNFs it is about. */
#include "nfvo/lifecycle/operate_private.h"

#include <string.h>

/* clang-format off */
#define SCRIPT_CHANGE_FIELDS(X)                                    \
    X(REC, after,  "script", script, OPTIONAL)                     \
    X(REC, before, "before", script, OPTIONAL) /* NULL: not known */
PROTO_RECORD(script_change, SCRIPT_CHANGE_FIELDS)
#define PROTO_THIS struct script_change
PROTO_RECORD_DEFINE(script_change, SCRIPT_CHANGE_FIELDS)
#undef PROTO_THIS
/* clang-format on */

static bool is_too_large(const struct script *s)
{
    return s && s->payload.n > OPERATE_SCRIPT_MAX;
}

enum err_code operate_script_check(const struct operate_request *req, struct err *err)
{
    if (!req->plan.package || !req->new_script || !req->new_script->name)
        return err_set(err, ERR_INVALID, "which script of which package?");
    if (!is_too_large(req->new_script) && !is_too_large(req->old_script))
        return ERR_OK;
    err_set(err, ERR_LIMIT, "script '%s' has more than %d bytes: VNFs that run keep theirs",
            req->new_script->name, OPERATE_SCRIPT_MAX);
    return err_hint(err, "deploy anew, or restart the VNF: both take the package as it is");
}

const char *operate_script_keep(const struct operate_request *req, struct arena *a)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    struct script_change *change = proto_new(&script_change_type, a);
    change->after = req->new_script;
    change->before = req->old_script;
    proto_encode(&script_change_type, change, PROTO_BASE64, &out);
    return arena_strndup(a, out.s, out.len);
}

void operate_script_add(struct sbuf *body, const struct run_action *a, struct arena *arena)
{
    const char *kept = a->op->steps[0].before;
    struct script_change *change = NULL;
    struct err err = ERR_INIT;
    if (!kept || proto_decode(&script_change_type, kept, strlen(kept), 0, arena, &change, &err))
        return; /* written by us */
    const struct script *script = a->what == RUN_UNDO ? change->before : change->after;
    if (!script)
        return;
    sbuf_adds(body, ",\"script\":");
    proto_encode(&script_type, script, PROTO_COMPLETE, body);
}
