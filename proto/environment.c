#include "proto/environment.h"

#include "common/base/macros.h"
#include "common/base/sbuf.h"

#include <stddef.h>
#include <string.h>

/* clang-format off */
static const char *const names[] = {
    /* the shells */
    "PATH", "IFS", "ENV", "BASH_ENV", "BASHOPTS", "SHELLOPTS", "CDPATH", "GLOBIGNORE", "EXECIGNORE", "PS4", "PROMPT_COMMAND", "BASH_LOADABLES_PATH",
    "BASH_XTRACEFD", "SHELL", "FPATH", "ZDOTDIR", "FIGNORE",
    /* the C library */
    "GCONV_PATH", "GETCONF_DIR", "GLIBC_TUNABLES", "HOSTALIASES", "LOCALDOMAIN", "LOCPATH", "NIS_PATH", "NLSPATH", "RESOLV_HOST_CONF", "RES_OPTIONS",
    "TZDIR", "RESOLV_ADD_TRIM_DOMAINS", "RESOLV_MULTI", "RESOLV_OVERRIDE_TRIM_DOMAINS", "RESOLV_SPOOF_CHECK", "MALLOC_TRACE", "NSS_WRAPPER_PASSWD",
    /* languages */
    "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE", "PYTHONEXECUTABLE", "PYTHONPLATLIBDIR", "PYTHONWARNINGS", "PYTHONBREAKPOINT",
    "PYTHONINSPECT", "PYTHONPYCACHEPREFIX", "PYTHONCASEOK", "PERL5LIB", "PERL5OPT", "PERL5DB", "PERLLIB", "PERLIO", "RUBYLIB", "RUBYOPT", "RUBYSHELL",
    "GEM_HOME", "GEM_PATH", "BUNDLE_GEMFILE", "NODE_OPTIONS", "NODE_PATH", "NODE_EXTRA_CA_CERTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH",
    "LUA_PATH", "LUA_CPATH", "LUA_INIT", "PHPRC", "PHP_INI_SCAN_DIR", "TCLLIBPATH", "AWKPATH", "AWKLIBPATH", "GUILE_LOAD_PATH", "GUILE_LOAD_COMPILED_PATH",
    "R_PROFILE", "R_ENVIRON", "R_LIBS", "ERL_FLAGS", "ERL_LIBS", "ERL_AFLAGS", "ERL_ZFLAGS", "GOFLAGS", "DOTNET_STARTUP_HOOKS",
    /* what programs run, or read as code */
    "EDITOR", "VISUAL", "PAGER", "BROWSER", "LESSOPEN", "LESSCLOSE", "MANPAGER", "SSH_ASKPASS", "SUDO_ASKPASS", "RSYNC_RSH", "CVS_RSH", "TAR_OPTIONS",
    "OPENSSL_CONF", "OPENSSL_ENGINES", "OPENSSL_MODULES", "SSLKEYLOGFILE", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_HOME", "WGETRC", "SYSTEM_WGETRC",
    "KRB5_CONFIG", "TERMINFO", "TERMINFO_DIRS", "TERMCAP", "TERMPATH", "INPUTRC", "MAKEFLAGS", "MAKEFILES", "GREP_OPTIONS", "POSIXLY_CORRECT",
    "APT_CONFIG", "DPKG_ROOT", "MODPROBE_OPTIONS", "GTK_MODULES", "GIO_EXTRA_MODULES",
};
static const char *const prefixes[] = {"LD_", "DYLD_", "BASH_FUNC_", "GIT_", "PIP_", "NPM_CONFIG_", "npm_config_"};
/* clang-format on */

/* name, as it is in an environment, begins with text; the whole of it. */
static bool begins(const char *name, const char *text, bool is_whole)
{
    for (; *text; name++, text++) {
        char c = *name;
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!c || (is_plain ? c : '_') != *text)
            return false;
    }
    return !is_whole || !*name;
}

bool environment_is_steering(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (begins(name, names[i], true))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
        if (begins(name, prefixes[i], false))
            return true;
    return false;
}

static void add_names(struct sbuf *out, const char *const *of, size_t n, const char *behind)
{
    for (size_t i = 0; i < n; i++)
        sbuf_addf(out, "%s`%s%s`", i ? ", " : "", of[i], behind);
}

void environment_describe(struct sbuf *out)
{
    sbuf_adds(out, "# Names that no parameter of a script may have\n\nMade from "
                   "`proto/environment.c`. They change how programs are found or loaded, or run "
                   "other ones. A name is taken as a script's environment has it: what is neither "
                   "letter nor digit is an underscore. What scripts are given: agent.md 3.\n\n");
    add_names(out, names, ARRAY_LEN(names), "");
    sbuf_adds(out, "\n\nand all that begin with ");
    add_names(out, prefixes, ARRAY_LEN(prefixes), "");
    sbuf_adds(out, ".\n");
}
