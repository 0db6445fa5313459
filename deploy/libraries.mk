# The libraries as vendors get them: libob_vnfm and libob_vim, shared and static, with public headers and pkg-config files. Each holds what
# it needs of proto and common, and shows the functions of its headers only (*/sdk/NAME.map). The objects are compiled again for this,
# as position-independent code; programs of ours link the ordinary ones.
sdk-libs := ob_vnfm ob_vim
# The soname's number (the first of the version) changes when a program that was built before would not run any more.
sdk-version-ob_vnfm := 2.0.0
sdk-version-ob_vim := 2.0.0
sdk-major = $(firstword $(subst ., ,$(sdk-version-$(1))))
sdk-home-ob_vnfm := vnfm-generic/sdk
sdk-home-ob_vim := vim-drivers/sdk
# libob_vnfm speaks HTTP as well: libcurl is its client; TLS, compressing and the log are the server's.
sdk-ldlibs-ob_vnfm := -lrabbitmq -lcurl -lgnutls -lz -luuid -lm
sdk-ldlibs-ob_vim := -lrabbitmq -luuid -lm
sdk-headers := common/sdk/ob_base.h $(sort $(wildcard $(foreach l,$(sdk-libs),$(sdk-home-$(l))/ob_*.h)))

pic = $(patsubst %.c,$(O)/pic/%.o,$(1))
$(O)/pic/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC   $< (pic)"
	$(Q)$(CCACHE) $(CC) $(filter-out -fPIE,$(CFLAGS)) -fPIC -MMD -MP -c $< -o $@
# What the libraries may take from; the linker takes what it needs.
$(O)/pic/libours.a: $(call pic,$(lib-proto-src) $(sort $(wildcard $(addprefix common/,base/*.c sys/*.c log/*.c json/*.c bus/*.c http/*.c peer/*.c))))
	@rm -f $@
	@echo "  AR   $@"
	$(Q)$(AR) rcs $@ $^

define sdk-rule
$(O)/sdk/lib/lib$(1).so.$(sdk-version-$(1)): $(call pic,$(lib-$(1)-src) common/sdk/ob_base.c) $(O)/pic/libours.a $(sdk-home-$(1))/$(1).map
	@mkdir -p $$(@D)
	@echo "  LD   $$@"
	$(Q)$(CC) $(filter-out -pie,$(LDFLAGS)) -shared -Wl,-z,defs -Wl,-soname,lib$(1).so.$(call sdk-major,$(1)) \
	    -Wl,--version-script=$(sdk-home-$(1))/$(1).map -o $$@ $$(filter %.o %.a,$$^) $(sdk-ldlibs-$(1))
	$(Q)ln -sf lib$(1).so.$(sdk-version-$(1)) $$(@D)/lib$(1).so.$(call sdk-major,$(1)) && ln -sf lib$(1).so.$(call sdk-major,$(1)) $$(@D)/lib$(1).so
# One object, in which nothing but the public functions is global. Those that both libraries have are weak: a program may link both.
$(O)/sdk/lib/lib$(1).a: $(call pic,$(lib-$(1)-src) common/sdk/ob_base.c) $(O)/pic/libours.a $(sdk-home-$(1))/$(1).map
	@mkdir -p $$(@D)
	@rm -f $$@
	@echo "  AR   $$@"
	$(Q)$(LD) -r -o $(O)/pic/$(1).o $$(filter %.o %.a,$$^)
	$(Q)sed -n 's/^ *\(ob_[a-z_]*\);$$$$/\1/p' $(sdk-home-$(1))/$(1).map >$(O)/pic/$(1).symbols
	$(Q)$(OBJCOPY) --keep-global-symbols=$(O)/pic/$(1).symbols --wildcard --weaken-symbol='ob_err_*' --weaken-symbol='ob_text_*' $(O)/pic/$(1).o
	$(Q)$(AR) rcs $$@ $(O)/pic/$(1).o
endef
OBJCOPY ?= objcopy
$(foreach l,$(sdk-libs),$(eval $(call sdk-rule,$(l))))

# As they are installed: <baton/ob_vnfm.h>. What they include of ours becomes the header that is beside them.
define sdk-header-rule
$(O)/sdk/include/baton/$(notdir $(1)): $(1)
	@mkdir -p $$(@D)
	$(Q)sed 's|"common/sdk/in_tree.h"|"ob_base.h"|; s|"vim-drivers/sdk/\(ob_[a-z]*\.h\)"|"\1"|' $$< >$$@.new && mv $$@.new $$@
endef
$(foreach h,$(sdk-headers),$(eval $(call sdk-header-rule,$(h))))
sdk-public-headers := $(foreach h,$(sdk-headers),$(O)/sdk/include/baton/$(notdir $(h)))
public-headers: $(sdk-public-headers)
libraries: public-headers $(foreach l,$(sdk-libs),$(O)/sdk/lib/lib$(l).so.$(sdk-version-$(l)) $(O)/sdk/lib/lib$(l).a)
.PHONY: public-headers libraries
-include $(shell find $(O)/pic -name '*.d' 2>/dev/null)
