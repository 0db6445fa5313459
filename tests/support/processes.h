/* The processes of a folder: those of a machine that a test plays, or of a program's state. They
 * are known by the folder, which is in their command line, in the environment they were started
 * with, or around their working directory, and not by who their parent is: what a killed process
 * leaves has another one.
 *
 *     test_processes_end(s->folder, NULL);        in the teardown, before the folder goes */
#ifndef TESTS_SUPPORT_PROCESSES_H
#define TESTS_SUPPORT_PROCESSES_H

#include <stdbool.h>
#include <sys/types.h>

/* kill -9 of each of them but those that is_spared (may be NULL), again and again until none is
 * left: also one that was about to be born comes to its end. Returns when they are gone; fails the
 * test when one is not within 30 s, saying which. Never ends the caller. */
void test_processes_end(const char *folder, bool (*is_spared)(pid_t pid));

/* Its name as the kernel knows it (comm of proc(5)) is this one. */
bool test_process_is(pid_t pid, const char *name);

#endif
