/* A row of LIFECYCLE_TIMES says its default twice: as a number for the lifecycle, as a text for people. */
#include "nfvo/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/config/config.h"

static const struct {
    const char *option, *text;
    int64_t seconds, min_ms, max_ms;
} rows[] = {
#define X(member, option, seconds, text, min, max, help) {option, text, seconds, min, max},
    LIFECYCLE_TIMES(X)
#undef X
};

static void test_defaults_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t ms = 0;
        if (config_parse_duration(rows[i].text, &ms, NULL) != ERR_OK ||
            ms != rows[i].seconds * 1000 || ms < rows[i].min_ms || ms > rows[i].max_ms)
            fail_msg("%s: '%s' is not %lld s, or not within its bounds", rows[i].option,
                     rows[i].text, (long long)rows[i].seconds);
    }
}

/* Each time that a user sets reaches the lifecycle, as itself and no other. */
static void test_times_arrive(void **state)
{
    (void)state;
    struct nfvo_options o = {.lifecycle = {.broker_ip = "", .broker_port = "", .image_url = ""}};
    int64_t n = 0;
#define X(member, ...) o.lifecycle.member##_ms = ++n;
    LIFECYCLE_TIMES(X)
#undef X
    struct lifecycle_settings s = lifecycle_settings_of(&o);
    n = 0;
#define X(member, ...) assert_int_equal(s.member##_us, ++n *USEC_PER_MS);
    LIFECYCLE_TIMES(X)
#undef X
    assert_int_equal(n, ARRAY_LEN(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_agree),
        cmocka_unit_test(test_times_arrive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
