/* What is taken and what is not. That the schema's patterns agree: tests/schema. */
#include "proto/records/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_texts(void **state)
{
    (void)state;
    static char long_name[300], long_line[5000];
    memset(long_name, 'a', 256);
    memset(long_line, 'a', 4097);
    static const struct {
        const struct proto_form *form;
        const char *text;
        bool is_fine;
    } rows[] = {
        {&form_name, "a name with blanks, dots. and \xc3\xa4/\\'\"", true},
        {&form_name, "a\nb", false},
        {&form_name, "a\tb", false},
        {&form_name, "a\x7f", false},
        {&form_name, long_name, false},
        {&form_name, long_name + 1, true},
        {&form_line, long_line, false},
        {&form_line, long_line + 1, true},
        {&form_line, "ssh-rsa AAAA\nssh-rsa BBBB", false},
        {&form_ipv4, "10.0.0.1", true},
        {&form_ipv4, "10.0.0.256", false},
        {&form_ipv4, "010.0.0.1", false},
        {&form_ipv4, "10.0.0", false},
        {&form_ipv4, "10.0.0.1\n", false},
        {&form_address, "fe80::1", true},
        {&form_address, "::", true},
        {&form_address, "fe80:::1", false},
        {&form_address, "name", false},
        {&form_network, "10.0.0.0/24", true},
        {&form_network, "10.0.0.7/24", true},
        {&form_network, "0.0.0.0/0", true},
        {&form_network, "1.2.3.4/32", true},
        {&form_network, "10.0.0.0/33", false},
        {&form_network, "10.0.0.0/024", false},
        {&form_network, "10.0.0.0/+8", false},
        {&form_network, "10.0.0.0/", false},
        {&form_network, "10.0.0.0", false},
        {&form_network, "not-a-cidr", false},
        {&form_network, "fd00::/64", false},
        {&form_floating, "random", true},
        {&form_floating, "172.16.0.9", true},
        {&form_floating, "Random", false},
        {&form_host, "3", false},
        {&form_host, "10.0.0.1", true},
        {&form_host, "10.0.0.1:10051", true},
        {&form_host, "zabbix", true},
        {&form_host, "zabbix-1.example.org:10051", true},
        {&form_host, "fe80::1", true},
        {&form_host, "10.0.0.1:0", false},
        {&form_host, "10.0.0.1:65536", false},
        {&form_host, "10.0.0.300", false},
        {&form_host, "a..b", false},
        {&form_host, "-a", false},
        {&form_host, "a b", false},
        {&form_host, "http://zabbix", false},
        {&form_pop_name, "a PoP", true},
        {&form_pop_name, "a:b", false},
        {&form_pop_type, "docker.x-1", true},
        {&form_pop_type, "a b", false},
        {&form_pop_type, "a.#", false},
        {&form_git_url, "https://github.com/openbaton/vnf-scripts.git", true},
        {&form_git_url, "git@host:path/repo.git", true},
        {&form_git_url, "repo.git", false},
        {&form_git_url, "--upload-pack=x://y", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if ((rows[i].form->wrong(rows[i].text) == NULL) != rows[i].is_fine)
            fail_msg("row %zu: '%.60s'", i, rows[i].text);
}

static void test_network(void **state)
{
    (void)state;
    uint32_t address, mask;
    assert_true(form_parse_network("10.1.2.3/8", &address, &mask));
    assert_int_equal(address, 0x0a010203);
    assert_int_equal(mask, 0xff000000);
    assert_true(form_parse_network("0.0.0.0/0", &address, &mask));
    assert_int_equal(mask, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts),
                                       cmocka_unit_test(test_network)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
