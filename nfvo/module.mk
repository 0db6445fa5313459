libs += nfvo
lib-nfvo-src := $(shell find nfvo -name '*.c' -not -path 'nfvo/cli/*' -not -path 'nfvo/docs/*' -not -name main.c | sort)
include common/db/embed.mk
$(eval $(call embed-migrations,nfvo/store/migrations,store_migrations))
lib-nfvo-src += $(call embedded,nfvo/store/migrations)
# The prose of the contract goes into the program, beside what is made of its tables.
contract-texts := $(sort $(wildcard proto/doc/*.md))
$(O)/gen/contract_texts.c: $(contract-texts) proto/doc nfvo/api/contract/embed-texts.sh
	@mkdir -p $(@D)
	$(Q)sh nfvo/api/contract/embed-texts.sh contract_texts $(contract-texts) >$@.new && mv $@.new $@
lib-nfvo-src += $(O)/gen/contract_texts.c
# The dashboard goes into the program, too: nfvo stays one file.
ui-files := $(sort $(wildcard nfvo/api/ui/files/*))
$(O)/gen/ui_files.c: $(ui-files) nfvo/api/ui/files nfvo/api/ui/embed-files.sh $(wildcard nfvo/words/*.h)
	@mkdir -p $(@D)
	$(Q)sh nfvo/api/ui/embed-files.sh nfvo/api/ui/files nfvo/words/*.h nfvo/api/ui/ui.c >$@.new && mv $@.new $@
lib-nfvo-src += $(O)/gen/ui_files.c
ifneq ($(wildcard nfvo/main.c),)
bins += nfvo
bin-nfvo-src := nfvo/main.c
bin-nfvo-libs := nfvo proto common
bin-nfvo-ldlibs := -lrabbitmq -lpq -lgnutls -lz -lcurl -lsodium -larchive -lyaml -ljansson -luuid -lm
endif

# The contract: what /doc serves, as files. Into $(O)/contract, for `make docs` and `make install`.
$(O)/docs/contract-docs: $(O)/obj/nfvo/docs/contract.o $(O)/lib/libnfvo.a $(O)/lib/libproto.a $(O)/lib/libcommon.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(bin-nfvo-ldlibs)
$(O)/contract/index.html: $(O)/docs/contract-docs
	@mkdir -p $(@D)/schemas
	$(Q)$< $(@D)
docs: $(O)/contract/index.html
