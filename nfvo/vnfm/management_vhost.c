/* A virtual host goes, and the rights in it before it.
 *
 * RabbitMQ (3.10) drops the rights that are left in one transaction of its own with the virtual
 * host, and logs each of them from inside. With log.exchange = true such a line is a message, whose
 * way waits for locks of other transactions: who deletes a virtual host while others bind queues or
 * delete them stops the broker's database for good. No virtual host is made any more, no queue
 * declared or deleted, until the broker is started anew (tests/support/broker.c: seen after 50
 * deletions). Rights that are taken one by one are logged behind their transaction, and nothing is
 * left for that of the virtual host. */
#include "common/http/client.h"
#include "nfvo/vnfm/management.h"
#include "proto/codec/codec.h"

/* clang-format off */
#define RIGHT_OF_FIELDS(X) X(STR, user, "user", _, OPTIONAL)
PROTO_RECORD(right_of, RIGHT_OF_FIELDS)
/* clang-format on */
#define PROTO_THIS struct right_of
PROTO_RECORD_DEFINE(right_of, RIGHT_OF_FIELDS)
#undef PROTO_THIS

static enum err_code take_right(struct management *m, const char *kind, const char *vhost,
                                const char *user, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    sbuf_addf(&path, "%s/", kind);
    http_percent_encode(&path, vhost);
    sbuf_addc(&path, '/');
    http_percent_encode(&path, user);
    enum err_code rc = management_change(m, "DELETE", path.s, NULL, err);
    return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

/* kind: "permissions" or "topic-permissions". */
static enum err_code take_rights(struct management *m, const char *kind, const char *vhost,
                                 struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    struct http_response res = HTTP_RESPONSE_INIT;
    struct right_of_list list = {0};
    sbuf_adds(&path, "vhosts/");
    http_percent_encode(&path, vhost);
    sbuf_addf(&path, "/%s", kind);
    enum err_code rc = management_call(m, "GET", path.s, NULL, &res, err);
    if (rc == ERR_OK && proto_decode_list(&right_of_type, res.body.s, res.body.len, &a, &list,
                                          err) != ERR_OK) { /* a proxy, or half an answer */
        err_add(err, "the broker's list of %s in '%s'", kind, vhost);
        rc = ERR_UNAVAIL;
    }
    for (uint32_t i = 0; rc == ERR_OK && i < list.n; i++)
        if (list.at[i]->user)
            rc = take_right(m, kind, vhost, list.at[i]->user, err);
    http_response_release(&res);
    return rc;
}

enum err_code management_delete_vhost(struct management *m, const char *vhost, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    enum err_code rc = take_rights(m, "topic-permissions", vhost, err);
    if (rc == ERR_OK)
        rc = take_rights(m, "permissions", vhost, err);
    sbuf_adds(&path, "vhosts/");
    http_percent_encode(&path, vhost);
    if (rc == ERR_OK)
        rc = management_change(m, "DELETE", path.s, NULL, err);
    return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}
