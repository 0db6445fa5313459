/* The load generator of "make bench": plays the users of the REST interface, and measures.
 *
 *   load deploy port= token= project= nsd= db="CONNINFO" count= connections= limit_s=
 *       count NSRs as fast as REST takes them, until all are ACTIVE or failed
 *   load alone  (the same)   one NSR after the other
 *   load get port= token= project= path= seconds= connections=
 *       the same GET again and again
 *
 * The results are lines "name=number". token is optional.
 *
 * How it knows that an NSR is ACTIVE: it asks the database. A subscription would add an event per
 * NSR to what is measured, and asking REST for the NSR would move its whole document each time.
 * Under load one count over an index 20 times a second costs 1 % of one core or less; alone, one
 * row by its key at each of these milliseconds costs 5 % of one, and the answer is late by one at
 * most. The number of these queries is a result ("polls"), for who counts commits. */
#include "tests/bench/load_http.h"

#include <postgresql/libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT_SQL                                                                                  \
    "SELECT count(*) FILTER (WHERE phase = 'ACTIVE'), count(*) FILTER (WHERE phase = 'FAILED') "   \
    "FROM nfvo.nsr "                                                                               \
    "WHERE project_id = $1 AND created_at >= $2::bigint"
#define PHASE_SQL "SELECT phase FROM nfvo.nsr WHERE id = $1"
#define NOW_SQL   "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

enum { POLL_US = 50000, ALONE_POLL_US = 1000, REST_US = 20000 };

static struct {
    const char *token, *project, *nsd, *db, *path;
    int port, count, connections, limit_s, seconds;
} options = {.token = "",
             .project = "",
             .nsd = "",
             .db = "",
             .path = "/",
             .count = 1000,
             .connections = 16,
             .limit_s = 300,
             .seconds = 3};

static const struct {
    const char *name, **text;
    int *number;
} option_table[] = {
    {"token", &options.token, NULL},     {"project", &options.project, NULL},
    {"nsd", &options.nsd, NULL},         {"db", &options.db, NULL},
    {"path", &options.path, NULL},       {"port", NULL, &options.port},
    {"count", NULL, &options.count},     {"connections", NULL, &options.connections},
    {"limit_s", NULL, &options.limit_s}, {"seconds", NULL, &options.seconds},
};

struct load {
    PGconn *db;
    long polls, refused; /* refused: by REST */
    double *latency_s;   /* of answers, or of NSRs */
    size_t latencies, room;
    char id[64], request[2048];
};

static void read_option(const char *argument)
{
    const char *value = strchr(argument, '=');
    size_t length = value ? (size_t)(value - argument) : 0;

    for (size_t i = 0; value && i < sizeof option_table / sizeof *option_table; i++) {
        if (strlen(option_table[i].name) != length ||
            strncmp(option_table[i].name, argument, length) != 0)
            continue;
        if (option_table[i].text)
            *option_table[i].text = value + 1;
        else
            *option_table[i].number = atoi(value + 1);
        return;
    }
    fail(argument, "unknown option");
}

/* --- results -------------------------------------------------------------------------------- */

static void note_latency(struct load *load, double seconds)
{
    if (load->latencies == load->room) {
        load->room = load->room ? 2 * load->room : 4096;
        load->latency_s = realloc(load->latency_s, load->room * sizeof *load->latency_s);
        if (!load->latency_s)
            fail("memory", "not enough");
    }
    load->latency_s[load->latencies++] = seconds;
}

static int compare_doubles(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void report_latency(struct load *load, const char *name)
{
    if (load->latencies == 0)
        fail(name, "nothing was measured");
    qsort(load->latency_s, load->latencies, sizeof *load->latency_s, compare_doubles);
    printf("%s_p50_ms=%.2f\n%s_p99_ms=%.2f\n", name, load->latency_s[load->latencies / 2] * 1e3,
           name, load->latency_s[load->latencies * 99 / 100] * 1e3);
}

/* --- REST ----------------------------------------------------------------------------------- */

static void make_request(struct load *load, const char *method, const char *path, const char *body)
{
    int n = snprintf(load->request, sizeof load->request,
                     "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
                     "Content-Type: application/json\r\nContent-Length: %zu\r\n"
                     "%s%s%sproject-id: %s\r\n\r\n%s",
                     method, path, strlen(body), *options.token ? "Authorization: Bearer " : "",
                     options.token, *options.token ? "\r\n" : "", options.project, body);

    if (n < 0 || (size_t)n >= sizeof load->request)
        fail("request", "too long");
}

static void refused(struct load *load, int status, const char *body, size_t length)
{
    if (load->refused++ == 0)
        fprintf(stderr, "load: REST answers %d: %.*s\n", status, (int)length, body);
}

/* The NSR's own id is the first member of that name. */
static void take_answer(void *arg, int status, const char *body, size_t length, double took_s)
{
    static const char member[] = "\"id\":\"";
    struct load *load = arg;
    const char *at = memmem(body, length, member, sizeof member - 1);

    if (status != 200 && status != 201) {
        refused(load, status, body, length);
        return;
    }
    note_latency(load, took_s);
    if (at && (size_t)(body + length - at) > sizeof member + 36)
        snprintf(load->id, sizeof load->id, "%.36s", at + sizeof member - 1);
}

static struct http_clients *open_deployer(struct load *load, int connections, long count)
{
    char path[256];

    snprintf(path, sizeof path, "/api/v1/ns-records/%s", options.nsd);
    make_request(load, "POST", path, "{}");
    return http_clients_open(
        &(struct http_job){options.port, connections, load->request, count, take_answer, load});
}

/* --- the database --------------------------------------------------------------------------- */

static PGresult *ask(struct load *load, const char *name, const char *a, const char *b)
{
    const char *values[] = {a, b};
    PGresult *result = PQexecPrepared(load->db, name, b ? 2 : 1, values, NULL, NULL, 0);

    load->polls++;
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        fail("database", PQerrorMessage(load->db));
    return result;
}

static void open_database(struct load *load, char since[32])
{
    PGresult *result;

    load->db = PQconnectdb(options.db);
    if (PQstatus(load->db) != CONNECTION_OK)
        fail("database", PQerrorMessage(load->db));
    PQclear(PQprepare(load->db, "count", COUNT_SQL, 2, NULL));
    PQclear(PQprepare(load->db, "phase", PHASE_SQL, 1, NULL));
    result = PQexec(load->db, NOW_SQL);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        fail("database", PQerrorMessage(load->db));
    snprintf(since, 32, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
}

static void count_nsrs(struct load *load, const char *since, int *ret_active, int *ret_failed)
{
    PGresult *result = ask(load, "count", options.project, since);

    *ret_active = atoi(PQgetvalue(result, 0, 0));
    *ret_failed = atoi(PQgetvalue(result, 0, 1));
    PQclear(result);
}

enum end { RUNNING, ACTIVE, FAILED };

static enum end end_of(struct load *load, const char *id)
{
    PGresult *result = ask(load, "phase", id, NULL);
    const char *phase = PQntuples(result) ? PQgetvalue(result, 0, 0) : "";
    enum end end = strcmp(phase, "ACTIVE") == 0   ? ACTIVE
                   : strcmp(phase, "FAILED") == 0 ? FAILED
                                                  : RUNNING;

    PQclear(result);
    return end;
}

/* --- modes ---------------------------------------------------------------------------------- */

static void run_deploy(struct load *load)
{
    char since[32];
    int active = 0, failed = 0;
    bool is_asking = true;

    open_database(load, since);
    struct http_clients *clients = open_deployer(load, options.connections, options.count);
    double began_s = now_s(), polled_s = began_s, asked_s = began_s;
    while (active + failed + load->refused < options.count) {
        double wait_s = polled_s + POLL_US * 1e-6 - now_s();
        if (is_asking &&
            !(is_asking = http_clients_turn(clients, wait_s > 0 ? (int)(wait_s * 1e3) + 1 : 0)))
            asked_s = now_s();
        else if (!is_asking && wait_s > 0)
            usleep((useconds_t)(wait_s * 1e6));
        if (now_s() - polled_s < POLL_US * 1e-6)
            continue;
        polled_s = now_s();
        count_nsrs(load, since, &active, &failed);
        if (polled_s - began_s > options.limit_s)
            break;
    }
    double took_s = now_s() - began_s;
    printf("nsr_per_s=%.2f\nnsr_active=%d\nnsr_failed=%ld\nunfinished=%ld\nrefused=%ld\n",
           active / took_s, active, failed + load->refused,
           options.count - active - failed - load->refused, load->refused);
    printf("asked_per_s=%.1f\npolls=%ld\ntook_s=%.3f\n", options.count / (asked_s - began_s),
           load->polls, took_s);
    report_latency(load, "rest");
    http_clients_close(clients);
}

static void run_alone(struct load *load)
{
    char since[32];
    int failed = 0;

    open_database(load, since);
    struct http_clients *clients = open_deployer(load, 1, 0);
    for (int i = 0; i < options.count; i++) {
        enum end end;
        size_t answered = load->latencies;
        double began_s = now_s();
        http_clients_more(clients, 1);
        while (http_clients_turn(clients, 1000))
            ;
        if (load->latencies == answered)
            fail("alone", "refused");
        load->latencies = answered; /* of the whole, not of the answer */
        while ((end = end_of(load, load->id)) == RUNNING) {
            if (now_s() - began_s > options.limit_s)
                fail("alone", "takes too long");
            usleep(ALONE_POLL_US);
        }
        note_latency(load, now_s() - began_s);
        failed += end == FAILED;
        usleep(REST_US); /* the last acknowledgements of this one are no part of the next */
    }
    printf("nsr_failed=%d\npolls=%ld\n", failed, load->polls);
    report_latency(load, "alone");
    http_clients_close(clients);
}

static void run_get(struct load *load)
{
    make_request(load, "GET", options.path, "");
    struct http_clients *clients = http_clients_open(&(struct http_job){
        options.port, options.connections, load->request, -1, take_answer, load});
    double began_s = now_s();
    while (now_s() - began_s < options.seconds)
        http_clients_turn(clients, 100);
    double took_s = now_s() - began_s;
    printf("get_per_s=%.1f\nrefused=%ld\n", (double)load->latencies / took_s, load->refused);
    report_latency(load, "get");
    http_clients_close(clients);
}

int main(int argc, char **argv)
{
    static struct load load;

    for (int i = 2; i < argc; i++)
        read_option(argv[i]);
    if (argc > 1 && strcmp(argv[1], "deploy") == 0)
        run_deploy(&load);
    else if (argc > 1 && strcmp(argv[1], "alone") == 0)
        run_alone(&load);
    else if (argc > 1 && strcmp(argv[1], "get") == 0)
        run_get(&load);
    else
        fail("usage", "load deploy|alone|get name=value...");
    PQfinish(load.db);
    free(load.latency_s);
    return load.refused > 0;
}
