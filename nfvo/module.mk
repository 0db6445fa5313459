libs += nfvo
lib-nfvo-src := $(shell find nfvo -name '*.c' -not -path 'nfvo/cli/*' -not -path 'nfvo/docs/*' -not -name main.c | sort)
include common/db/embed.mk
$(eval $(call embed-migrations,nfvo/store/migrations,store_migrations))
lib-nfvo-src += $(call embedded,nfvo/store/migrations)
ifneq ($(wildcard nfvo/main.c),)
bins += nfvo
bin-nfvo-src := nfvo/main.c
bin-nfvo-libs := nfvo proto common
bin-nfvo-ldlibs := -lrabbitmq -lpq -lgnutls -lz -lcurl -lsodium -larchive -lyaml -ljansson -luuid -lm
endif

# The reference page of the lifecycle's matrix.
$(O)/docs/lifecycle-docs: $(O)/obj/nfvo/docs/main.o $(O)/lib/libnfvo.a $(O)/lib/libproto.a $(O)/lib/libcommon.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^
$(O)/docs/lifecycle.md: $(O)/docs/lifecycle-docs
	$< >$@
docs: $(O)/docs/lifecycle.md
# The reference page of operations.
$(O)/docs/operations-docs: $(O)/obj/nfvo/docs/operations.o $(O)/lib/libnfvo.a $(O)/lib/libproto.a $(O)/lib/libcommon.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^
$(O)/docs/operations.md: $(O)/docs/operations-docs
	$< >$@
docs: $(O)/docs/operations.md
