libs += nfvo
lib-nfvo-src := $(shell find nfvo -name '*.c' -not -path 'nfvo/cli/*' -not -name main.c | sort)
include common/db/embed.mk
$(eval $(call embed-migrations,nfvo/store/migrations,store_migrations))
lib-nfvo-src += $(call embedded,nfvo/store/migrations)
ifneq ($(wildcard nfvo/main.c),)
bins += nfvo
bin-nfvo-src := nfvo/main.c
bin-nfvo-libs := nfvo proto common
bin-nfvo-ldlibs := -lrabbitmq -lpq -lmicrohttpd -lcurl -lsodium -ljansson -luuid -lm
endif
