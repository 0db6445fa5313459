#include "proto/messages/action.h"

#include "proto/records/manager.h"

#include <string.h>

static const char *const words[ACTION_N] = {"",
#define X(word) #word,
                                            ACTIONS(X) ACTIONS_OURS(X)
#undef X
};

const char *const action_words[] = {
#define X(word) #word,
    ACTIONS(X)
#undef X
        NULL};

const char *const event_words[] = {
#define X(word) #word,
    ACTIONS(X)
#undef X
        EVENT_OPERATION,
    EVENT_ALARM, NULL};

const char *const endpoint_type_words[] = {"RABBIT", "REST", "JMS", NULL};

const char *action_word(enum action a)
{
    return (unsigned)a < ACTION_N ? words[a] : "";
}

enum action action_parse(const char *word)
{
    for (int i = 1; word && i < ACTION_N; i++)
        if (strcmp(words[i], word) == 0)
            return (enum action)i;
    return ACTION_NONE;
}
