/* The table of calls and the router's agree, and the documents are whole. That they are valid, and
 * that answers are like they say: tests/interop/scenarios_contract.py. */
#include "nfvo/api/contract/contract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "nfvo/lifecycle/types.h"
#include "proto/messages/driver_methods.h"
#include "tests/support/oracle.h"

#include <cmocka.h>

static void each_call_has_a_row(void **state)
{
    int missing = 0;
    (void)state;
    for (const struct endpoint *const *t = endpoint_tables; *t; t++)
        for (const struct endpoint *e = *t; e->method; e++)
            if (e->status != 501 && !contract_find(e)) {
                print_error("%s %s has no row in nfvo/api/contract/calls.c\n", e->method, e->path);
                missing++;
            }
    assert_int_equal(missing, 0);
}

static bool is_served(const struct contract_row *r)
{
    for (const struct endpoint *const *t = endpoint_tables; *t; t++)
        for (const struct endpoint *e = *t; e->method; e++)
            if (e->status != 501 && strcmp(e->method, r->method) == 0 &&
                strcmp(e->path, r->path) == 0)
                return true;
    return false;
}

static void each_row_is_a_call(void **state)
{
    (void)state;
    for (const struct contract_row *r = contract_rows; r->method; r++) {
        if (!is_served(r))
            fail_msg("%s %s is no call", r->method, r->path);
        for (const struct contract_row *o = contract_rows; o != r; o++)
            if (strcmp(o->id, r->id) == 0)
                fail_msg("the id %s is there twice", r->id);
    }
}

static bool has_shape(const char *name)
{
    for (const struct contract_shape *s = contract_shapes; s->name; s++)
        if (strcmp(s->name, name) == 0)
            return true;
    return false;
}

static void each_body_has_its_schema(void **state)
{
    (void)state;
    for (const struct contract_row *r = contract_rows; r->method; r++) {
        const struct contract_body *const bodies[] = {&r->takes, &r->gives};
        for (size_t i = 0; i < 2; i++)
            if (bodies[i]->shape && !has_shape(bodies[i]->shape))
                fail_msg("%s: there is no shape %s", r->id, bodies[i]->shape);
    }
}

/* JSON is JSON, nothing is empty, and no reference leads nowhere. */
static void check_document(void *arg, const char *name, const struct sbuf *text)
{
    size_t *n = arg;
    ++*n;
    if (text->len < 10)
        fail_msg("%s is empty", name);
    if (!strstr(name, ".json"))
        return;
    json_t *json = oracle_parse(text->s, text->len);
    if (!json)
        fail_msg("%s is no JSON", name);
    json_decref(json);
    for (const char *at = strstr(text->s, "\"$ref\":\"#/components/schemas/"); at;
         at = strstr(at + 1, "\"$ref\":\"#/components/schemas/")) {
        char wanted[128];
        const char *begin = at + strlen("\"$ref\":\"#/components/schemas/");
        snprintf(wanted, sizeof(wanted), "\"%.*s\":{", (int)strcspn(begin, "\""), begin);
        if (!strstr(text->s, wanted))
            fail_msg("%s: nothing at %s", name, wanted);
    }
}

static void documents_are_whole(void **state)
{
    size_t n = 0;
    (void)state;
    contract_render_all(&(struct contract_source){endpoint_tables, "6"}, check_document, &n);
    assert_true(n > 60);
}

static void the_methods_that_are_called_are_marked(void **state)
{
    (void)state;
    for (const struct driver_method *m = driver_methods; m->name; m++) {
        bool is_called = false, is_largest = true;
        for (int kind = 1; kind < CMD_KIND_N; kind++)
            is_called |= command_rows[kind].word && command_rows[kind].peer == COMMAND_TO_DRIVER &&
                         strcmp(command_rows[kind].call, m->name) == 0;
        for (const struct driver_method *o = driver_methods; o->name; o++)
            is_largest &= strcmp(o->name, m->name) != 0 ||
                          driver_method_parameters(o) <= driver_method_parameters(m);
        if (m->is_called != (is_called && is_largest))
            fail_msg("%s/%zu: is_called is wrong", m->name, driver_method_parameters(m));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_has_a_row),
        cmocka_unit_test(each_row_is_a_call),
        cmocka_unit_test(each_body_has_its_schema),
        cmocka_unit_test(documents_are_whole),
        cmocka_unit_test(the_methods_that_are_called_are_marked),
    };
    return cmocka_run_group_tests_name("openapi", tests, NULL, NULL);
}
