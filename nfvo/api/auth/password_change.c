/* PUT /users/changepwd: rest-api.md 2.8. The old password is asked for as a login asks for it, with
 * the same counts (login_throttle.h): who has only stolen a token cannot try passwords faster than
 * at the front door. */
#include <sodium.h>
#include <string.h>

#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/api/auth/login_throttle.h"
#include "nfvo/api/auth/password.h"
#include "nfvo/api/auth/password_job.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/store/store_access.h"
#include "proto/records/manager.h"

#define USERS "/api/v1/users"

#define PASSWORD_CHANGE_FIELDS(X)                                                                  \
    X(STR, old_password, "old_pwd", _, SECRET)                                                     \
    X(STR, new_password, "new_pwd", _, SECRET)
PROTO_RECORD(password_change, PASSWORD_CHANGE_FIELDS)
#define PROTO_THIS struct password_change
PROTO_RECORD_DEFINE(password_change, PASSWORD_CHANGE_FIELDS)
#undef PROTO_THIS

struct change {
    struct password_change *body;
    const char *id, *name;        /* whose password it is; id: one's own only */
    char client[NET_CLIENT_SIZE]; /* one's own only */
};

/* Ends the tokens of that user: who had the old password had them too. */
static enum err_code set_password(struct password_job *j, const struct store_person *person,
                                  struct err *err)
{
    char hash[PASSWORD_HASH_SIZE];
    const struct change *change = j->arg;
    const char *password = change->body->new_password;
    enum err_code rc = password_check(j->work.api, person->name, password, "new_pwd", err);
    if (rc == ERR_OK)
        rc = password_hash(password, hash, err);
    return rc == ERR_OK ? store_person_password(call_db(&j->work), person->id, hash, err) : rc;
}

static enum err_code start(struct call *c, struct password_job **ret, struct err *err)
{
    struct password_job *j = password_job_new(c);
    struct change *change = arena_alloc(&j->work.arena, sizeof(*change));
    enum err_code rc = call_body(&j->work, &password_change_type, &change->body, err);
    if (rc != ERR_OK) {
        password_job_free(j);
        return rc;
    }
    j->arg = change;
    *ret = j;
    return ERR_OK;
}

/* --- one's own ------------------------------------------------------------------------------ */

struct found {
    struct store_person person;
    struct store_login_standing standing;
};

/* Whoever it is now: it may have waited, and been deleted or disabled meanwhile. */
static enum err_code find(struct password_job *j, struct found *f, struct err *err)
{
    const struct change *change = j->arg;
    bool is_there = false;
    enum err_code rc = store_login_find(call_db(&j->work), change->name, change->client,
                                        &j->work.arena, &f->person, &is_there, &f->standing, err);
    if (rc == ERR_OK &&
        (!is_there || !f->person.is_enabled || strcmp(f->person.id, change->id) != 0))
        rc = err_set(err, ERR_DENIED, "Access is denied");
    return rc;
}

static enum err_code too_early(struct call *c, int64_t wait_us, struct err *err)
{
    atomic_fetch_add(&c->api->logins_refused, 1);
    c->retry_after_s = (int)((wait_us + USEC_PER_SEC - 1) / USEC_PER_SEC);
    c->fail_status = 429;
    err_set(err, ERR_LIMIT, "too many wrong passwords from your address");
    return err_hint(err, "try again in %d s", c->retry_after_s);
}

static bool is_old_password(struct password_job *j, const struct found *f)
{
    struct err err = ERR_INIT;
    const struct change *change = j->arg;
    atomic_fetch_add(&j->work.api->logins_hashed, 1);
    if (password_verify(f->person.password, change->body->old_password))
        return true;
    if (store_login_failed(call_db(&j->work), change->name, f->person.id, change->client,
                           f->standing.is_known, &err) != ERR_OK)
        log_error(LOG_SEC, "login_failure_not_counted", KV_ERR(&err));
    return false;
}

/* From where the user came is forgotten; but who has just given the old password came from here. */
static enum err_code change_own_job(struct password_job *j, struct err *err)
{
    struct found f;
    const struct change *change = j->arg;
    enum err_code rc = find(j, &f, err);
    password_job_rest(j);
    if (rc != ERR_OK)
        return rc;
    int64_t wait_us = login_wait_us(&f.standing);
    if (wait_us > 0 && login_is_held(&f.standing)) {
        j->hold_us = login_hold_us(wait_us, randombytes_random());
        j->penalty = login_penalty(&f.standing);
        return ERR_OK;
    }
    if (wait_us > 0)
        return too_early(&j->work, wait_us, err);
    if (!is_old_password(j, &f))
        return err_set(err, ERR_DENIED, "Old password is wrong.");
    password_job_rest(j);
    rc = set_password(j, &f.person, err);
    if (rc == ERR_OK)
        rc = store_login_succeeded(call_db(&j->work), f.person.id, change->client, err);
    return rc;
}

/* Who comes too early gets no place in the queue. */
static enum err_code park_own(struct call *c, struct password_job *j, struct err *err)
{
    struct found f;
    struct change *change = j->arg;
    change->id = arena_strdup(&j->work.arena, session_user(c->session)->id);
    change->name = arena_strdup(&j->work.arena, session_user(c->session)->username);
    net_client(c->from, change->client);
    enum err_code rc = find(j, &f, err);
    password_job_rest(j);
    if (rc != ERR_OK)
        return rc;
    if (!change->body->old_password)
        return err_set(err, ERR_DENIED, "Old password is wrong.");
    int64_t wait_us = login_wait_us(&f.standing);
    if (wait_us > 0 && !login_is_held(&f.standing))
        return too_early(c, wait_us, err);
    const char *who = f.standing.is_known
                          ? arena_printf(&j->work.arena, "%s %s", f.person.id, change->client)
                          : change->client; /* as login.c */
    password_job_park(c, j, who, login_penalty(&f.standing), change_own_job);
    return ERR_OK;
}

static enum err_code change_own(struct call *c, struct err *err)
{
    struct password_job *j;
    if (session_is_service(c->session))
        return err_set(err, ERR_DENIED, "a service has no password, but a key");
    enum err_code rc = start(c, &j, err);
    if (rc != ERR_OK)
        return rc;
    rc = park_own(c, j, err);
    if (rc != ERR_OK)
        password_job_free(j);
    return rc;
}

/* --- another's ------------------------------------------------------------------------------ */

static enum err_code change_other_job(struct password_job *j, struct err *err)
{
    struct store_person person;
    const struct change *change = j->arg;
    enum err_code rc =
        store_person_find(call_db(&j->work), change->name, &j->work.arena, &person, err);
    password_job_rest(j);
    return rc == ERR_OK ? set_password(j, &person, err) : rc;
}

static enum err_code change_other(struct call *c, struct err *err)
{
    struct password_job *j;
    enum err_code rc = start(c, &j, err);
    if (rc != ERR_OK)
        return rc;
    struct change *change = j->arg;
    change->name = arena_strdup(&j->work.arena, call_param(c, "username"));
    password_job_park(c, j, password_job_who(c, j), 0, change_other_job);
    return ERR_OK;
}

/* clang-format off */
const struct endpoint password_endpoints[] = {
    {"PUT",  USERS "/changepwd",            change_own,   202, API_ANY_PROJECT | API_OWN,   "Change one's own password"},
    {"PUT",  USERS "/changepwd/{username}", change_other, 202, API_ADMIN | API_ANY_PROJECT, "Change the password of a user"},
    {0},
};
/* clang-format on */
