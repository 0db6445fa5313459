#include "proto/topology.h"

#include <string.h>

bool topology_is_plain(const char *name)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    return name && *name && strlen(name) <= 200 && name[strspn(name, plain)] == '\0';
}
