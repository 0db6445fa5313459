/* The real REST API on a loopback port, over a schema of its own, with a fake engine behind. */
#ifndef TESTS_SUPPORT_API_FIXTURE_H
#define TESTS_SUPPORT_API_FIXTURE_H

#include "common/http/client.h"
#include "nfvo/api/api.h"
#include "nfvo/store/store.h"
#include "tests/support/database.h"
#include "tests/support/fake_engine.h"

#define FIXTURE_PASSWORD "Admin-1-password"

struct api_fixture {
    struct test_schema *schema;
    struct db *db; /* the test's own */
    struct store_options store_options;
    struct store *store;
    struct fake_engine *engine;
    struct api_options options;
    struct api *api;
    struct http_client *client;
    char directory[64], key_path[96], password_path[96];
    char token[64], project[64]; /* of the next calls; "" none */
    struct http_response res;
    struct err err; /* of the last call */
};

struct api_fixture *api_fixture_new(void); /* logged in as admin, in project default */
void api_fixture_free(struct api_fixture *f);

/* One request. Returns the status; the body is f->res.body. body NULL: none. */
int api_call(struct api_fixture *f, const char *method, const char *path, const char *body);
/* POST of a file as the part `file` of multipart/form-data, as the CLI of the reference does. */
int api_upload(struct api_fixture *f, const char *path, const void *data, size_t len);
/* POST /oauth/token with this form. */
int api_login(struct api_fixture *f, const char *form);
/* The text of the first member of that name in the answer: "id" -> the string's content. Lives
 * until the fourth next call. NULL: none. */
const char *api_member(struct api_fixture *f, const char *name);
/* A user with one role, through the store. */
void api_add_user(struct api_fixture *f, const char *name, const char *role, const char *project);

#endif
