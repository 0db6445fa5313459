libs += common
lib-common-src := $(shell find common -name '*.c' | sort)
