# The measuring rod that the product's rate is divided by: see floor.c.
bench-floor-src := $(addprefix tests/bench/,floor.c floor_bus.c floor_roles.c floor_store.c)
$(O)/bench/floor: $(patsubst %.c,$(O)/obj/%.o,$(bench-floor-src))
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -lrabbitmq -lpq

# proto/codec against jansson: see codec.c.
$(O)/bench/codec: $(O)/obj/tests/bench/codec.o $(O)/lib/libproto.a $(O)/lib/libcommon.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -ljansson -lm

# make bench: the whole suite under load, measured; see run. BENCH="--quick --only load" passes options.
bench-load-src := $(addprefix tests/bench/,load.c load_http.c)
$(O)/bench/load: $(patsubst %.c,$(O)/obj/%.o,$(bench-load-src))
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -lpq

$(O)/bench/http: $(O)/obj/tests/bench/bench_http.o $(O)/lib/libcommon.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -lmicrohttpd -lgnutls -lz -lcurl -luuid -lm

# The local VIM driver on this host: see vim_local.c. Not part of `make bench`: it makes containers.
$(O)/bench/vim-local: $(O)/obj/tests/bench/vim_local.o $(O)/lib/libvim_local.a $(O)/lib/libob_vim.a $(O)/lib/libproto.a $(O)/lib/libcommon.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -lrabbitmq -larchive -luuid -lm

bench: all $(O)/bench/floor $(O)/bench/load $(O)/bench/http
	tests/bench/run --build $(O) $(BENCH)

# The hostile clients of tests/bench/hostile: see there.
$(O)/bench/flood: $(O)/obj/tests/bench/flood.o $(O)/obj/tests/support/flood.o $(O)/lib/libproto.a $(O)/lib/libcommon.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -lrabbitmq -lcmocka -ljansson -luuid -lm
