/* The real REST API on a loopback port, over a schema of its own, with a fake engine behind. */
#ifndef TESTS_SUPPORT_API_FIXTURE_H
#define TESTS_SUPPORT_API_FIXTURE_H

#include "common/http/client.h"
#include "nfvo/api/api.h"
#include "nfvo/audit/audit.h"
#include "nfvo/store/store.h"
#include "tests/support/database.h"
#include "tests/support/fake_engine.h"

#define FIXTURE_PASSWORD "Admin-1-password"

struct api_fixture {
    struct test_schema *schema;
    struct db *db; /* the test's own */
    struct store_options store_options;
    struct store *store;
    struct audit_options audit_options;
    struct audit *audit;
    struct fake_engine *engine;
    struct api_options options;
    struct api *api;
    struct http_client *client;
    char directory[64], key_path[96], password_path[96], audit_path[96];
    char token[64], project[64]; /* of the next calls; "" none */
    const char *idempotency_key; /* NULL: none */
    const char *if_match;        /* NULL: none */
    const char *from;            /* address that the next calls come from; NULL: 127.0.0.1 */
    struct http_response res;
    struct err err; /* of the last call */
};

struct api_fixture *api_fixture_new(void); /* logged in as admin, in project default */
void api_fixture_free(struct api_fixture *f);
/* With what f->options say now of what is read once. */
void api_fixture_reopen(struct api_fixture *f);

/* One request. Returns the status; the body is f->res.body. body NULL: none. */
int api_call(struct api_fixture *f, const char *method, const char *path, const char *body);
/* POST of a file as the part `file` of multipart/form-data, as the CLI of the reference does. */
int api_upload(struct api_fixture *f, const char *path, const void *data, size_t len);
/* POST /oauth/token with this form. */
int api_login(struct api_fixture *f, const char *form);
int api_oauth(struct api_fixture *f, const char *path, const char *form); /* of the other paths */
/* The text of the first member of that name in the answer: "id" -> the string's content. Lives
 * until the fourth next call. NULL: none. */
const char *api_member(struct api_fixture *f, const char *name);
/* A user with one role, through the store. */
void api_add_user(struct api_fixture *f, const char *name, const char *role, const char *project);

/* Logs in as one of them (or "admin"): the token of the next calls. */
void api_be(struct api_fixture *f, const char *name);

/* A token that goes on beside others: of the last login; and into the next calls. */
void api_keep_token(struct api_fixture *f, char ret[64]);
void api_use_token(struct api_fixture *f, const char *token);
/* POST that answers 201; its id into id[64]. */
void api_make(struct api_fixture *f, const char *path, const char *body, char *id);
/* A short text, good until the fourth next one. */
const char *api_text(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* --- of tests with `struct api_fixture *f = *state` --- */

int api_fixture_setup(void **state);
int api_fixture_teardown(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, api_fixture_setup, api_fixture_teardown)

#define LOGIN "grant_type=password&username=" /* of the form of a login: name, &password= */
/* The call answers with this status; the body has this text, or has not. */
#define WANT(status, ...)                                                                          \
    do {                                                                                           \
        int got_ = (__VA_ARGS__);                                                                  \
        if (got_ != (status))                                                                      \
            print_error("%s: %s\n", f->err.msg, f->res.body.s);                                    \
        assert_int_equal(got_, status);                                                            \
    } while (0)
#define HAS(text)                                                                                  \
    do {                                                                                           \
        if (!strstr(f->res.body.s, text))                                                          \
            print_error("no %s in: %s\n", text, f->res.body.s);                                    \
        assert_non_null(strstr(f->res.body.s, text));                                              \
    } while (0)
#define HAS_NOT(text)                                                                              \
    do {                                                                                           \
        if (strstr(f->res.body.s, text))                                                           \
            print_error("%s in: %s\n", text, f->res.body.s);                                       \
        assert_null(strstr(f->res.body.s, text));                                                  \
    } while (0)

#endif
