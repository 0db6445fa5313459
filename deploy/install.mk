# `make install` and `make uninstall`: one list of what is installed, so that they cannot disagree. DESTDIR is put in front of every path;
# packages say LIBDIR=/usr/lib/x86_64-linux-gnu. Nothing in /etc is touched: deploy/README.md, "On a server".
PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib
share   := $(PREFIX)/share/doc/baton

# MODE:SOURCE:DESTINATION. A mode that ends with t: a text in which /usr/local and @LIBDIR@ are replaced by where it goes.
# to FOLDER,MODE,SOURCES
to = $(foreach f,$(3),$(2):$(f):$(1)/$(notdir $(f)))
# below FOLDER,SOURCE FOLDER: all of its files, as they are
below = $(foreach f,$(shell find $(2) -type f -perm -u+x),755:$(f):$(1)/$(patsubst $(2)/%,%,$(f))) \
        $(foreach f,$(shell find $(2) -type f -not -perm -u+x),644:$(f):$(1)/$(patsubst $(2)/%,%,$(f)))
# What contract-docs writes: proto/doc/README.md.
contract-files = $(shell sed -n 's/^    {"\([a-z-]*\.[a-z]*\)",.*/\1/p' nfvo/api/contract/documents.c) $(notdir $(wildcard proto/doc/*.md)) \
    $(shell sed -n 's/^ *&\(.*\)_type,$$/schemas\/\1.schema.json/p' proto/types.c)
installed = $(call to,$(PREFIX)/bin,755,$(foreach b,$(bins),$(O)/bin/$(b))) \
    $(call to,$(PREFIX)/bin,755,$(static-agent)) \
    $(call to,$(PREFIX)/lib/systemd/system,644t,$(wildcard deploy/systemd/*.service)) \
    $(call to,$(PREFIX)/lib/baton,755t,deploy/systemd/enrol) \
    644:deploy/systemd/baton.sysusers:$(PREFIX)/lib/sysusers.d/baton.conf \
    644:deploy/systemd/baton.tmpfiles:$(PREFIX)/lib/tmpfiles.d/baton.conf \
    $(call to,$(PREFIX)/include/baton,644,$(sdk-public-headers)) \
    $(call to,$(LIBDIR),644,$(foreach l,$(sdk-libs),$(O)/sdk/lib/lib$(l).so.$(sdk-version-$(l)) $(O)/sdk/lib/lib$(l).a)) \
    $(call to,$(LIBDIR)/pkgconfig,644t,$(foreach l,$(sdk-libs),$(sdk-home-$(l))/lib$(l).pc)) \
    $(call to,$(share),644,README.md LICENSE deploy/security.md) \
    644:deploy/README.md:$(share)/deploy.md \
    $(call to,$(share)/config,644,$(wildcard deploy/config/*)) \
    $(call below,$(share)/examples,deploy/examples) \
    $(call below,$(share)/tutorials,deploy/tutorials) \
    $(foreach f,$(contract-files),644:$(O)/contract/$(f):$(share)/contract/$(f))
# Manual pages, each from where its subject is declared: options tables, the client's command table, public headers.
man := $(O)/man
man-programs := $(filter-out baton,$(bins))
$(man)/%.8: $(O)/bin/%
	@mkdir -p $(@D)
	$(Q)$< --manual >$@.new && mv $@.new $@
$(man)/%.conf.5: $(O)/bin/%
	@mkdir -p $(@D)
	$(Q)$< --file-manual >$@.new && mv $@.new $@
$(O)/docs/cli-docs: $(O)/obj/nfvo/docs/cli.o $(foreach l,$(bin-baton-libs),$(O)/lib/lib$(l).a)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(bin-baton-ldlibs)
$(man)/baton.1: $(O)/docs/cli-docs
	@mkdir -p $(@D)
	$(Q)$< >$@.new && mv $@.new $@
man-about-ob_vnfm := VNF managers for Baton and Open Baton 6
man-about-ob_vim := VIM drivers for Baton and Open Baton 6
# And one for each function, which says where it is explained: page PAGE,FUNCTIONS
function-pages = for function in $(2); do echo ".so man3/$(1).3" >$(@D)/$$function.3 || exit 1; done
sdk-functions = $(shell sed -n 's/^ *\(ob_[a-z_]*\);$$/\1/p' $(sdk-home-$(1))/$(1).map)
base-functions = $(filter ob_err_% ob_text_%,$(call sdk-functions,ob_vnfm))
$(foreach l,$(sdk-libs),$(man)/lib$(l).3): $(man)/lib%.3: deploy/man.awk $(sdk-public-headers)
	@mkdir -p $(@D)
	$(Q)awk -v name=lib$* -v is_library=1 -v about='$(man-about-$*)' -f $< \
	    $(foreach h,$(wildcard $(sdk-home-$*)/ob_*.h),$(O)/sdk/include/baton/$(notdir $(h))) >$@.new && mv $@.new $@
	$(Q)$(call function-pages,lib$*,$(filter-out ob_err_% ob_text_%,$(call sdk-functions,$*)))
$(man)/ob_base.3: deploy/man.awk $(O)/sdk/include/baton/ob_base.h
	@mkdir -p $(@D)
	$(Q)awk -v name=ob_base -v about='errors, texts and the broker, of libob_vnfm and libob_vim' -f $^ >$@.new && mv $@.new $@
	$(Q)$(call function-pages,ob_base,$(base-functions))
manuals := $(man)/baton.1 $(foreach b,$(man-programs),$(man)/$(b).8 $(man)/$(b).conf.5) $(man)/ob_base.3 $(foreach l,$(sdk-libs),$(man)/lib$(l).3)
function-manuals = $(sort $(foreach l,$(sdk-libs),$(foreach f,$(call sdk-functions,$(l)),$(man)/$(f).3)))
completions := $(O)/completion/baton $(O)/completion/_baton $(O)/completion/baton.fish
$(O)/completion/baton: completion-shell := bash
$(O)/completion/_baton: completion-shell := zsh
$(O)/completion/baton.fish: completion-shell := fish
$(completions): $(O)/bin/baton
	@mkdir -p $(@D)
	$(Q)$< completion $(completion-shell) >$@.new && mv $@.new $@
manuals: $(manuals) $(completions) $(O)/contract/index.html
.PHONY: manuals
to-man = $(foreach f,$(1),644:$(f):$(PREFIX)/share/man/man$(subst .,,$(suffix $(f)))/$(notdir $(f)))
installed += $(call to-man,$(manuals) $(function-manuals)) \
    644:$(O)/completion/baton:$(PREFIX)/share/bash-completion/completions/baton \
    644:$(O)/completion/_baton:$(PREFIX)/share/zsh/site-functions/_baton \
    644:$(O)/completion/baton.fish:$(PREFIX)/share/fish/vendor_completions.d/baton.fish
# TARGET:LINK, of libraries as the linker and the loader look for them
links = $(foreach l,$(sdk-libs),lib$(l).so.$(sdk-version-$(l)):$(LIBDIR)/lib$(l).so.$(call sdk-major,$(l)) lib$(l).so.$(call sdk-major,$(l)):$(LIBDIR)/lib$(l).so)

install: all libraries manuals
	@set -e; for row in $(installed); do \
	    mode=$${row%%:*} from=$${row#*:}; to=$(DESTDIR)$${from#*:} from=$${from%%:*}; \
	    case $$mode in \
	    *t) install -d "$${to%/*}"; \
	        case $$from in *ob_vnfm*) version=$(sdk-version-ob_vnfm) ;; *) version=$(sdk-version-ob_vim) ;; esac; \
	        sed -e "s|@LIBDIR@|$(LIBDIR)|g; s|@VERSION@|$$version|g; s|/usr/local|$(PREFIX)|g" "$$from" >"$$to.new"; \
	        chmod "$${mode%t}" "$$to.new"; mv "$$to.new" "$$to" ;; \
	    *) install -D -m "$$mode" "$$from" "$$to" ;; \
	    esac; done
	@set -e; for row in $(links); do ln -sf "$${row%%:*}" "$(DESTDIR)$${row#*:}"; done
# What install brought. Options, accounts and data stay: deploy/README.md, "On a server". Folders that were ours go when nothing else is in them.
uninstall:
	@rm -f $(foreach row,$(installed),$(DESTDIR)$(lastword $(subst :, ,$(row)))) $(foreach row,$(links),$(DESTDIR)$(lastword $(subst :, ,$(row))))
	@for folder in $(share) $(PREFIX)/lib/baton $(PREFIX)/include/baton; do \
	    [ ! -d "$(DESTDIR)$$folder" ] || find "$(DESTDIR)$$folder" -depth -type d -empty -delete; done
.PHONY: install uninstall

# Debian packages in $(O)/deb: deploy/debian/build.
deb-version ?= $(shell sed -n 's/.*BATON_VERSION "\(.*\)".*/\1/p' common/base/version.h)
deb: all libraries manuals
	@deploy/debian/build $(O) $(deb-version)
.PHONY: deb
