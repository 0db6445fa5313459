# The SDK is a library of its own: third parties link it with proto and common.
libs += ob_vnfm
lib-ob_vnfm-src := $(shell find vnfm-generic/sdk -name '*.c' | sort)
bins += vnfm-dummy
bin-vnfm-dummy-src := vnfm-generic/dummy/main.c
bin-vnfm-dummy-libs := ob_vnfm proto common
bin-vnfm-dummy-ldlibs := -lrabbitmq -lcurl -lgnutls -lz -luuid -lm

libs += vnfm_generic
lib-vnfm_generic-src := $(sort $(wildcard $(addprefix vnfm-generic/,lifecycle/*.c store/*.c ems/*.c scheduler/*.c)))
include common/db/embed.mk
$(eval $(call embed-migrations,vnfm-generic/store/migrations,generic_migrations))
lib-vnfm_generic-src += $(call embedded,vnfm-generic/store/migrations)
$(O)/gen/vnfm-generic/texts.c: vnfm-generic/user-data.sh vnfm-generic/ems/guard.sh vnfm-generic/embed.sh
	@mkdir -p $(@D)
	$(Q)sh vnfm-generic/embed.sh user_data_template vnfm-generic/user-data.sh guard_script vnfm-generic/ems/guard.sh >$@.new && mv $@.new $@
lib-vnfm_generic-src += $(O)/gen/vnfm-generic/texts.c
lib-vnfm_generic-src += vnfm-generic/options.c
bins += vnfm-generic
bin-vnfm-generic-src := vnfm-generic/main.c
bin-vnfm-generic-libs := vnfm_generic ob_vnfm proto common
bin-vnfm-generic-ldlibs := -lrabbitmq -lcurl -lgnutls -lz -lpq -luuid -lm
