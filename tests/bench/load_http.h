/* Keep-alive HTTP clients in one thread: the same request again and again over several connections,
 * on epoll. For load generators: what fails ends the program. */
#ifndef TESTS_BENCH_LOAD_HTTP_H
#define TESTS_BENCH_LOAD_HTTP_H

#include <stdbool.h>
#include <stddef.h>

struct http_clients; /* opaque */

struct http_job {
    int port; /* on 127.0.0.1 */
    int connections;
    const char *request; /* head and body; borrowed */
    long count;          /* requests to send; -1: until http_clients_stop */
    /* Called for each answer; body is borrowed for the call, and no string. */
    void (*answered)(void *arg, int status, const char *body, size_t length, double took_s);
    void *arg;
};

/* Given: http_clients_close. */
struct http_clients *http_clients_open(const struct http_job *job);

/* Send and read what can be sent and read, waiting at most timeout_ms for the first. Returns false
 * when all requests are answered. */
bool http_clients_turn(struct http_clients *clients, int timeout_ms);

/* No more requests; those under way are still answered. */
void http_clients_stop(struct http_clients *clients);

/* Send so many more. */
void http_clients_more(struct http_clients *clients, long count);

void http_clients_close(struct http_clients *clients);

/* Seconds, monotonic. */
double now_s(void);

/* Says what failed, and ends the program. */
void fail(const char *what, const char *why) __attribute__((noreturn));

#endif
