/* How a run fails, in words. The reference's users look for "EMS (<hostname>) had the following
 * error:" (amqp-protocol.md 7.4). */
#include "common/base/sbuf.h"
#include "common/base/text.h"
#include "vnfm-generic/lifecycle/internal.h"

#include <string.h>

static const char *last_line(const char *text)
{
    const char *at = text ? strrchr(text, '\n') : NULL;
    return at ? at + 1 : text;
}

static struct run_end end_at(struct run *run, struct run_host *host, struct step *step,
                             const struct err *err)
{
    struct run_end end = {.is_over = true, .has_failed = true, .err = *err};
    end.host = host ? host->hostname : NULL;
    if (step && step->kind == STEP_EXECUTE) {
        end.script = step->script;
        end.exit_code = step->exit_code;
    }
    if (step)
        end.output_tail = output_tail(run->arena, step);
    return end;
}

void fault_end(struct run *run, struct run_host *host, struct step *step, const struct err *err)
{
    if (run->end.is_over)
        return;
    run->end = end_at(run, host, step, err);
    if (host)
        host->instance->state = "error";
}

static void tell(struct run *run, struct run_host *host, struct step *step, const struct err *err)
{
    if (!run->is_terminating)
        fault_end(run, host, step, err);
    else if (!run->noted.has_failed)
        run->noted = end_at(run, host, step, err);
}

static const char *what(const struct run *run, const struct step *step)
{
    switch (step->kind) {
    case STEP_SAVE:
        return arena_printf(run->arena, "saving script '%.80s'", step->script);
    case STEP_CLONE: {
        AUTO(sbuf_release) struct sbuf shown = SBUF_INIT;
        text_mask_url(&shown, step->text);
        return arena_printf(run->arena, "cloning scripts from '%.120s'", shown.s);
    }
    case STEP_REPLACE:
        return arena_printf(run->arena, "replacing script '%.80s'", step->script);
    case STEP_DEPENDENCY:
        return "saving the dependency's parameters";
    case STEP_EXECUTE:
        break;
    }
    return arena_printf(run->arena, "script '%.80s' of %s", step->script, step->event);
}

static const char *ending(const struct step *step)
{
    const char *how = step->how ? step->how : "";
    if (strcmp(how, EMS_STATE_TIMEOUT) == 0)
        return "was killed at its time limit:";
    if (strcmp(how, EMS_STATE_KILLED) == 0)
        return "was killed:";
    if (strcmp(how, EMS_STATE_REFUSED) == 0)
        return "was refused by the agent:";
    return "ended with";
}

void fault_of_step(struct run *run, struct run_host *host, struct step *step)
{
    struct err err = ERR_INIT;
    const char *said = last_line(output_tail(run->arena, step));
    const char *name = what(run, step), *host_name = host->hostname;
    bool is_script = step->kind == STEP_EXECUTE;
    if (step->state == STEP_UNKNOWN) {
        err_set(&err, ERR_UNKNOWN,
                "EMS (%s) had the following error: it is not known whether or how %s ended%s%.120s",
                host_name, name, said[0] ? ": " : "", said);
        err_hint(
            &err,
            run->is_terminating
                ? "the server is deleted anyway; what the script should have cleaned up may remain"
                : "look at the host; resume runs the script again, delete removes the VNF");
    } else if (!is_script && step->exit_code < 0) {
        err_set(&err, ERR_TIMEOUT, "EMS (%s) had the following error: %s was not answered",
                host_name, name);
        err_hint(&err, "is the agent on the host alive? See /var/log/openbaton/ems-agent.log");
    } else {
        err_set(&err, ERR_PEER, "EMS (%s) had the following error: %s %s %d%s%.140s", host_name,
                name, ending(step), step->exit_code, said[0] ? ": " : "", said);
        if (is_script && run->is_terminating)
            err_hint(&err, "the server is deleted anyway; all that it said: baton logs %.80s",
                     host_name);
        else if (is_script)
            err_hint(&err, "all that it said: baton logs %.40s; it is %s/%.40s on the host",
                     host_name, EMS_SCRIPTS_DIR, step->script);
    }
    tell(run, host, step, &err);
}

/* Of a host whose agent was there, and is not any more: what its scripts should have ended did not.
 */
void fault_skipped(struct run *run, struct run_host *host, struct step *step)
{
    struct err err = ERR_INIT;
    err_set(&err, ERR_UNAVAIL,
            "EMS (%s) had the following error: %s did not run, its agent is not there",
            host->hostname, what(run, step));
    err_hint(&err,
             "the server is deleted anyway; what the script should have cleaned up may remain");
    tell(run, host, step, &err);
}

void fault_no_hello(struct run *run, struct run_host *host, int64_t waited)
{
    struct err err = ERR_INIT;
    err_set(&err, ERR_TIMEOUT,
            "EMS (%s) had the following error: no hello of its agent within %lld s", host->hostname,
            (long long)(waited / USEC_PER_SEC));
    err_hint(&err, "does the instance reach the broker, and did its user data run? See "
                   "/var/log/openbaton/ems-agent.log on it");
    fault_end(run, host, NULL, &err);
}
