/* LOG_REQUEST: what the scripts of a host said, from the rows; of one that runs now, its agent is
 * asked. Errors stand in the output behind what else the script said: who finds an error log shows
 * nothing but that (rest-api.md 2.10), and the lines before a failure are what explains it. */
#include "vnfm-generic/scheduler/internal.h"

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    SCRIPTS_MAX = 100,
    LINES_MAX = 5000,
    LINE_MAX_BYTES = 4000,
    HAS_JOURNAL_AT = 16,
    IS_OLD_AT = 17
};
enum {
    RELEASED_BYTES_MAX = 512 * 1024
}; /* of a VNFR; the host at which it is passed is the last */

static const int64_t agent_us = 2 * USEC_PER_SEC;

/* Where lines go: the answer to LOG_REQUEST, or that to RELEASE_RESOURCES (host is there). */
struct sink {
    struct ob_request *handle;
    const char *host;
    size_t bytes;
};

static void put(struct sink *to, const char *line)
{
    to->bytes += strlen(line);
    if (to->host)
        ob_request_add_host_log(to->handle, to->host, line);
    else
        ob_request_add_log(to->handle, line, false);
}

static unsigned add_lines(struct sink *to, const char *text, unsigned left)
{
    char line[LINE_MAX_BYTES + 1];
    for (const char *end; text && *text && left > 0; text = *end ? end + 1 : end, left--) {
        end = text + strcspn(text, "\n");
        snprintf(line, sizeof(line), "%.*s", (int)(end - text), text);
        put(to, line);
    }
    return left;
}

static void add_heading(struct sink *to, const struct step_row *row)
{
    char line[600], outcome[60], at[32] = "";
    struct tm tm;
    time_t seconds = row->first_sent_at / USEC_PER_SEC;
    if (gmtime_r(&seconds, &tm))
        strftime(at, sizeof(at), "%Y-%m-%d %H:%M:%S", &tm);
    switch (row->state) {
    case STEP_SENT:
    case STEP_PLANNED:
        snprintf(outcome, sizeof(outcome), "running");
        break;
    case STEP_UNKNOWN:
        snprintf(outcome, sizeof(outcome), "outcome unknown");
        break;
    case STEP_SKIPPED:
        snprintf(outcome, sizeof(outcome), "not run");
        break;
    case STEP_DONE:
    case STEP_FAILED:
        snprintf(outcome, sizeof(outcome), "exit %d, %.1f s", row->exit_code,
                 (double)row->took_ms / 1000);
        break;
    }
    snprintf(line, sizeof(line), "== %s%s%.200s%s%.100s (%s, %s)", row->event,
             row->event[0] ? " " : "", row->script, row->source[0] ? " for " : "", row->source, at,
             outcome);
    put(to, line);
}

static void add_step(struct sink *to, const struct step_row *row, unsigned *left)
{
    add_heading(to, row);
    *left = add_lines(to, row->output, *left);
    *left = add_lines(to, row->err, *left);
}

static void end(struct scheduler *c, struct job *job)
{
    ob_request_reply(job->handle);
    job_free(c, job);
}

static void ask_agent(struct scheduler *c, struct job *job, const char *command)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    char id[ID_SIZE];
    id_new(id);
    snprintf(job->log_command, sizeof(job->log_command), "log.%s", id);
    proto_encode(&ems_request_type, &(struct ems_request){.action = EMS_LOG, .payload = command}, 0,
                 &body);
    c->o->send(c->o->arg, job->hostname, job->log_command, &body);
    job->log_until = clock_mono_us() + agent_us;
    job->next = c->logs;
    c->logs = job;
}

void log_begin(struct scheduler *c, struct job *job)
{
    struct db_result res;
    struct err err = ERR_INIT;
    struct step_row row = {.state = STEP_DONE};
    char running[256] = "";
    unsigned left = LINES_MAX;
    struct sink to = {.handle = job->handle};
    if (rows_logs(c->db, job->hostname, job->vnfr_name, SCRIPTS_MAX, &res, &err) != ERR_OK) {
        db_results_clear(c->db);
        job_fail(c, job, &err);
        return;
    }
    for (int i = 0; i < db_rows(&res); i++) {
        rows_step_read(&res, i, &row);
        add_step(&to, &row, &left);
        job->may_be_unsaid = db_bool(&res, i, IS_OLD_AT);
        if (row.state == STEP_SENT && db_bool(&res, i, HAS_JOURNAL_AT))
            snprintf(running, sizeof(running), "%s", row.command);
        else
            running[0] = '\0';
    }
    db_results_clear(c->db);
    if (running[0])
        ask_agent(c, job, running);
    else
        end(c, job);
}

bool log_reply(struct scheduler *c, const char *author, const char *command,
               const struct ems_reply *reply)
{
    for (struct job **at = &c->logs; *at; at = &(*at)->next) {
        struct job *job = *at;
        if (strcmp(job->log_command, command) != 0)
            continue;
        if (!is_heard(c, author, job->hostname, job->may_be_unsaid))
            return true; /* the agent's own may still come */
        *at = job->next;
        struct sink to = {.handle = job->handle};
        add_lines(&to, reply->output, LINES_MAX);
        add_lines(&to, reply->err, LINES_MAX);
        end(c, job);
        return true;
    }
    return false;
}

int64_t logs_expire(struct scheduler *c)
{
    int64_t now = clock_mono_us(), next = INT64_MAX;
    for (struct job **at = &c->logs; *at;) {
        struct job *job = *at;
        if (job->log_until > now) {
            next = job->log_until < next ? job->log_until : next;
            at = &job->next;
            continue;
        }
        *at = job->next;
        end(c, job);
    }
    return next;
}

/* --- the logs of what is released: they go to the NFVO, which keeps them --- */

static struct job *released_with(struct scheduler *c, const char *vnfr_id)
{
    for (struct job *job = c->runs; job; job = job->next)
        if (job_is_released(job) && strcmp(job->request.vnfr->id, vnfr_id) == 0)
            return job;
    return NULL;
}

static void give_logs(struct scheduler *c, const struct db_result *res)
{
    enum { VNFR_AT = HAS_JOURNAL_AT };
    struct step_row row;
    struct sink to = {0};
    struct job *job = NULL;
    unsigned left = 0;
    char host[256] = "";
    for (int i = 0; i < db_rows(res); i++) {
        rows_step_read(res, i, &row);
        if (!job || strcmp(job->request.vnfr->id, db_text(res, i, VNFR_AT)) != 0) {
            job = released_with(c, db_text(res, i, VNFR_AT));
            to = (struct sink){.handle = job ? job->handle : NULL, .host = host};
            host[0] = '\0';
        }
        if (strcmp(host, row.hostname) != 0) {
            snprintf(host, sizeof(host), "%s", row.hostname);
            left = LINES_MAX;
        }
        if (job && to.bytes < RELEASED_BYTES_MAX)
            add_step(&to, &row, &left);
    }
}

bool job_is_released(const struct job *job)
{
    return job->is_touched && job->run->end.is_over && job->request.vnfr->id &&
           job->request.action == ACTION_RELEASE_RESOURCES;
}

bool logs_of_released(struct scheduler *c, struct err *err)
{
    AUTO(db_array_release) struct db_array ids = DB_TEXT_ARRAY;
    struct db_result res;
    for (const struct job *job = c->runs; job; job = job->next)
        if (job_is_released(job))
            db_array_text(&ids, job->request.vnfr->id);
    if (!ids.n)
        return true;
    enum err_code rc = rows_logs_of(c->db, &ids, &res, err);
    if (rc == ERR_OK)
        give_logs(c, &res);
    db_results_clear(c->db);
    if (rc != ERR_OK && !scheduler_waits_for(err)) {
        log_warn(LOG_DB, "logs_of_released_lost", KV_ERR(err));
        return true;
    }
    return rc == ERR_OK;
}
