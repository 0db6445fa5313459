#include <stdio.h>
#include <string.h>

#include "common/base/net_list.h"
#include "common/http/server.h"

/* From the end: each proxy that is trusted vouches for the address in front of it. What is no
 * address ends the walk, at the last one that was vouched for. */
void http_forwarded(const struct net_list *trusted, const char *peer, const char *forwarded,
                    char ret[HTTP_CLIENT_SIZE])
{
    static const char blanks[] = " \t";
    char address[NET_TEXT_SIZE];
    if (!net_text(peer, strlen(peer), address))
        snprintf(ret, HTTP_CLIENT_SIZE, "%s", peer);
    else
        snprintf(ret, HTTP_CLIENT_SIZE, "%s", address);
    size_t end = forwarded ? strlen(forwarded) : 0;
    while (end > 0 && trusted && net_list_has(trusted, ret)) {
        size_t start = end;
        while (start > 0 && forwarded[start - 1] != ',')
            start--;
        size_t at = start + strspn(forwarded + start, blanks), stop = end;
        while (stop > at && strchr(blanks, forwarded[stop - 1]))
            stop--;
        if (at > stop || !net_text(forwarded + at, stop - at, address))
            return;
        snprintf(ret, HTTP_CLIENT_SIZE, "%s", address);
        end = start > 0 ? start - 1 : 0;
    }
}
