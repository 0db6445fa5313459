/* Ctrl-C for commands that go on until it comes: they end in order, with exit 0. */
#ifndef NFVO_CLI_INTERRUPT_H
#define NFVO_CLI_INTERRUPT_H

#include <stdbool.h>

/* Readable once SIGINT or SIGTERM came; both do nothing else from the first call on. -1: none to be
 * had, then Ctrl-C ends the program as ever. */
int cli_interrupt_fd(void);
/* Waits so long, or until it comes; true: it came. */
bool cli_interrupted(int timeout_ms);

/* End the process by SIGINT, as the shell expects it of a program that was interrupted. */
void cli_interrupt_end(void);

#endif
