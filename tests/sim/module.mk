# The seeded simulator: README.md. `make sim SEEDS=n`; the sanitized run takes a fiftieth of them. It needs the engine and the pure
# lifecycle only, so it builds whatever state the rest of nfvo/ is in.
SEEDS ?= 10000
sim-src := $(wildcard tests/sim/*.c nfvo/lifecycle/*.c nfvo/lifecycle/operation/*.c nfvo/lifecycle/reconcile/*.c $(filter-out %/reconciler.c,$(wildcard nfvo/reconcile/*.c)) $(filter-out %_pg.c %_amqp.c,$(wildcard common/engine/*.c)) common/fsm/*.c common/base/*.c common/sys/*.c common/log/*.c) common/metrics/metrics.c common/db/param.c nfvo/store/store_findings.c \
           $(wildcard proto/*.c proto/codec/*.c proto/records/*.c proto/messages/*.c)
$(O)/sim/sim: $(patsubst %.c,$(O)/obj/%.o,$(sim-src))
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -ljansson -luuid -lm
sim-program: $(O)/sim/sim
sim: sim-program
	@$(MAKE) --no-print-directory O=$(ASAN_O) SANITIZE="$(ASAN_FLAGS)" OPT="-O1" sim-program
	@$(ASAN_O)/sim/sim --seeds $$(($(SEEDS) / 50 + 1)) --from 1000000
	@$(O)/sim/sim --seeds $(SEEDS) >$(O)/sim/seeds.log 2>&1 & seeds=$$!; rc=0; \
	$(O)/sim/sim --plants $(SEEDS) || rc=1; wait $$seeds || rc=1; cat $(O)/sim/seeds.log; exit $$rc
.PHONY: sim-program
