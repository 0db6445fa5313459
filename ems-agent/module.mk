# The agent is a library plus a thin executable, for its tests. It runs inside customers' machines: librabbitmq is all it needs.
libs += ems
lib-ems-src := $(shell find ems-agent -name '*.c' -not -name main.c | sort)
bins += ems-agent
bin-ems-agent-src := ems-agent/main.c
bin-ems-agent-libs := ems proto common
bin-ems-agent-ldlibs := -lrabbitmq -luuid -lm
