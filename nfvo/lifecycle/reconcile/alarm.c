#include "nfvo/lifecycle/reconcile/alarm.h"

#include "common/base/sbuf.h"
#include "common/base/text.h"
#include "nfvo/lifecycle/notify.h"
#include "nfvo/lifecycle/reconcile/judge.h"
#include "proto/records/manager.h"

#include <string.h>

static void note(struct nsr_model *m, const struct vnfr_member *v, const struct alarm_news *news)
{
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    note_begin(m->d, &doc, EVENT_ALARM);
    note_member(&doc, "vnfr", v ? v->row->key[VNFR_NAME] : NULL);
    note_member(&doc, "host", text_or_null(text_or_empty(news->host)));
    note_member(&doc, "alarm", news->kind);
    note_member(&doc, "what", news->word);
    note_member(&doc, "text", news->text);
    note_end(m->d, &doc);
}

static void emit(struct nsr_model *m, const struct vnfr_member *v, const struct alarm_news *news)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    const char *vnfr = v ? v->row->id : NULL;
    if (!event_is_wanted(m->d, EVENT_ALARM, m->d->root->id) &&
        (!vnfr || !event_is_wanted(m->d, EVENT_ALARM, vnfr)))
        return;
    sbuf_addf(&body, "{\"action\":\"" EVENT_ALARM "\",\"payload\":%s}", news->body);
    event_emit(m->d, EVENT_ALARM, vnfr, &body)->is_of_both = vnfr != NULL;
}

void alarm_take_news(struct nsr_model *m, const struct alarm_news *news)
{
    struct instance_member *i = news->instance ? model_instance_by_id(m, news->instance) : NULL;
    const struct vnfr_member *v = news->vnfr ? model_vnfr_by_id(m, news->vnfr) : NULL;
    bool is_missing =
        drift_parse(news->kind) == DRIFT_SERVER_GONE && strcmp(news->word, "CLEARED") != 0;
    if (i && i->row->phase == INSTANCE_UP && i->st->missing != is_missing) {
        i->st->missing = is_missing;
        row_touch(i->row);
    }
    note(m, v, news);
    emit(m, v, news);
}
