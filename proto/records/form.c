#include "proto/records/form.h"

#include "common/base/utf8.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* --- texts ------------------------------------------------------------------------------------ */

static const char *wrong_text(const char *text, size_t max, const char *too_long)
{
    size_t characters = 0;
    for (const char *p = text; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x20 || c == 0x7f)
            return "holds a line break or another control character";
        characters += (c & 0xc0) != 0x80;
    }
    return characters > max ? too_long : NULL;
}

static const char *wrong_name(const char *text)
{
    return wrong_text(text, FORM_NAME_MAX, "is longer than 255 characters");
}

static const char *wrong_line(const char *text)
{
    return wrong_text(text, FORM_LINE_MAX, "is longer than 4096 characters");
}

static const char *wrong_pop_name(const char *text)
{
    return strchr(text, ':') ? "holds a ':', which stands before a zone" : wrong_name(text);
}

static const char *wrong_pop_type(const char *text)
{
    for (const char *p = text; *p; p++)
        if (*p <= 0x20 || *p >= 0x7f || strchr("*#/", *p))
            return "is no driver's type: letters, digits, '.', '-', '_'";
    return strlen(text) > 100 ? "is longer than 100 characters" : NULL;
}

static const char *wrong_git_url(const char *text)
{
    const char *wrong = wrong_line(text), *at = strchr(text, '@');
    const char *colon = at ? strchr(at, ':') : NULL;
    if (wrong)
        return wrong;
    if (text[0] == '-' || strchr(text, ' '))
        return "is not the URL of a git repository";
    return strstr(text, "://") || (colon && colon[1]) ? NULL : "is not the URL of a git repository";
}

/* --- addresses -------------------------------------------------------------------------------- */

static bool is_ipv4(const char *text)
{
    struct in_addr ip;
    return inet_pton(AF_INET, text, &ip) == 1;
}

static bool is_ipv6(const char *text)
{
    struct in6_addr ip;
    return inet_pton(AF_INET6, text, &ip) == 1;
}

static const char *wrong_ipv4(const char *text)
{
    return is_ipv4(text) ? NULL : "is not an IPv4 address";
}

static const char *wrong_address(const char *text)
{
    return is_ipv4(text) || is_ipv6(text) ? NULL : "is not an IP address";
}

static const char *wrong_floating(const char *text)
{
    return is_ipv4(text) || strcmp(text, "random") == 0
               ? NULL
               : "is neither an IPv4 address nor the word random";
}

/* 0..32 without leading zeros; -1: none. */
static int prefix_of(const char *digits)
{
    size_t n = strspn(digits, "0123456789");
    if (n == 0 || n > 2 || digits[n] || (n == 2 && digits[0] == '0'))
        return -1;
    int bits = atoi(digits);
    return bits <= 32 ? bits : -1;
}

bool form_parse_network(const char *text, uint32_t *ret_address, uint32_t *ret_mask)
{
    char address[INET_ADDRSTRLEN];
    const char *slash = strchr(text, '/');
    struct in_addr ip;
    if (!slash || (size_t)(slash - text) >= sizeof(address))
        return false;
    memcpy(address, text, (size_t)(slash - text));
    address[slash - text] = '\0';
    int bits = prefix_of(slash + 1);
    if (bits < 0 || inet_pton(AF_INET, address, &ip) != 1)
        return false;
    *ret_mask = bits == 0 ? 0 : UINT32_MAX << (32 - bits);
    *ret_address = ntohl(ip.s_addr);
    return true;
}

static const char *wrong_network(const char *text)
{
    uint32_t address, mask;
    return form_parse_network(text, &address, &mask) ? NULL
                                                     : "is not an IPv4 network such as 10.0.0.0/24";
}

/* RFC 1123; not all digits behind the last dot: that would be a broken address. */
static bool is_host_name(const char *text, size_t len)
{
    size_t label = 0;
    bool is_number = true;
    if (len == 0 || len > 253)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bool is_digit = c >= '0' && c <= '9', is_dash = c == '-' || c == '_';
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (c == '.') {
            if (label == 0 || text[i - 1] == '-')
                return false;
            label = 0;
            is_number = true;
            continue;
        }
        if ((!is_digit && !is_dash && !is_letter) || (c == '-' && label == 0) || ++label > 63)
            return false;
        is_number &= is_digit;
    }
    return label > 0 && text[len - 1] != '-' && !is_number;
}

static bool is_port(const char *text)
{
    size_t n = strspn(text, "0123456789");
    return n > 0 && n <= 5 && !text[n] && atoi(text) >= 1 && atoi(text) <= 65535;
}

static const char *wrong_host(const char *text)
{
    static const char what[] = "is neither an IP address nor a host's name";
    char host[256];
    size_t len = strcspn(text, ":");
    if (is_ipv6(text))
        return NULL;
    if (len >= sizeof(host) || (text[len] && !is_port(text + len + 1)))
        return what;
    memcpy(host, text, len);
    host[len] = '\0';
    return is_ipv4(host) || is_host_name(host, len) ? NULL : what;
}

/* --- the table -------------------------------------------------------------------------------- */

/* Not '$': to some engines that is also the place before a last line break. */
#define END  "(?![\\s\\S])"
#define ANY  "^(?![\\s\\S]*[\\u0000-\\u001f\\u007f])"
#define BYTE "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
#define IPV4 BYTE "\\." BYTE "\\." BYTE "\\." BYTE

const struct proto_form form_name = {wrong_name, ANY, FORM_NAME_MAX};
const struct proto_form form_line = {wrong_line, ANY, FORM_LINE_MAX};
const struct proto_form form_ipv4 = {wrong_ipv4, "^(" IPV4 ")?" END, 0};
const struct proto_form form_address = {wrong_address, "^[0-9A-Fa-f:.]*" END, 0};
const struct proto_form form_network = {wrong_network, "^(" IPV4 "/(3[0-2]|[12]?[0-9]))?" END, 0};
const struct proto_form form_floating = {wrong_floating, "^(random|" IPV4 ")?" END, 0};
const struct proto_form form_host = {wrong_host, "^\\S*" END, 0};
const struct proto_form form_pop_name = {wrong_pop_name, ANY "[^:]*" END, FORM_NAME_MAX};
const struct proto_form form_pop_type = {wrong_pop_type, "^[!-~]*" END, 100};
const struct proto_form form_git_url = {wrong_git_url, ANY "(?!-)\\S*" END, FORM_LINE_MAX};
