# Baton: one non-recursive Makefile. Each folder says in its module.mk what it adds to these lists:
#
#   libs     static libraries; lib-NAME-src lists the sources of build/lib/libNAME.a
#   bins     programs; bin-NAME-src, bin-NAME-libs (ours, in link order), bin-NAME-ldlibs (the system's)
#
# Tests are found, not listed: tests/unit/**/test_*.c is one program each, tests/integration/test_*.c likewise.
#
#   make            everything            make check      all layers of ./tests/check
#   make asan O=..  everything with the sanitizers (unit tests always run with them)
#   make help       the targets

O        ?= build
V        ?=
Q        := $(if $(V),,@)
ifeq ($(origin CC),default)
CC       := gcc
endif
CCACHE   := $(shell command -v ccache 2>/dev/null)
WERROR   ?= $(if $(CI),-Werror)

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wold-style-definition -Wpointer-arith -Wwrite-strings -Wcast-qual -Wformat=2 -Wvla -Wundef \
            -Wswitch -Wimplicit-fallthrough -Wconversion -Wno-sign-conversion
# Messages and paths are cut to their bounded buffers on purpose; gcc 12 would have each such place checked by hand.
WARNINGS += -Wno-format-truncation
ifeq ($(findstring clang,$(CC)),)
WARNINGS += -Wlogical-op -Wduplicated-cond
endif
OPT      ?= -O2 -D_FORTIFY_SOURCE=2
SANITIZE ?=
override CFLAGS  := -std=gnu11 $(WARNINGS) $(WERROR) -fno-common -g $(OPT) -fstack-protector-strong -fPIE \
            -fno-omit-frame-pointer -pthread -I. -D_GNU_SOURCE $(SANITIZE) $(CFLAGS)
override LDFLAGS := -pie -Wl,-z,relro,-z,now -pthread $(SANITIZE) $(LDFLAGS)

# The sanitized tree is the same Makefile with another output directory.
ASAN_O     := $(O)/asan
ASAN_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all

.DEFAULT_GOAL := everything
libs :=
bins :=
include common/module.mk proto/module.mk $(wildcard nfvo/module.mk nfvo/cli/module.mk vnfm-generic/module.mk \
        ems-agent/module.mk vim-drivers/module.mk tests/*/module.mk)

obj = $(patsubst %.c,$(O)/obj/%.o,$(1))
all: $(foreach l,$(libs),$(O)/lib/lib$(l).a) $(foreach b,$(bins),$(O)/bin/$(b))

$(O)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CCACHE) $(CC) $(CFLAGS) -MMD -MP -c $< -o $@

define lib-rule
$(O)/lib/lib$(1).a: $(call obj,$(lib-$(1)-src))
	@mkdir -p $$(@D)
	@rm -f $$@
	@echo "  AR   $$@"
	$(Q)$(AR) rcs $$@ $$^
endef
$(foreach l,$(libs),$(eval $(call lib-rule,$(l))))

define bin-rule
$(O)/bin/$(1): $(call obj,$(bin-$(1)-src)) $(foreach l,$(bin-$(1)-libs),$(O)/lib/lib$(l).a)
	@mkdir -p $$(@D)
	@echo "  LD   $$@"
	$(Q)$(CC) $(LDFLAGS) -o $$@ $(call obj,$(bin-$(1)-src)) $(foreach l,$(bin-$(1)-libs),$(O)/lib/lib$(l).a) $(bin-$(1)-ldlibs)
endef
$(foreach b,$(bins),$(eval $(call bin-rule,$(b))))

include deploy/libraries.mk

# --- tests: every test program links all libraries of ours; the linker takes what it needs ------------------
all-libs   := $(foreach l,$(libs),$(O)/lib/lib$(l).a)
all-ldlibs := -lrabbitmq -lpq -lgnutls -lz -lcurl -lsodium -larchive -lyaml -lsmartcols -ljansson -luuid -lm
support-src := $(wildcard tests/support/*.c)
unit-src    := $(shell find tests/unit -name 'test_*.c' 2>/dev/null | sort)
itest-src   := $(shell find tests/integration -name 'test_*.c' 2>/dev/null | sort)
unit-bin    := $(patsubst tests/unit/%.c,$(O)/unit/%,$(unit-src))
htest-src   := $(sort $(wildcard tests/hostile/test_*.c))
itest-bin   := $(patsubst tests/integration/%.c,$(O)/integration/%,$(itest-src))
htest-bin   := $(patsubst tests/hostile/%.c,$(O)/hostile/%,$(htest-src))

$(O)/lib/libtestsupport.a: $(call obj,$(support-src))
	@mkdir -p $(@D)
	@rm -f $@
	@echo "  AR   $@"
	$(Q)$(AR) rcs $@ $^
define test-rule
$(O)/$(1)/%: $(O)/obj/tests/$(1)/%.o $(O)/lib/libtestsupport.a $(all-libs)
	@mkdir -p $$(@D)
	@echo "  LD   $$@"
	$(Q)$(CC) $(LDFLAGS) -o $$@ $$< $(O)/lib/libtestsupport.a -Wl,--start-group $(all-libs) -Wl,--end-group $(all-ldlibs) -lcmocka
endef
$(eval $(call test-rule,unit))
$(eval $(call test-rule,integration))
$(eval $(call test-rule,hostile))
.SECONDARY:

# Ends all that a test started: see its head. The scripts find it as $(O)/support/reap.
$(O)/support/reap: $(O)/obj/tests/support/reap/reap.o
	@mkdir -p $(@D)
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^

unit-programs: $(unit-bin)
itest-programs: $(itest-bin) all
htest-programs: $(htest-bin)
asan:
	@$(MAKE) --no-print-directory O=$(ASAN_O) SANITIZE="$(ASAN_FLAGS)" OPT="-O1" all unit-programs
# All that the layers of tests/check run, so that compiling counts as no layer's time.
check-programs: all libraries manuals sim-program $(O)/support/reap $(O)/docs/proto-docs
	@$(MAKE) --no-print-directory O=$(ASAN_O) SANITIZE="$(ASAN_FLAGS)" OPT="-O1" all unit-programs itest-programs htest-programs sim-program
unit: asan $(O)/support/reap
	@tests/support/run-cmocka --layer unit $(patsubst tests/unit/%.c,$(ASAN_O)/unit/%,$(unit-src))
test: unit
itest: integration
integration: all $(O)/support/reap
	@$(MAKE) --no-print-directory O=$(ASAN_O) SANITIZE="$(ASAN_FLAGS)" OPT="-O1" all itest-programs
	@tests/integration/run $(patsubst tests/integration/%.c,$(ASAN_O)/integration/%,$(itest-src))
hostile: $(O)/support/reap
	@$(MAKE) --no-print-directory O=$(ASAN_O) SANITIZE="$(ASAN_FLAGS)" OPT="-O1" htest-programs
	@tests/integration/run --layer hostile $(patsubst tests/hostile/%.c,$(ASAN_O)/hostile/%,$(htest-src))
e2e: all libraries manuals $(O)/support/reap $(O)/docs/proto-docs
	@tests/e2e/run
# From releases of before, out of the history: see tests/upgrade/run.
upgrade: all $(O)/support/reap
	@tests/upgrade/run
upgrade-programs: all $(O)/support/reap
	@BUILD_ONLY=1 tests/upgrade/run
interop: all manuals $(O)/support/reap
	@tests/interop/run
# Drivers against the services themselves: tests/clouds/README.md. Where packages are missing and we may not install them: NOT RUN.
clouds: all $(O)/support/reap
	@[ $$(id -u) -ne 0 ] || tests/clouds/openstack install >/dev/null
	@$(MAKE) --no-print-directory O=$(ASAN_O) SANITIZE="$(ASAN_FLAGS)" OPT="-O1" all $(ASAN_O)/integration/test_vim_openstack
	@tests/clouds/run
# Schemathesis against the OpenAPI document, ten minutes: tests/contract/run.
contract: all
	@tests/contract/run
# The dashboard in a real Chromium: tests/ui/run.
.PHONY: ui
ui: all $(O)/support/reap
	@tests/ui/run
lint:
	@tests/lint/run
fmt:
	clang-format-14 -i $$(git ls-files '*.c' '*.h')
# What ./deploy/demo runs, and not what it does not.
demo-programs: $(addprefix $(O)/bin/,nfvo baton vnfm-generic ems-agent vim-driver-local)
demo-docker-programs: $(O)/bin/vim-driver-docker $(static-agent)
demo-openstack-programs: $(addprefix $(O)/bin/,vim-driver-openstack vnfm-dummy)
demo-matrix:
	@tests/demo/matrix
# The stack of deploy/compose on a Docker engine of its own; takes minutes.
compose-test:
	@tests/compose/run
# The packages on a bare Debian 12 with a systemd of its own; takes minutes.
deb-test: deb
	@tests/deb/run
check:
	@./tests/check

include deploy/install.mk
# All that `make install` brings, so that root compiles nothing.
everything: all libraries manuals
clean:
	rm -rf $(O)
help:
	@echo "all check unit integration hostile e2e upgrade sim interop contract clouds bench scale demo-matrix compose-test fuzz lint fmt asan tsan libraries manuals install uninstall deb deb-test clean"
	@echo "  V=1    show commands    O=dir  output directory     CC=clang-14     SEEDS=n (sim)     CI=1 (warnings are errors)"

tsan:
	@$(MAKE) --no-print-directory O=$(O)/tsan SANITIZE="-fsanitize=thread" OPT="-O1" all

.PHONY: all everything check-programs unit test itest integration hostile e2e upgrade upgrade-programs interop contract clouds docs demo-programs demo-docker-programs demo-openstack-programs demo-matrix compose-test deb-test lint fmt check clean help asan tsan unit-programs itest-programs htest-programs sim bench scale fuzz
-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)
