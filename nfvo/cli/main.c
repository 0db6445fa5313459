#include "nfvo/cli/cli.h"
#include "nfvo/cli/interrupt.h"

int main(int argc, char **argv)
{
    struct cli c;
    cli_init(&c, stdout, stderr);
    int code = cli_main(&c, argc, argv);
    bool was_interrupted = c.was_interrupted;
    cli_release(&c);
    if (was_interrupted)
        cli_interrupt_end(); /* as one that did not catch it: a shell ends its loop, too */
    return code;
}
