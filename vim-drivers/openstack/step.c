#include "vim-drivers/openstack/os.h"

#include <signal.h>
#include <unistd.h>

void os_step(struct os *os)
{
    if (os->o->die_at && __atomic_add_fetch(&os->steps, 1, __ATOMIC_SEQ_CST) == os->o->die_at)
        kill(getpid(), SIGKILL);
}
