/* LOG_REQUEST: what the scripts of a host said, from the rows; of one that runs now, its agent is
 * asked. Errors stand in the output behind what else the script said: who finds an error log shows
 * nothing but that (rest-api.md 2.10), and the lines before a failure are what explains it. */
#include "vnfm-generic/conductor/internal.h"

#include "common/base/mem.h"
#include "common/sys/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SCRIPTS_MAX = 100, LINES_MAX = 5000, LINE_MAX_BYTES = 4000, HAS_JOURNAL_AT = 16 };

static const int64_t agent_us = 2 * USEC_PER_SEC;

static unsigned add_lines(struct ob_request *handle, const char *text, unsigned left)
{
    char line[LINE_MAX_BYTES + 1];
    for (const char *end; text && *text && left > 0; text = *end ? end + 1 : end, left--) {
        end = text + strcspn(text, "\n");
        snprintf(line, sizeof(line), "%.*s", (int)(end - text), text);
        ob_request_add_log(handle, line, false);
    }
    return left;
}

static void add_heading(struct ob_request *handle, const struct step_row *row)
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
    ob_request_add_log(handle, line, false);
}

static void add_step(struct ob_request *handle, const struct step_row *row, unsigned *left)
{
    add_heading(handle, row);
    *left = add_lines(handle, row->output, *left);
    *left = add_lines(handle, row->err, *left);
}

static void end(struct conductor *c, struct job *job)
{
    ob_request_reply(job->handle);
    job_free(c, job);
}

static void ask_agent(struct conductor *c, struct job *job, const char *command)
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

void log_begin(struct conductor *c, struct job *job)
{
    struct db_result res;
    struct err err = ERR_INIT;
    struct step_row row = {.state = STEP_DONE};
    char running[256] = "";
    unsigned left = LINES_MAX;
    if (rows_logs(c->db, job->hostname, job->vnfr_name, SCRIPTS_MAX, &res, &err) != ERR_OK) {
        db_results_clear(c->db);
        job_fail(c, job, &err);
        return;
    }
    for (int i = 0; i < db_rows(&res); i++) {
        rows_step_read(&res, i, &row);
        add_step(job->handle, &row, &left);
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

bool log_reply(struct conductor *c, const char *command, const struct ems_reply *reply)
{
    for (struct job **at = &c->logs; *at; at = &(*at)->next) {
        struct job *job = *at;
        if (strcmp(job->log_command, command) != 0)
            continue;
        *at = job->next;
        add_lines(job->handle, reply->output, LINES_MAX);
        add_lines(job->handle, reply->err, LINES_MAX);
        end(c, job);
        return true;
    }
    return false;
}

int64_t logs_expire(struct conductor *c)
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
