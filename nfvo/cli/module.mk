# The command line client. A library and a thin program, so that the unit tests link what users run.
libs += cli
lib-cli-src := $(filter-out nfvo/cli/main.c,$(wildcard nfvo/cli/*.c)) $(wildcard nfvo/cli/kit/*.c)
bins += baton
bin-baton-src := nfvo/cli/main.c
bin-baton-libs := cli nfvo proto common
bin-baton-ldlibs := -lrabbitmq -lsmartcols -lcurl -larchive -lyaml -ljansson -luuid -lm
