#include <string.h>

#include "nfvo/store/store_watch.h"
#include "nfvo/vnfm/broker_watch_internal.h"

bool loads_is_shut(const struct broker_watch *w, const char *account)
{
    for (size_t i = 0; i < w->shut_n; i++)
        if (strcmp(w->shut[i].account, account) == 0)
            return true;
    return false;
}
