/* A client that misbehaves (tests/support/flood.h), for tests/bench/hostile:
 *
 *   FLOOD_PASSWORD=.. flood KIND port= vhost= user= queue= [declare=yes]
 *
 * Runs until it is killed; prints "refused" when the broker refuses it for the first time, and what
 * it did each second. */
#include "tests/support/flood.h"
#include "common/sys/clock.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Atomic uint64_t counts[2];

static void *tell(void *arg)
{
    for (;;) {
        sleep(1);
        printf("%llu done, %llu refused\n", (unsigned long long)counts[0],
               (unsigned long long)counts[1]);
        fflush(stdout);
    }
    return arg;
}

static const char *option(int argc, char **argv, const char *name)
{
    size_t n = strlen(name);
    for (int i = 2; i < argc; i++)
        if (strncmp(argv[i], name, n) == 0 && argv[i][n] == '=')
            return argv[i] + n + 1;
    fprintf(stderr, "flood: which %s? usage: flood KIND port= vhost= user= queue=\n", name);
    exit(2);
}

int main(int argc, char **argv)
{
    enum flood_kind kind = argc > 1 ? flood_kind_of(argv[1]) : FLOOD_N;
    const char *password = getenv("FLOOD_PASSWORD");
    pthread_t teller;
    if (kind == FLOOD_N || !password) {
        fprintf(stderr, "flood: which kind, and what FLOOD_PASSWORD? tests/support/flood.h\n");
        return 2;
    }
    struct bus_options who = {.host = "127.0.0.1",
                              .port = atoi(option(argc, argv, "port")),
                              .vhost = option(argc, argv, "vhost"),
                              .user = option(argc, argv, "user"),
                              .password = password};
    pthread_create(&teller, NULL, tell, NULL);
    flood_run(kind, &who, option(argc, argv, "queue"), counts);
}
