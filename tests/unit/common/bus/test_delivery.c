#include "common/bus/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static amqp_field_value_t text(const char *s)
{
    return (amqp_field_value_t){.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = bus_bytes(s)};
}

static amqp_table_entry_t entry(const char *name, amqp_field_value_t value)
{
    return (amqp_table_entry_t){.key = bus_bytes(name), .value = value};
}

static struct bus_delivery *decode(amqp_table_entry_t *entries, int n)
{
    struct incoming in = {.size = 3, .exchange = "ex", .routing_key = "key", .tag = 7};
    amqp_basic_properties_t p = {._flags = AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_REPLY_TO_FLAG,
                                 .reply_to = bus_bytes("amq.gen-1"),
                                 .headers = {.num_entries = n, .entries = entries}};

    struct bus_delivery *d = bus_delivery_new(&in, "queue", &p, true);
    memcpy(bus_delivery_body(d), "abc", 3);
    return d;
}

static void scalars_become_text(void **state)
{
    amqp_field_value_t i8 = {.kind = AMQP_FIELD_KIND_I8, .value.i8 = -5};
    amqp_field_value_t u64 = {.kind = AMQP_FIELD_KIND_U64, .value.u64 = UINT64_MAX};
    amqp_field_value_t yes = {.kind = AMQP_FIELD_KIND_BOOLEAN, .value.boolean = 1};
    amqp_field_value_t f64 = {.kind = AMQP_FIELD_KIND_F64, .value.f64 = 0.5};
    amqp_field_value_t none = {.kind = AMQP_FIELD_KIND_VOID};
    amqp_field_value_t table = {.kind = AMQP_FIELD_KIND_TABLE};
    amqp_table_entry_t entries[] = {entry("s", text("x")), entry("i8", i8),     entry("u64", u64),
                                    entry("yes", yes),     entry("f64", f64),   entry("none", none),
                                    entry("table", table), entry("e", text(""))};

    (void)state;
    struct bus_delivery *d = decode(entries, ARRAY_LEN(entries));
    assert_int_equal(d->header_n, 6);
    assert_string_equal(bus_delivery_header(d, "s"), "x");
    assert_string_equal(bus_delivery_header(d, "i8"), "-5");
    assert_string_equal(bus_delivery_header(d, "u64"), "9223372036854775807");
    assert_string_equal(bus_delivery_header(d, "yes"), "true");
    assert_string_equal(bus_delivery_header(d, "f64"), "0.5");
    assert_string_equal(bus_delivery_header(d, "e"), "");
    assert_null(bus_delivery_header(d, "none"));
    assert_null(bus_delivery_header(d, "table"));
    assert_string_equal(d->body, "abc");
    assert_string_equal(d->queue, "queue");
    assert_string_equal(d->reply_to, "amq.gen-1");
    assert_null(d->correlation_id);
    bus_delivery_free(d);
}

static void death_is_read_from_the_newest_entry(void **state)
{
    amqp_field_value_t count = {.kind = AMQP_FIELD_KIND_I64, .value.i64 = 3};
    amqp_field_value_t attempts = {.kind = AMQP_FIELD_KIND_I32, .value.i32 = 4};
    amqp_table_entry_t newest[] = {entry("reason", text("expired")), entry("count", count)};
    amqp_table_entry_t older[] = {entry("reason", text("rejected"))};
    amqp_field_value_t deaths[] = {
        {.kind = AMQP_FIELD_KIND_TABLE, .value.table = {.num_entries = 2, .entries = newest}},
        {.kind = AMQP_FIELD_KIND_TABLE, .value.table = {.num_entries = 1, .entries = older}},
    };
    amqp_field_value_t death = {.kind = AMQP_FIELD_KIND_ARRAY,
                                .value.array = {.num_entries = 2, .entries = deaths}};
    amqp_table_entry_t entries[] = {entry("x-death", death),
                                    entry("x-first-death-queue", text("nfvo.reply.1")),
                                    entry("x-delivery-count", attempts)};

    (void)state;
    struct bus_delivery *d = decode(entries, ARRAY_LEN(entries));
    assert_string_equal(d->first_death_queue, "nfvo.reply.1");
    assert_string_equal(d->death_reason, "expired");
    assert_int_equal(d->death_count, 3);
    assert_int_equal(d->delivery_count, 4);
    bus_delivery_free(d);
}

/* A peer may call anything x-death. */
static void death_of_other_kinds_is_ignored(void **state)
{
    amqp_field_value_t empty = {.kind = AMQP_FIELD_KIND_ARRAY};
    amqp_field_value_t inner[] = {text("no table")};
    amqp_field_value_t odd = {.kind = AMQP_FIELD_KIND_ARRAY,
                              .value.array = {.num_entries = 1, .entries = inner}};
    amqp_field_value_t cases[] = {text("a string"), empty, odd};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        amqp_table_entry_t entries[] = {entry("x-death", cases[i]),
                                        entry("x-first-death-queue", empty)};
        struct bus_delivery *d = decode(entries, 2);
        assert_null(d->death_reason);
        assert_null(d->first_death_queue);
        bus_delivery_free(d);
    }
}

static void the_number_and_size_of_headers_is_bounded(void **state)
{
    static char names[100][16], big[4098];
    amqp_table_entry_t entries[100];

    (void)state;
    memset(big, 'x', sizeof(big) - 1);
    entries[0] = entry("big", text(big));
    for (int i = 1; i < 100; i++) {
        snprintf(names[i], sizeof(names[i]), "h%d", i);
        entries[i] = entry(names[i], text("v"));
    }
    struct bus_delivery *d = decode(entries, 100);
    assert_int_equal(d->header_n, 64);
    assert_null(bus_delivery_header(d, "big"));
    assert_string_equal(bus_delivery_header(d, "h64"), "v");
    assert_null(bus_delivery_header(d, "h65"));
    bus_delivery_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_become_text),
        cmocka_unit_test(death_is_read_from_the_newest_entry),
        cmocka_unit_test(death_of_other_kinds_is_ignored),
        cmocka_unit_test(the_number_and_size_of_headers_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
