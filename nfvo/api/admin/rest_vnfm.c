/* /admin/v1/vnfm-*: VNFMs over HTTP register, and speak. rest-api.md 2.12, decisions.md D10, D21. What
 * they say goes the way of every VNFM's message: nfvo/vnfm/rest.h. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/http/dial.h"
#include "nfvo/api/auth/credentials.h"
#include "nfvo/api/context.h"
#include "nfvo/api/request/rest_vnfm.h"
#include "nfvo/store/store_vnfm_rest.h"
#include "nfvo/vnfm/rest.h"
#include "proto/messages/vnfm_or.h"
#include "proto/records/manager.h"
#include "proto/topology.h"

#include "common/base/text.h"

#define URL_MAX 512

/* --- who may call (in front of the body) ---------------------------------------------------- */

static bool is_token(const struct api *api, const char *said)
{
    const char *wanted = api->options->rest_vnfm_token;
    unsigned char one[crypto_generichash_BYTES], other[crypto_generichash_BYTES];
    if (!said)
        return false;
    crypto_generichash(one, sizeof(one), (const unsigned char *)said, strlen(said), NULL, 0);
    crypto_generichash(other, sizeof(other), (const unsigned char *)wanted, strlen(wanted), NULL,
                       0);
    return sodium_memcmp(one, other, sizeof(one)) == 0;
}

/* An address says who calls only if nobody stands in between: a page in a browser of a machine that
 * is let in calls from there (POST of text/plain asks nobody before, and always has an Origin), and
 * so does a proxy, for all the world, unless it is known and says for whom. */
static enum err_code check_direct(const struct call *c, struct err *err)
{
    static const char *const by_proxies[] = {"X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"};
    const char *peer = http_request_peer(c->req);
    bool is_told = http_request_header(c->req, by_proxies[0]) && peer &&
                   net_list_has(&c->api->trusted_proxies, peer);
    if (http_request_header(c->req, "Origin")) {
        err_set(err, ERR_DENIED, "a web page is no VNFM");
        return err_hint(err, "a VNFM sends no header Origin");
    }
    for (size_t i = 0; !is_told && i < ARRAY_LEN(by_proxies); i++)
        if (http_request_header(c->req, by_proxies[i])) {
            err_set(err, ERR_DENIED, "it came through a proxy, which does not say for whom (%s)",
                    by_proxies[i]);
            return err_hint(err, "call nfvo itself, or have the proxy send X-Forwarded-For and "
                                 "name it in option trusted-proxies of nfvo");
        }
    return ERR_OK;
}

enum err_code rest_vnfm_admit(const struct call *c, struct err *err)
{
    const struct api *api = c->api;
    const char *token = api->options->rest_vnfm_token;
    enum err_code rc = check_direct(c, err);
    if (rc != ERR_OK)
        return rc;
    if (!net_list_has(&api->rest_vnfm_networks, c->from)) {
        err_set(err, ERR_DENIED, "VNFMs are not let in from %s", c->from);
        return err_hint(err, "add its network to option rest-vnfm-networks of nfvo");
    }
    if (token && *token &&
        !is_token(api, credentials_bearer(http_request_header(c->req, "Authorization")))) {
        err_set(err, ERR_DENIED, "the token of VNFMs is missing, or another one");
        return err_hint(err, "Authorization: Bearer, and what option rest-vnfm-token of nfvo says");
    }
    return ERR_OK;
}

/* --- registering ---------------------------------------------------------------------------- */

static enum err_code wrong(const char *member, struct err *err)
{
    err_add(err, "%s", member);
    return err_where(err, "%s", member);
}

/* The base of its URLs: what is behind it is ours to say, and who it is, not. */
static enum err_code check_url(struct call *c, struct vnfm_endpoint *e, struct err *err)
{
    size_t len = strlen(e->endpoint);
    while (len > 0 && e->endpoint[len - 1] == '/')
        len--;
    e->endpoint = arena_strndup(&c->arena, e->endpoint, len);
    if (len > URL_MAX)
        err_set(err, ERR_INVALID, "is longer than %d bytes", URL_MAX);
    else if (strpbrk(e->endpoint, "@?#"))
        err_set(err, ERR_INVALID, "is not the plain base of URLs: no login, query or fragment");
    else if (dial_check_url(c->api->host->dial, e->endpoint, err) == ERR_OK)
        return ERR_OK;
    if (err->code == ERR_DENIED)
        err->code = ERR_INVALID;
    return wrong("endpoint", err);
}

static enum err_code read_endpoint(struct call *c, struct vnfm_endpoint **ret, struct err *err)
{
    struct vnfm_endpoint *e = NULL;
    enum err_code rc = call_body(c, &vnfm_endpoint_type, &e, err);
    if (rc == ERR_OK && (rc = proto_validate(&vnfm_endpoint_type, e, err)) != ERR_OK)
        c->fail_status = 400;
    if (rc != ERR_OK)
        return rc;
    if (e->endpoint_type && strcmp(e->endpoint_type, "REST") != 0) {
        err_set(err, ERR_INVALID, "'%s' does not register here", e->endpoint_type);
        err_hint(err, "REST; VNFMs on the broker register there");
        return wrong("endpointType", err);
    }
    if (!topology_is_plain(e->type)) {
        err_set(err, ERR_INVALID, "'%.64s' is not allowed", e->type);
        err_hint(err, "letters, digits, '.', '-' and '_', at most 200");
        return wrong("type", err);
    }
    e->endpoint_type = "REST";
    *ret = e;
    return ERR_OK;
}

static void changed(const struct call *c)
{
    if (c->api->host->rest_vnfms)
        rest_vnfms_changed(c->api->host->rest_vnfms);
}

static enum err_code vnfm_register(struct call *c, struct err *err)
{
    struct vnfm_endpoint *e;
    bool is_new = false;
    enum err_code rc = read_endpoint(c, &e, err);
    if (rc == ERR_OK)
        rc = check_url(c, e, err);
    if (rc != ERR_OK)
        return rc;
    e->id = call_new_id(c);
    e->room = NULL;
    rc = store_vnfm_rest_put(call_db(c), e, &is_new, err);
    if (rc == ERR_OK && is_new)
        changed(c);
    return rc;
}

static enum err_code vnfm_unregister(struct call *c, struct err *err)
{
    struct vnfm_endpoint *e;
    enum err_code rc = read_endpoint(c, &e, err);
    if (rc == ERR_OK)
        rc = check_url(c, e, err);
    if (rc == ERR_OK)
        rc = store_vnfm_rest_leave(call_db(c), e->type, e->endpoint, err);
    if (rc == ERR_OK)
        changed(c);
    return rc;
}

/* --- speaking ------------------------------------------------------------------------------- */

/* Of which service and VNF it speaks: not of another's. */
static enum err_code check_author(struct call *c, const struct vnfm_or *msg, struct err *err)
{
    const struct vnfr *record = msg->record;
    const char *nsr = record && record->parent_ns_id ? record->parent_ns_id : msg->nsr_id;
    bool may = false;
    if (!nsr || !*nsr) {
        c->fail_status = 400;
        err_set(err, ERR_INVALID, "names no network service");
        return err_where(err, "virtualNetworkFunctionRecord.parent_ns_id");
    }
    enum err_code rc =
        store_vnfm_rest_may_speak(call_db(c), nsr, record ? text_or_empty(record->id) : "",
                                  record ? text_or_empty(record->name) : "", &may, err);
    if (rc == ERR_OK && !may) {
        err_set(err, ERR_DENIED, "%s of a VNF that no VNFM over HTTP serves", msg->action);
        return err_hint(err, "its VNFM has to register here first: POST /admin/v1/vnfm-register");
    }
    return rc;
}

static enum err_code read_message(struct call *c, enum action only, enum action *ret,
                                  struct err *err)
{
    struct vnfm_or *msg = NULL;
    enum err_code rc = call_body(c, &vnfm_or_type, &msg, err);
    if (rc == ERR_OK && (rc = proto_validate(&vnfm_or_type, msg, err)) != ERR_OK)
        c->fail_status = 400;
    if (rc != ERR_OK)
        return rc;
    enum action action = action_parse(msg->action);
    if (action == ACTION_NONE || (only != ACTION_NONE && action != only)) {
        c->fail_status = 400;
        err_set(err, ERR_INVALID, "'%.40s' is not for this path", msg->action);
        return wrong("action", err);
    }
    *ret = action;
    return check_author(c, msg, err);
}

struct said {
    struct pending *pending;
    bool has_body;
};

/* The reference's answers to vnfm-core-actions(-reply) have no body. */
static void answered(void *arg, const struct err *err, const char *body, size_t len)
{
    struct said *s = arg;
    struct sbuf out = SBUF_INIT;
    if (err && err->code != ERR_OK)
        pending_fail(s->pending, 0, err);
    else {
        if (s->has_body)
            sbuf_add(&out, body, len);
        pending_done(s->pending, NULL, &out);
    }
    free(s);
}

/* The NFVO answers these; to what only tells something there is no answer that a caller could wait
 * for. */
static bool is_question(enum action a)
{
    return a == ACTION_GRANT_OPERATION || a == ACTION_ALLOCATE_RESOURCES || a == ACTION_SCALING ||
           a == ACTION_UPDATEVNFR;
}

static enum err_code say(struct call *c, enum action only, bool wants_answer, bool has_body,
                         struct err *err)
{
    struct rest_vnfms *r = c->api->host->rest_vnfms;
    struct err fallback = ERR_INIT;
    enum action action = ACTION_NONE;
    enum err_code rc = read_message(c, only, &action, err);
    if (rc != ERR_OK)
        return rc;
    if (!r)
        return err_set(err, ERR_UNAVAIL, "VNFMs over HTTP are not served by this process");
    err_set(&fallback, ERR_TIMEOUT, "the NFVO has no answer");
    err_hint(&fallback, "ask again: what was begun goes on");
    struct said *s = malloc(sizeof(*s));
    if (!s)
        return err_set(err, ERR_NOMEM, "a call of a VNFM");
    const char *body = c->req->body;
    size_t len = c->req->body_len;
    AUTO(sbuf_release) struct sbuf copy = SBUF_INIT;
    sbuf_add(&copy, body, len); /* the request's is gone once it is parked */
    s->has_body = has_body;
    s->pending = call_park(c, REST_VNFM_ANSWER_MS, &fallback, NULL);
    rest_vnfms_say(r, wants_answer && is_question(action), copy.s, copy.len, answered, s);
    return ERR_OK;
}

static enum err_code core_actions(struct call *c, struct err *err)
{
    return say(c, ACTION_NONE, false, false, err);
}

static enum err_code core_actions_reply(struct call *c, struct err *err)
{
    return say(c, ACTION_NONE, true, false, err);
}

static enum err_code core_grant(struct call *c, struct err *err)
{
    return say(c, ACTION_GRANT_OPERATION, true, true, err);
}

static enum err_code core_allocate(struct call *c, struct err *err)
{
    return say(c, ACTION_ALLOCATE_RESOURCES, true, true, err);
}

static enum err_code core_scale(struct call *c, struct err *err)
{
    return say(c, ACTION_SCALING, true, true, err);
}

/* clang-format off */
#define ROW(path, fn, status, summary) {"POST", "/admin/v1/" path, fn, status, API_OPEN | API_VNFM, summary},

const struct endpoint rest_vnfm_endpoints[] = {
    ROW("vnfm-register",           vnfm_register,      201, "A VNFM registers, to be called over HTTP")
    ROW("vnfm-unregister",         vnfm_unregister,    200, "It leaves")
    ROW("vnfm-core-actions",       core_actions,       200, "It tells what became of a request")
    ROW("vnfm-core-actions-reply", core_actions_reply, 200, "The same, answered when it was considered")
    ROW("vnfm-core-grant",         core_grant,         202, "It asks for a grant; the answer is an Or-Vnfm message")
    ROW("vnfm-core-allocate",      core_allocate,      202, "It asks for servers")
    ROW("vnfm-core-scale",         core_scale,         202, "It asks for one more server")
    {0},
};
/* clang-format on */
