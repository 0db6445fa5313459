# The measuring rod that the product's rate is divided by: see floor.c.
bench-floor-src := $(addprefix tests/bench/,floor.c floor_bus.c floor_roles.c floor_store.c)
$(O)/bench/floor: $(patsubst %.c,$(O)/obj/%.o,$(bench-floor-src))
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -lrabbitmq -lpq
