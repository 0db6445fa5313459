libs += proto
lib-proto-src := $(shell find proto -name '*.c' | sort)
