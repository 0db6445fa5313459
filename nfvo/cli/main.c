#include "nfvo/cli/cli.h"

int main(int argc, char **argv)
{
    struct cli c;
    cli_init(&c, stdout, stderr);
    int code = cli_main(&c, argc, argv);
    cli_release(&c);
    return code;
}
