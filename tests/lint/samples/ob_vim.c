// The sample in vim-drivers/sdk/ob_vim.h
#include "vim-drivers/sdk/ob_vim.h"

void wait_for_signal(void);
enum ob_code launch(void *arg, struct ob_call *call, struct ob_text *answer, struct ob_err *err);

/* clang-format off */
/* sample */
static enum ob_code list_images(void *arg, struct ob_call *call, struct ob_text *answer,
                                struct ob_err *err)
{
    ob_text_add(answer, "[{\"extId\":\"i-1\",\"name\":\"bionic\"}]");
    return OB_OK; // the SDK replies {"answer":[...]}
}

// parameters behind the VIM instance: overloads differ by their number
static const struct ob_vim_method methods[] = {
    {"listImages", 0, list_images}, {"launchInstanceAndWait", 9, launch}, {0}};

int main(void)
{
    struct ob_err err = OB_ERR_INIT;
    struct ob_vim *vim = ob_vim_new(&(struct ob_vim_options){.type = "mycloud",
                                                             .broker = {.host = "10.0.0.5"},
                                                             .methods = methods},
                                    &err);
    if (!vim || ob_vim_start(vim, &err) != OB_OK)
        return 1;
    wait_for_signal();
    ob_vim_stop(vim, 5000);
    ob_vim_free(vim);
}
/* end */
/* clang-format on */
