libs += proto
lib-proto-src := $(shell find proto -path proto/docs -prune -o -name '*.c' -print | sort)

# Reference pages and JSON Schemas out of the field tables; not installed.
$(O)/docs/proto-docs: $(O)/obj/proto/docs/main.o $(O)/lib/libproto.a $(O)/lib/libcommon.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -lm
$(O)/docs/messages.md: $(O)/docs/proto-docs
	$< >$@
	for record in nsd vnfd vnf_package event_endpoint; do $< --schema $$record >$(@D)/$$record.schema.json || exit 1; done
$(O)/docs/rights.md: $(O)/docs/proto-docs
	$< --rights >$@
	$< --rights-json >$(@D)/rights.json
docs: $(O)/docs/messages.md $(O)/docs/rights.md
.PHONY: docs
