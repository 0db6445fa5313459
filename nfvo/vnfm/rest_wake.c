/* How the threads of rest_internal.h wake one another. */
#include <errno.h>
#include <unistd.h>

#include "common/log/log.h"
#include "nfvo/vnfm/rest_internal.h"

void rest_wake(int fd)
{
    uint64_t one = 1;
    if (write(fd, &one, sizeof(one)) < 0)
        log_debug(LOG_VNFM, "rest_not_woken", KV_I("errno", errno));
}

void rest_drain_wake(int fd)
{
    uint64_t n;
    if (read(fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
        log_debug(LOG_VNFM, "rest_woken_for_nothing", KV_I("errno", errno));
}
