/* Many VNFMs in one process: registers `count` types over the SDK, each with its own connection, as
 * so many processes would. They serve like vnfm-dummy: everything is answered as done.
 *
 *     vnfms HOST PORT COUNT PREFIX
 *
 * Writes "ready SECONDS" when all serve, and ends with its standard input. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "vnfm-generic/sdk/ob_vnfm.h"

struct crowd {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned serving;
};

struct member {
    struct crowd *crowd;
    struct ob_vnfm *vnfm;
    bool has_served;
    char type[64];
};

static void on_event(void *arg, enum ob_vnfm_state state, int code, const char *text)
{
    struct member *m = arg;
    if (state == OB_FAULT)
        fprintf(stderr, "vnfms: %s: %d %s\n", m->type, code, text ? text : "");
    if (state != OB_SERVING || m->has_served)
        return;
    m->has_served = true;
    pthread_mutex_lock(&m->crowd->lock);
    m->crowd->serving++;
    pthread_cond_signal(&m->crowd->changed);
    pthread_mutex_unlock(&m->crowd->lock);
}

static bool start(struct member *m, char **argv)
{
    static const struct ob_vnfm_handlers nothing;
    struct err err = ERR_INIT;
    m->vnfm = ob_vnfm_new(
        &(struct ob_vnfm_options){
            .type = m->type,
            .description = "one of many",
            .broker = {.host = argv[1],
                       .port = atoi(argv[2]),
                       .vhost = "open",
                       .user = "openbaton-manager-user",
                       .password = "openbaton"},
            .threads = 1,
            .prefetch = 16,
            .handlers = &nothing,
            .arg = m,
            .on_event = on_event,
        },
        &err);
    if (m->vnfm && ob_vnfm_start(m->vnfm, &err) == ERR_OK)
        return true;
    fprintf(stderr, "vnfms: %s: %s\n", m->type, err.msg);
    return false;
}

int main(int argc, char **argv)
{
    struct crowd crowd = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
    char byte;
    if (argc != 5) {
        fprintf(stderr, "usage: vnfms HOST PORT COUNT PREFIX\n");
        return 2;
    }
    unsigned n = (unsigned)atoi(argv[3]);
    struct member *members = xcalloc(n + 1, sizeof(*members));
    int64_t began_us = clock_mono_us();
    for (unsigned i = 0; i < n; i++) {
        members[i].crowd = &crowd;
        snprintf(members[i].type, sizeof(members[i].type), "%s%u", argv[4], i);
        if (!start(&members[i], argv))
            return 1;
    }
    pthread_mutex_lock(&crowd.lock);
    while (crowd.serving < n)
        pthread_cond_wait(&crowd.changed, &crowd.lock);
    pthread_mutex_unlock(&crowd.lock);
    printf("ready %.1f\n", (double)(clock_mono_us() - began_us) / USEC_PER_SEC);
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    for (unsigned i = 0; i < n; i++) {
        ob_vnfm_stop(members[i].vnfm, 0);
        ob_vnfm_free(members[i].vnfm);
    }
    free(members);
    return 0;
}
