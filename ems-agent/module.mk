# The agent is a library plus a thin executable, for its tests. It runs inside customers' machines: librabbitmq is all it needs.
libs += ems
lib-ems-src := $(shell find ems-agent -name '*.c' -not -name main.c | sort)
bins += ems-agent
bin-ems-agent-src := ems-agent/main.c
bin-ems-agent-libs := ems proto common
bin-ems-agent-ldlibs := -lrabbitmq -luuid -lm

# The same for containers of any image, which may have no library of ours: vim-driver-docker puts it in. Where Debian's static
# libraries are (librabbitmq-dev, libssl-dev, uuid-dev), and not under a sanitizer.
static-agent := $(if $(SANITIZE),,$(if $(strip $(foreach l,rabbitmq ssl crypto uuid,$(if $(wildcard $(shell $(CC) -print-file-name=lib$(l).a)),,missing))),,$(O)/bin/ems-agent-static))
ifneq ($(static-agent),)
all: $(static-agent)
$(static-agent): $(patsubst %.c,$(O)/obj/%.o,$(bin-ems-agent-src)) $(foreach l,$(bin-ems-agent-libs),$(O)/lib/lib$(l).a)
	@mkdir -p $(@D)
	@echo "  LD   $@"
	$(Q)$(CC) $(filter-out -pie,$(LDFLAGS)) -static -s -Wl,--no-warnings -o $@ $^ -lrabbitmq -lssl -lcrypto -luuid -lm
endif
