/* Generic VNFM <-> EMS agent. amqp-protocol.md section 7. All of it travels in the agents' own
 * virtual host (decisions.md D9). */
#ifndef PROTO_MESSAGES_EMS_H
#define PROTO_MESSAGES_EMS_H

#include "proto/codec/codec.h"

/* clang-format off */
/* Once per connection of the agent. Ours says more: EMS_CAPABILITY_JOURNAL, its version, and the
 * boot of its host, by which a VNFM sees that a machine was started anew. */
#define EMS_CAPABILITY_JOURNAL "journal"
#define EMS_HELLO_FIELDS(X)                                      \
    X(STR,  hostname,     "hostname",     _, REQUIRED)           \
    X(STRS, capabilities, "capabilities", _, OPTIONAL)           \
    X(STR,  version,      "version",      _, OPTIONAL)           \
    X(STR,  boot,         "boot",         _, OPTIONAL)
PROTO_RECORD(ems_hello, EMS_HELLO_FIELDS)

/* 7.4. payload: base64 of a script, its name and arguments, a URL, or JSON in text, by action. A
 * value of env that is null would keep the agent's process from starting: the codec drops it.
 *
 * The correlation id is the command id. An agent with a journal executes a command id once: a repeat
 * joins the run in hand, or gets its stored outcome; a run that a reboot cut off is answered with
 * state "unknown". Ours, and absent for other agents: timeout (seconds for the script, then its
 * process group is killed); preempt (whatever else runs or waits on this host is killed first: the
 * instance is being terminated); action EMS_LOG (payload: a command id, or "" for what runs now;
 * answers with the output so far, never waits). */
#define EMS_SAVE_SCRIPTS         "SAVE_SCRIPTS"
#define EMS_CLONE_SCRIPTS        "CLONE_SCRIPTS"
#define EMS_EXECUTE              "EXECUTE"
#define EMS_SCRIPTS_UPDATE       "SCRIPTS_UPDATE"
#define EMS_REPO_SCRIPTS_UPDATE  "REPO_SCRIPTS_UPDATE"
#define EMS_SAVE_VNFR_DEPENDENCY "SAVE_VNFR_DEPENDENCY"
#define EMS_LOG                  "LOG"
/* The largest message to an agent: a script of a package (PACKAGE_SCRIPTS_MAX) in base64. */
#define EMS_MESSAGE_MAX          ((size_t)11 * 1024 * 1024)
#define EMS_SCRIPTS_DIR          "/opt/openbaton/scripts"
#define EMS_REQUEST_FIELDS(X)                                    \
    X(STR,    action,      "action",      _, REQUIRED)           \
    X(STR,    payload,     "payload",     _, REQUIRED)           \
    X(STR,    name,        "name",        _, OPTIONAL)           \
    X(STR,    script_path, "script-path", _, OPTIONAL)           \
    X(STRMAP, env,         "env",         _, OPTIONAL)           \
    X(INT,    timeout_s,   "timeout",     _, OPTIONAL)           \
    X(BOOL,   preempt,     "preempt",     _, OPTIONAL)
PROTO_RECORD(ems_request, EMS_REQUEST_FIELDS)

/* status: the script's exit code, 128 + signal when one ended it; some failures of the agent send
 * "1" as text. state (ours): absent when the script ended by itself; "timeout" and "killed" (status
 * 124, 137), "unknown" (status -1: nobody can tell whether or how it ended), "refused" (status 1: it
 * was not started; err says why), "running" (answer to EMS_LOG). output and err are bounded by the
 * agent: head and tail with a line between them that says how much is missing. */
#define EMS_STATE_TIMEOUT "timeout"
#define EMS_STATE_KILLED  "killed"
#define EMS_STATE_UNKNOWN "unknown"
#define EMS_STATE_REFUSED "refused"
#define EMS_STATE_RUNNING "running"
#define EMS_REPLY_FIELDS(X)                                      \
    X(STR, output, "output", _, OPTIONAL)                        \
    X(STR, err,    "err",    _, OPTIONAL)                        \
    X(INT, status, "status", _, REQUIRED | EMIT)                 \
    X(STR, state,  "state",  _, OPTIONAL)                        \
    X(INT, took_ms, "took_ms", _, OPTIONAL)
PROTO_RECORD(ems_reply, EMS_REPLY_FIELDS)
/* clang-format on */

#endif
