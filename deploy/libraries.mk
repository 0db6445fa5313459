# The libraries as vendors get them: libob_vnfm and libob_vim, shared and static, with public headers and pkg-config files. Each holds what
# it needs of proto and common, and shows the functions of its headers only (*/sdk/NAME.map). The objects are compiled again for this,
# as position-independent code; programs of ours link the ordinary ones.
sdk-libs := ob_vnfm ob_vim
# The soname's number changes when a program that was built before would not run any more.
sdk-major := 1
sdk-version := 1.0.0
sdk-home-ob_vnfm := vnfm-generic/sdk
sdk-home-ob_vim := vim-drivers/sdk
sdk-headers := common/sdk/ob_base.h $(sort $(wildcard $(foreach l,$(sdk-libs),$(sdk-home-$(l))/ob_*.h)))

pic = $(patsubst %.c,$(O)/pic/%.o,$(1))
$(O)/pic/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC   $< (pic)"
	$(Q)$(CCACHE) $(CC) $(filter-out -fPIE,$(CFLAGS)) -fPIC -MMD -MP -c $< -o $@
# What the libraries may take from; the linker takes what it needs.
$(O)/pic/libours.a: $(call pic,$(lib-proto-src) $(sort $(wildcard $(addprefix common/,base/*.c sys/*.c bus/*.c peer/*.c))))
	@rm -f $@
	@echo "  AR   $@"
	$(Q)$(AR) rcs $@ $^

define sdk-rule
$(O)/sdk/lib/lib$(1).so.$(sdk-version): $(call pic,$(lib-$(1)-src) common/sdk/ob_base.c) $(O)/pic/libours.a $(sdk-home-$(1))/$(1).map
	@mkdir -p $$(@D)
	@echo "  LD   $$@"
	$(Q)$(CC) $(filter-out -pie,$(LDFLAGS)) -shared -Wl,-z,defs -Wl,-soname,lib$(1).so.$(sdk-major) \
	    -Wl,--version-script=$(sdk-home-$(1))/$(1).map -o $$@ $$(filter %.o %.a,$$^) -lrabbitmq -luuid -lm
	$(Q)ln -sf lib$(1).so.$(sdk-version) $$(@D)/lib$(1).so.$(sdk-major) && ln -sf lib$(1).so.$(sdk-major) $$(@D)/lib$(1).so
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
libraries: public-headers $(foreach l,$(sdk-libs),$(O)/sdk/lib/lib$(l).so.$(sdk-version) $(O)/sdk/lib/lib$(l).a)
.PHONY: public-headers libraries
-include $(shell find $(O)/pic -name '*.d' 2>/dev/null)
