# make scale: many of everything, measured; see run. SCALE="--services 1000" passes options. Not part of ./tests/check.
$(O)/scale/vnfms: $(O)/obj/tests/scale/vnfms.o $(O)/lib/libob_vnfm.a $(O)/lib/libproto.a $(O)/lib/libcommon.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -lrabbitmq -luuid -lm

scale: all $(O)/bench/load $(O)/scale/vnfms
	tests/scale/run --build $(O) $(SCALE)
