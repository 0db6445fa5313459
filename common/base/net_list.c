#include "common/base/net_list.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { V4_AT = 12, V4_BITS = 96 };

static const unsigned char mapped[V4_AT] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_v4(const unsigned char address[16])
{
    return memcmp(address, mapped, sizeof(mapped)) == 0;
}

bool net_parse_address(const char *text, unsigned char ret[16])
{
    memcpy(ret, mapped, sizeof(mapped));
    return inet_pton(AF_INET, text, ret + V4_AT) == 1 || inet_pton(AF_INET6, text, ret) == 1;
}

bool net_parse(const char *text, struct net *ret)
{
    char address[NET_TEXT_SIZE + 8];
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : strlen(text);
    if (len >= sizeof(address))
        return false;
    memcpy(address, text, len);
    address[len] = '\0';
    if (!net_parse_address(address, ret->address))
        return false;
    unsigned first = strchr(address, ':') ? 0 : V4_BITS;
    ret->bits = 128;
    if (!slash)
        return true;
    size_t digits = strspn(slash + 1, "0123456789");
    unsigned long bits = strtoul(slash + 1, NULL, 10);
    ret->bits = first + (unsigned)(bits <= 128 ? bits : 200);
    return digits > 0 && digits <= 3 && !slash[1 + digits] && ret->bits <= 128;
}

enum err_code net_list_parse(struct net_list *ret, const char *text, struct err *err)
{
    static const char between[] = " ,\t\r\n";
    ret->n = 0;
    for (text += strspn(text, between); *text; text += strspn(text, between)) {
        char net[64];
        size_t len = strcspn(text, between);
        snprintf(net, sizeof(net), "%.*s", (int)len, text);
        if (ret->n == NET_LIST_MAX)
            return err_set(err, ERR_LIMIT, "more than %d networks", NET_LIST_MAX);
        if (len >= sizeof(net) || !net_parse(net, &ret->at[ret->n])) {
            err_set(err, ERR_INVALID, "'%s' is no network", net);
            return err_hint(err, "write ADDRESS or ADDRESS/BITS, as in '10.0.0.0/8, ::1'");
        }
        ret->n++;
        text += len;
    }
    return ERR_OK;
}

bool net_has(const struct net *net, const unsigned char address[16])
{
    unsigned bytes = net->bits / 8, rest = net->bits % 8;
    if (memcmp(net->address, address, bytes) != 0)
        return false;
    return rest == 0 || ((net->address[bytes] ^ address[bytes]) >> (8 - rest)) == 0;
}

bool net_list_has(const struct net_list *list, const char *address)
{
    unsigned char bytes[16];
    if (!address || !net_parse_address(address, bytes))
        return false;
    for (size_t i = 0; i < list->n; i++)
        if (net_has(&list->at[i], bytes))
            return true;
    return false;
}

static void show(const unsigned char address[16], char ret[NET_TEXT_SIZE])
{
    if (is_v4(address))
        inet_ntop(AF_INET, address + V4_AT, ret, NET_TEXT_SIZE);
    else
        inet_ntop(AF_INET6, address, ret, NET_TEXT_SIZE);
}

bool net_text(const char *text, size_t len, char ret[NET_TEXT_SIZE])
{
    char copy[NET_TEXT_SIZE + 24];
    unsigned char bytes[16];
    const char *address = copy;
    if (len >= sizeof(copy))
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    char *end = strchr(copy, ']');
    if (copy[0] == '[' && end) {
        *end = '\0';
        address = copy + 1;
    } else if (strchr(copy, '.') && (end = strchr(copy, ':')) && !strchr(end + 1, ':'))
        *end = '\0';
    if ((end = strchr(copy, '%')))
        *end = '\0';
    if (!net_parse_address(address, bytes))
        return false;
    show(bytes, ret);
    return true;
}

void net_client(const char *address, char ret[NET_CLIENT_SIZE])
{
    unsigned char bytes[16];
    if (!net_parse_address(address, bytes) || is_v4(bytes)) {
        snprintf(ret, NET_CLIENT_SIZE, "%s", address);
        return;
    }
    char shown[NET_TEXT_SIZE];
    memset(bytes + 8, 0, 8);
    show(bytes, shown);
    snprintf(ret, NET_CLIENT_SIZE, "%s/64", shown);
}
