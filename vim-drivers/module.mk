# The SDK is a library of its own: third parties link it with proto and common. The model of the test driver is one, too, for its tests.
libs += ob_vim vim_common vim_test
lib-ob_vim-src := $(shell find vim-drivers/sdk -name '*.c' | sort)
# Between our own drivers: the process, addresses.
lib-vim_common-src := $(shell find vim-drivers/common -name '*.c' | sort)
lib-vim_test-src := $(shell find vim-drivers/test -name '*.c' -not -name main.c | sort)
bins += vim-driver-test
bin-vim-driver-test-src := vim-drivers/test/main.c
bin-vim-driver-test-libs := vim_test vim_common ob_vim proto common
bin-vim-driver-test-ldlibs := -lrabbitmq -lgnutls -lz -luuid -lm

libs += vim_local
lib-vim_local-src := $(shell find vim-drivers/local -name '*.c' -not -name main.c | sort)
bins += vim-driver-local
bin-vim-driver-local-src := vim-drivers/local/main.c
bin-vim-driver-local-libs := vim_local vim_common ob_vim proto common
bin-vim-driver-local-ldlibs := -lrabbitmq -larchive -lgnutls -lz -luuid -lm

# The engine is spoken to by common/http, which brings the libraries of its server, too.
libs += vim_docker
lib-vim_docker-src := $(shell find vim-drivers/docker -name '*.c' -not -name main.c | sort)
bins += vim-driver-docker
bin-vim-driver-docker-src := vim-drivers/docker/main.c
bin-vim-driver-docker-libs := vim_docker vim_common ob_vim proto common
bin-vim-driver-docker-ldlibs := -lrabbitmq -lcurl -larchive -lgnutls -lz -luuid -lm

libs += vim_openstack
lib-vim_openstack-src := $(shell find vim-drivers/openstack -name '*.c' -not -name main.c | sort)
bins += vim-driver-openstack
bin-vim-driver-openstack-src := vim-drivers/openstack/main.c
bin-vim-driver-openstack-libs := vim_openstack vim_common ob_vim proto common
bin-vim-driver-openstack-ldlibs := -lrabbitmq -lcurl -lgnutls -lz -luuid -lm
