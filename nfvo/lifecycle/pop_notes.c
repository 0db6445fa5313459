/* What a driver says of its PoP to people: VIM_NOTE and VIM_WARNING in the metadata of its refresh. */
#include "nfvo/lifecycle/pop.h"

#include <string.h>

enum { NOTE_MAX = 480 }; /* bytes kept: a driver's text, which is shown in lists and histories */

static const char *taken(struct pop_model *p, const struct vim_instance *got, const char *key)
{
    const char *text = proto_strmap_get(&got->metadata, key);
    size_t n = text ? strlen(text) : 0;
    if (n > NOTE_MAX)
        for (n = NOTE_MAX; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80;)
            n--; /* not within a character */
    return n ? arena_strndup(p->d->arena, text, n) : NULL;
}

void pop_take_notes(struct pop_model *p, const struct vim_instance *got)
{
    p->st->note = taken(p, got, VIM_NOTE);
    p->st->warning = taken(p, got, VIM_WARNING);
}

/* No body, {}, or a null answer: all that some SDKs can say of an empty list (amqp-protocol.md 5.3,
 * TRAP). */
bool pop_says_nothing(const struct driver_reply *reply)
{
    return !reply || (!reply->exception &&
                      (reply->answer.n == 0 || strncmp(reply->answer.at, "null", 4) == 0));
}

enum err_code pop_driver_said(struct pop_model *p, const struct driver_reply *reply,
                              const char *method, struct err *err)
{
    if (reply && reply->exception)
        return err_set(err, ERR_PEER, "%s of PoP '%s' failed: %s", method, p->pop->name,
                       driver_exception_text(reply->exception));
    if (pop_says_nothing(reply))
        return err_set(err, ERR_PEER, "%s of PoP '%s': the driver answered nothing", method,
                       p->pop->name);
    return ERR_OK;
}
