#include "nfvo/api/request/audited.h"

#include <string.h>

#include "nfvo/api/auth/session.h"
#include "proto/records/manager.h"

void audited_write(const struct call *c, struct audit_record record)
{
    if (!record.who && c->session)
        record.who = session_user(c->session)->username;
    if (!record.from)
        record.from = c->from;
    if (!record.project)
        record.project = c->project;
    audit_write(c->api->audit, &record);
}

/* A question changes nothing, in whatever method the reference asks it. */
static bool is_read(const struct endpoint *e)
{
    return strcmp(e->method, "GET") == 0 || strcmp(e->method, "HEAD") == 0 || e->flags & API_READS;
}

struct request {
    struct audit *audit;
    const struct endpoint *endpoint;
    const char *who, *from, *path, *project, *made;
    bool is_plan;
};

static void write_request(const struct request *r, int status, const char *body,
                          const struct err *err)
{
    AUTO(sbuf_release) struct sbuf what = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf object = SBUF_INIT;
    bool is_refused = err && (err->code == ERR_AUTH || err->code == ERR_DENIED);
    if (!is_refused && (!r->who || r->is_plan || is_read(r->endpoint)))
        return;
    sbuf_addf(&what, "%s %s", r->endpoint->method, r->endpoint->path);
    if (r->made && status < 300)
        sbuf_adds(&object, r->made);
    else
        reply_object(&object, r->endpoint, r->path, status, body);
    audit_write(r->audit, &(struct audit_record){
                              .kind = is_refused ? AUDIT_REFUSAL : AUDIT_CHANGE,
                              .outcome = is_refused     ? AUDIT_REFUSED
                                         : status < 400 ? AUDIT_OK
                                                        : AUDIT_FAILED,
                              .who = r->who,
                              .from = r->from,
                              .what = what.s,
                              .object = object.s,
                              .project = r->project,
                              .detail = err && status >= 400 ? err->msg : NULL,
                              .status = status,
                          });
}

/* The token in an error of ERR_AUTH is the client's: it may be one that is good elsewhere. */
void audited_call(const struct call *c, int status, const char *body, const struct err *err)
{
    struct err shown = ERR_INIT;
    if (err && err->code == ERR_AUTH) {
        err_set(&shown, ERR_AUTH, "no valid token");
        err = &shown;
    }
    write_request(&(struct request){.audit = c->api->audit,
                                    .endpoint = c->endpoint,
                                    .who = c->session ? session_user(c->session)->username : NULL,
                                    .from = c->from,
                                    .path = c->req->path,
                                    .made = c->made,
                                    .is_plan = c->is_plan,
                                    .project = c->project},
                  status, body, err);
}

void audited_pending(const struct pending *p, int status, const char *body, const struct err *err)
{
    write_request(&(struct request){.audit = p->api->audit,
                                    .endpoint = p->endpoint,
                                    .who = p->username[0] ? p->username : NULL,
                                    .from = p->from,
                                    .path = p->path,
                                    .made = p->made,
                                    .is_plan = p->is_plan,
                                    .project = p->project},
                  status, body, err);
}
