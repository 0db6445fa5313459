/* What must hold for every field table. */
#include "proto/types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool is_listed(const struct proto_type *type)
{
    for (const struct proto_type *const *t = proto_types; *t; t++)
        if (*t == type)
            return true;
    return false;
}

#define REQUIRE(claim) /* with the place in the table, which assert_true would not tell */         \
    do {                                                                                           \
        if (!(claim))                                                                              \
            fail_msg("%s.%s: " #claim, t->name, f->wire);                                          \
    } while (0)

static void check_field(const struct proto_type *t, const struct proto_field *f)
{
    bool has_type = f->kind == PROTO_REC || f->kind == PROTO_LIST || f->kind == PROTO_MAP ||
                    f->kind == PROTO_LISTMAP;
    REQUIRE(strlen(f->wire) == f->wire_len);
    REQUIRE(f->wire_len <= 34); /* proto_validate reckons with it */
    REQUIRE(f->offset >= sizeof(struct proto_rec) && f->offset < t->size);
    REQUIRE(has_type == (f->type != NULL));
    REQUIRE(!f->type || is_listed(f->type));
    REQUIRE(!(f->flags & (KEY | NAME_OF_OBJECT | FIRST_OF_ARRAY)) || f->kind == PROTO_STR);
    REQUIRE(!(f->flags & OBJECT_IN_TEXT) || f->kind == PROTO_REC);
    REQUIRE(!(f->flags & MIRROR) || f->kind == PROTO_LIST);
    REQUIRE(!(f->flags & (POSITIVE | NATURAL)) || f->kind == PROTO_INT);
    REQUIRE(!f->words || f->kind == PROTO_STR);
    REQUIRE(__builtin_popcount(f->flags & (OWN_NFVO | OWN_IF_NEW | OWN_ALLOCATED)) <= 1);
    REQUIRE(!(f->flags & EMPTY_COUNTS) || f->kind == PROTO_STR);
    REQUIRE(!(f->flags & OWN_ALLOCATED) || f->kind == PROTO_STR || f->kind == PROTO_LIST);
    for (uint32_t i = 0; i < t->n_fields; i++) {
        const struct proto_field *other = &t->fields[i];
        REQUIRE(other == f || strcmp(other->wire, f->wire) != 0);
        REQUIRE(other == f || !f->alias || strcmp(other->wire, f->alias) != 0);
        REQUIRE(other == f || other->offset != f->offset);
    }
}

static void test_tables(void **state)
{
    (void)state;
    for (const struct proto_type *const *t = proto_types; *t; t++) {
        int keys = 0;
        assert_in_range((*t)->n_fields, 1, 64);
        assert_ptr_equal(proto_type_find((*t)->name), *t);
        for (uint32_t i = 0; i < (*t)->n_fields; i++) {
            check_field(*t, &(*t)->fields[i]);
            keys += ((*t)->fields[i].flags & KEY) != 0;
        }
        assert_in_range(keys, 0, 3); /* proto_merge looks at so many */
    }
    assert_null(proto_type_find("vnfrs"));
}

/* A table that is defined but not listed is found by nobody: ask the sources. */
static void test_none_is_forgotten(void **state)
{
    (void)state;
    const char *top = getenv("TOP");
    char command[512], name[64];
    snprintf(command, sizeof(command),
             "grep -rhoE '^PROTO_RECORD_DEFINE\\([a-z_]+' %s/proto --include=*.c | cut -d'(' -f2",
             top ? top : ".");
    FILE *names = popen(command, "re"); /* NOLINT(cert-env33-c): a fixed command */
    assert_non_null(names);
    int n = 0;
    for (; fscanf(names, "%63s", name) == 1; n++)
        if (!proto_type_find(name))
            fail_msg("'%s' is missing in proto/types.c", name);
    pclose(names);
    assert_true(n > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_none_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
