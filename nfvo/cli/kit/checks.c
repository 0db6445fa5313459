#include "nfvo/cli/kit/kit.h"

#include "common/base/mem.h"

static void add_failure(struct kit *k, enum kit_rule rule, const struct kit_ask *a, const char *fmt,
                        va_list ap)
{
    AUTO(sbuf_release) struct sbuf what = SBUF_INIT;
    sbuf_vaddf(&what, fmt, ap);
    if (k->scenario[0])
        sbuf_addf(&what, " (%s)", k->scenario);
    kit_report_fail(k->report, rule, a ? a->sent : NULL, a ? a->got : NULL, what.s);
}

void kit_fail(struct kit *k, enum kit_rule rule, const struct kit_ask *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add_failure(k, rule, a, fmt, ap);
    va_end(ap);
}

bool kit_check(struct kit *k, enum kit_rule rule, bool is_right, const struct kit_ask *a,
               const char *fmt, ...)
{
    va_list ap;
    if (is_right) {
        kit_report_pass(k->report, rule);
        return true;
    }
    va_start(ap, fmt);
    add_failure(k, rule, a, fmt, ap);
    va_end(ap);
    return false;
}

void kit_skip(struct kit *k, enum kit_rule rule, const char *reason)
{
    kit_report_skip(k->report, rule, reason);
}

const char *kit_text(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    return text ? text : "";
}

const char *kit_action(const json_t *answer)
{
    return json_is_null(answer) ? "" : json_string_value(json_object_get(answer, "action"));
}

bool kit_is_error(const json_t *answer)
{
    return strcmp(kit_text(answer, "action"), "ERROR") == 0;
}

/* An empty body is null of a VNFM, and of a driver an empty list: told where it stands for one. */
void kit_check_answer(struct kit *k, const struct kit_ask *a)
{
    bool is_vnfm = k->o->whose == KIT_VNFM;
    bool is_json = json_is_object(a->answer) || json_is_null(a->answer) || a->got_len == 0;
    bool has_id = a->correlation_id && strcmp(a->correlation_id, a->id) == 0;
    kit_check(k, KIT_ANSWER_JSON_RULE, is_json, a, "the answer is neither a JSON object nor null");
    kit_check(k, KIT_CONTENT_TYPE_RULE, a->content_type && strncmp(a->content_type, "text", 4) == 0,
              a, "content_type is '%s'", a->content_type ? a->content_type : "");
    kit_check(k, is_vnfm ? KIT_CORRELATION_RULE : KIT_CORRELATION_DRIVER_RULE, has_id, a,
              "correlation_id is '%s', not '%s'", a->correlation_id ? a->correlation_id : "",
              a->id);
}

bool kit_check_vnfm(struct kit *k, enum kit_rule rule, const struct kit_ask *a, const char *action,
                    const char *record_id)
{
    const char *said = kit_action(a->answer);
    const json_t *record = json_object_get(a->answer, "virtualNetworkFunctionRecord");
    if (!said || strcmp(said, action) != 0) {
        kit_fail(k, rule, a, "answered %s%s%s, not %s", said && *said ? "'" : "",
                 said && *said             ? said
                 : said || a->got_len == 0 ? "null"
                                           : "without an action",
                 said && *said ? "'" : "", action);
        return false;
    }
    if (!json_is_object(record)) {
        kit_fail(k, rule, a, "the answer has no virtualNetworkFunctionRecord");
        return false;
    }
    kit_report_pass(k->report, rule);
    return kit_check(k, KIT_RECORD_ID_RULE, strcmp(kit_text(record, "id"), record_id) == 0, a,
                     "the answer to %s has record '%s', not '%s'", action, kit_text(record, "id"),
                     record_id);
}

const json_t *kit_driver_answer(struct kit *k, enum kit_rule rule, const struct kit_ask *a,
                                const char **ret_exception)
{
    static json_t *nothing;
    const json_t *answer = json_object_get(a->answer, "answer");
    const json_t *exception = json_object_get(a->answer, "exception");
    const char *text = json_string_value(json_object_get(exception, "detailMessage"));
    *ret_exception = NULL;
    if (!nothing)
        nothing = json_null();
    bool is_form = json_is_object(a->answer) && !(answer && exception) &&
                   (!exception || text != NULL) &&
                   (answer || exception || json_object_size(a->answer) == 0);
    if (a->got_len > 0)
        kit_check(k, KIT_METHOD_ANSWER_RULE, is_form, a,
                  answer && exception ? "answer and exception at once"
                  : exception         ? "an exception without a text detailMessage"
                                      : "neither answer nor exception");
    if (exception) {
        *ret_exception = text ? text : "";
        if (rule < KIT_RULE_N)
            kit_fail(k, rule, a, "an exception: %s", *ret_exception);
        return NULL;
    }
    return answer ? answer : nothing;
}
