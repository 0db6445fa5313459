libs += proto
lib-proto-src := $(shell find proto -path proto/docs -prune -o -name '*.c' -print | sort)

# JSON Schemas of single records, for tests. The whole contract: contract-docs (nfvo/module.mk), `make docs`.
$(O)/docs/proto-docs: $(O)/obj/proto/docs/main.o $(O)/lib/libproto.a $(O)/lib/libcommon.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -lm

