/* /baton/alarms: what is wrong with what is there (nfvo/reconcile raises and clears them). Members
 * and the acknowledgement are ETSI's (SOL003 7.4). */
#include <string.h>

#include "common/base/text.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/api/request/list.h"
#include "nfvo/store/store_alarm.h"
#include "proto/records/alarm.h"

#define BASE "/api/v1/baton/alarms"

#define ALARM_BODY_FIELDS(X) X(STR, ack_state, "ackState", _, REQUIRED)
PROTO_RECORD(alarm_body, ALARM_BODY_FIELDS)
#define PROTO_THIS struct alarm_body
PROTO_RECORD_DEFINE(alarm_body, ALARM_BODY_FIELDS)
#undef PROTO_THIS

static enum err_code alarm_get(struct call *c, struct err *err)
{
    return store_alarm_get(call_db(c), call_param(c, "id"), c->project, &c->out, err);
}

static enum err_code alarm_change(struct call *c, struct err *err)
{
    struct alarm_body *body;
    enum err_code rc = call_body(c, &alarm_body_type, &body, err);
    if (rc != ERR_OK)
        return rc;
    bool is_acked = text_equal(body->ack_state, "ACKNOWLEDGED");
    if (!is_acked && !text_equal(body->ack_state, "UNACKNOWLEDGED")) {
        err_set(err, ERR_INVALID, "ackState must be ACKNOWLEDGED or UNACKNOWLEDGED");
        return err_where(err, "ackState");
    }
    rc = store_alarm_ack(call_db(c), call_param(c, "id"), c->project,
                         is_acked ? session_user(c->session)->username : NULL, err);
    return rc == ERR_OK ? alarm_get(c, err) : rc;
}

/* clang-format off */
const struct endpoint alarm_endpoints[] = {
    {"GET",   BASE,         list_answer,  200, API_PROJECT | LIST(ALARM), "List the alarms: state=open|cleared, severity, kind, nsr, pop, host, ack=yes|no"},
    {"GET",   BASE "/{id}", alarm_get,    200, API_PROJECT, "Show an alarm"},
    {"PATCH", BASE "/{id}", alarm_change, 200, API_PROJECT, "Acknowledge an alarm: {\"ackState\":\"ACKNOWLEDGED\"}; that of a suspected outage lets healing go on"},
    {0},
};
/* clang-format on */
