# The SDK is a library of its own: third parties link it with proto and common.
libs += ob_vnfm
lib-ob_vnfm-src := $(shell find vnfm-generic/sdk -name '*.c' | sort)
bins += vnfm-dummy
bin-vnfm-dummy-src := vnfm-generic/dummy/main.c
bin-vnfm-dummy-libs := ob_vnfm proto common
bin-vnfm-dummy-ldlibs := -lrabbitmq -luuid -lm
