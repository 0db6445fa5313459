#include "nfvo/lifecycle/operation/answers.h"

#include <string.h>

static const char *const words[SDK_N] = {
#define X(name, word) [SDK_##name] = word,
    SDKS(X)
#undef X
};

/* clang-format off */
const struct step_answers_row step_answers_rows[STEP_KIND_N] = {
#define X(step, action_, null_, unknown, c, java, python, go) \
    [STEP_##step] = { .action = ACTION_##action_, .null = NULL_##null_, \
        .manner = { SDK_##unknown, SDK_##c, SDK_##java, SDK_##python, SDK_##go } },
    STEP_ANSWERS(X)
#undef X
};
/* clang-format on */

const char *sdk_word(enum sdk sdk)
{
    return words[sdk];
}

enum sdk sdk_parse(const char *word)
{
    for (int i = 0; word && i < SDK_N; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return SDK_UNKNOWN;
}

enum step_answers step_answers_of(enum step_kind kind, enum sdk sdk)
{
    if (step_kinds[kind].answers != ANSWERS_BY_SDK)
        return step_kinds[kind].answers;
    return step_answers_rows[kind].manner[sdk] == SDK_SILENT ? ANSWERS_OPTIONAL : ANSWERS_REQUIRED;
}

static struct verdict judge_null(const struct step_answers_row *row, enum sdk sdk, bool is_resume)
{
    if (is_resume)
        return (struct verdict){
            .note = "this VNFM cannot resume; retry with repeat, roll back, or release"};
    if (row->manner[sdk] == SDK_UNBUILT)
        return (struct verdict){.note = "the VNFM's SDK does not know this action"};
    if (row->null == NULL_FAULT)
        return (struct verdict){.note = "the VNFM did nothing"};
    return (struct verdict){
        .is_ok = true, .note = row->null == NULL_NOTE ? "acknowledged without a result" : NULL};
}

static bool is_expected(const struct step_answers_row *row, bool is_resume, enum sdk sdk,
                        enum action action)
{
    if (action == row->action || (is_resume && action == ACTION_RESUME))
        return true;
    return action == ACTION_UPDATE && row->manner[sdk == SDK_UNKNOWN ? SDK_GO : sdk] == SDK_UPDATES;
}

struct verdict answer_judge(enum step_kind kind, bool is_resume, enum sdk sdk,
                            enum reply_shape shape, enum action action)
{
    const struct step_answers_row *row = &step_answers_rows[kind];
    if (step_kinds[kind].answers == ANSWERS_ANYTHING)
        return (struct verdict){.is_ok = true,
                                .note = shape == REPLY_ERROR ? "the VNFM answered with an error"
                                        : shape == REPLY_UNREADABLE
                                            ? "the VNFM's answer is unreadable"
                                            : NULL};
    if (shape == REPLY_ERROR || shape == REPLY_UNREADABLE)
        return (struct verdict){
            .note = shape == REPLY_UNREADABLE ? "the VNFM's answer is unreadable" : NULL};
    if (shape == REPLY_NULL)
        return judge_null(row, sdk, is_resume);
    if (!is_expected(row, is_resume, sdk, action))
        return (struct verdict){.note = "the VNFM answered with another action"};
    bool is_hollow =
        row->manner[sdk] == SDK_HOLLOW || (action == ACTION_UPDATE && row->action != ACTION_UPDATE);
    return (struct verdict){.is_ok = true,
                            .ran_nothing = is_hollow && !is_resume,
                            .note = is_hollow && !is_resume ? "the VNFM ran no script" : NULL};
}

const char *sdk_cannot(enum step_kind kind, enum sdk sdk, bool *ret_refuse)
{
    enum sdk_manner manner = step_answers_rows[kind].manner[sdk];
    *ret_refuse = manner == SDK_UNBUILT;
    if (manner == SDK_UNBUILT)
        return "the SDK of its VNFM does not know this action";
    if (manner == SDK_HOLLOW || manner == SDK_UPDATES)
        return "the SDK of its VNFM answers without running a script";
    return NULL;
}
