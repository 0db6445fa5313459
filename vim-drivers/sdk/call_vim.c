#include "vim-drivers/sdk/internal.h"

#define PROTO_THIS struct call_vim
PROTO_RECORD_DEFINE(call_vim, CALL_VIM_FIELDS)
#undef PROTO_THIS
