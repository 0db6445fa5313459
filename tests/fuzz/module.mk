# Fuzz targets: tests/fuzz/NAME.c, with fuzz-NAME-src the sources that it is built from besides (all with the
# sanitizers' and the fuzzer's instrumentation, so not from our libraries) and fuzz-NAME-ldlibs.
#
#   make fuzz                       all, FUZZ_SECONDS each (default 60)
#   make build/fuzz/NAME            one of them, to run by hand
#   make fuzz FUZZ_TARGETS=NAME     one of them

fuzz-all := fuzz_codec fuzz_messages fuzz_package fuzz_metadata fuzz_request fuzz_credentials fuzz_registration fuzz_user_data fuzz_operation fuzz_docker fuzz_openstack
FUZZ_TARGETS ?= $(fuzz-all)
fuzz-proto-src := tests/support/oracle.c $(lib-proto-src) $(wildcard common/base/*.c)
fuzz-fuzz_codec-src := $(fuzz-proto-src)
fuzz-fuzz_messages-src := $(fuzz-proto-src)
fuzz-fuzz_package-src := $(lib-proto-src) $(wildcard common/base/*.c nfvo/catalogue/*.c)
fuzz-fuzz_package-ldlibs := -larchive -lyaml
fuzz-fuzz_metadata-src := $(fuzz-fuzz_package-src)
fuzz-fuzz_metadata-ldlibs := $(fuzz-fuzz_package-ldlibs)
fuzz-fuzz_request-src := $(filter-out $(addprefix common/http/,calls.c client.c dial.c transfer.c url.c),$(wildcard common/base/*.c common/http/*.c common/log/*.c common/sys/*.c))
fuzz-fuzz_request-ldlibs := -lgnutls -lz -luuid -pthread
fuzz-fuzz_credentials-src := nfvo/api/auth/credentials.c common/http/http.c $(wildcard common/base/*.c)
fuzz-fuzz_credentials-ldlibs := -lsodium
fuzz-fuzz_registration-src := $(lib-proto-src) $(wildcard common/base/*.c) nfvo/vnfm/request.c
fuzz-fuzz_user_data-src := $(lib-proto-src) $(wildcard common/base/*.c) common/fsm/decision.c common/ports/pg_refs.c nfvo/lifecycle/user_data.c
fuzz-fuzz_operation-src := $(lib-proto-src) $(wildcard common/base/*.c) $(wildcard nfvo/lifecycle/operation/*.c) common/fsm/fsm.c
fuzz-fuzz_docker-src := $(lib-proto-src) $(wildcard common/base/*.c) common/http/http.c vim-drivers/docker/text.c vim-drivers/docker/records.c
fuzz-fuzz_openstack-src := $(lib-proto-src) $(wildcard common/base/*.c) common/http/http.c vim-drivers/openstack/text.c vim-drivers/openstack/records.c

FUZZ_CC ?= clang-14
FUZZ_FLAGS := -std=gnu11 -g -O1 -fno-omit-frame-pointer -I. -D_GNU_SOURCE \
        -fsanitize=address,undefined -fno-sanitize-recover=all

fuzz-obj = $(patsubst %.c,$(O)/fuzz/obj/%.o,$(1))
$(O)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CCACHE) $(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c $< -o $@

define fuzz-rule
$(O)/fuzz/$(1): $(call fuzz-obj,tests/fuzz/$(1).c $(fuzz-$(1)-src))
	$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $$@ $$^ $(fuzz-$(1)-ldlibs) -ljansson -lm
endef
$(foreach t,$(fuzz-all),$(eval $(call fuzz-rule,$(t))))

$(O)/fuzz/words $(O)/fuzz/seed: $(O)/fuzz/%: $(call fuzz-obj,tests/fuzz/words.c tests/fuzz/seed.c $(fuzz-proto-src))
	$(FUZZ_CC) $(FUZZ_FLAGS) -o $@ $(O)/fuzz/obj/tests/fuzz/$*.o $(call fuzz-obj,$(fuzz-proto-src)) -ljansson -lm
$(O)/fuzz/words.dict: $(O)/fuzz/words
	$< | sort -u >$@
fuzz-examples := $(wildcard tests/unit/proto/examples/*.json)
$(O)/fuzz/seeds/.done: $(O)/fuzz/seed $(fuzz-examples)
	@mkdir -p $(O)/fuzz/seeds/fuzz_codec $(O)/fuzz/seeds/fuzz_messages
	cp $(fuzz-examples) $(O)/fuzz/seeds/fuzz_codec/
	$< $(O)/fuzz/seeds/fuzz_messages $(fuzz-examples)
	@touch $@

fuzz: $(addprefix $(O)/fuzz/,$(FUZZ_TARGETS) words.dict seeds/.done)
	@tests/fuzz/run $(O) $(FUZZ_TARGETS)
-include $(shell find $(O)/fuzz/obj -name '*.d' 2>/dev/null)
