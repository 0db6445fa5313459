/* Who sees and ends which subscriptions. */
#include "tests/support/api_fixture.h"
#include "tests/support/nfvo_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define EVENTS "/api/v1/events"
#define BODY(name, project)                                                                        \
    "{\"name\":\"" name "\",\"type\":\"RABBIT\",\"endpoint\":\"nfvo.event." name                   \
    "\",\"event\":\"INSTANTIATE_FINISH\"" project "}"

static void those_of_all_projects_are_administrators(void **state)
{
    struct api_fixture *f = *state;
    char of_all[64], of_one[64], admin[64];
    snprintf(admin, sizeof(admin), "%s", f->token);
    WANT(201, api_call(f, "POST", EVENTS, BODY("one", "")));
    snprintf(of_one, sizeof(of_one), EVENTS "/%.36s", api_member(f, "id"));
    WANT(201, api_call(f, "POST", EVENTS, BODY("all", ",\"projectId\":\"*\"")));
    snprintf(of_all, sizeof(of_all), EVENTS "/%.36s", api_member(f, "id"));
    api_add_user(f, "eve", "USER", "default");
    WANT(200, api_login(f, "grant_type=password&username=eve&password=" FIXTURE_PASSWORD));
    snprintf(f->token, sizeof(f->token), "%s", api_member(f, "value"));
    WANT(200, api_call(f, "GET", EVENTS, NULL));
    assert_non_null(strstr(f->res.body.s, "\"one\""));
    assert_null(strstr(f->res.body.s, "\"all\""));
    WANT(200, api_call(f, "GET", of_one, NULL));
    WANT(404, api_call(f, "GET", of_all, NULL));
    WANT(404, api_call(f, "DELETE", of_all, NULL));
    WANT(403, api_call(f, "POST", EVENTS, BODY("mine", ",\"projectId\":\"*\"")));
    WANT(403, api_call(f, "POST", EVENTS, BODY("all", ",\"projectId\":\"*\""))); /* nor its id */
    snprintf(f->token, sizeof(f->token), "%s", admin);
    WANT(200, api_call(f, "GET", EVENTS, NULL));
    assert_non_null(strstr(f->res.body.s, "\"one\""));
    assert_non_null(strstr(f->res.body.s, "\"all\""));
    WANT(200, api_call(f, "GET", of_all, NULL));
    WANT(204, api_call(f, "DELETE", of_all, NULL));
    WANT(404, api_call(f, "DELETE", of_all, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(those_of_all_projects_are_administrators),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
