# Embed a folder of migrations, NNNN_name.sql, as a table of struct db_migration. In a module.mk:
#
#     include common/db/embed.mk
#     $(eval $(call embed-migrations,nfvo/store/migrations,store_migrations))
#     lib-nfvo-src += $(call embedded,nfvo/store/migrations)
#
# and in the code:  extern const struct db_migration store_migrations[];  extern const size_t store_migrations_n;
#
# The bytes go in as numbers: ISO C promises no string literal above 4095 bytes, and nothing has to be escaped.

ifndef embed-migrations
embedded = $(O)/gen/$(1).c

define embed-migrations
$(call embedded,$(1)): $(sort $(wildcard $(1)/*.sql)) $(1) common/db/embed.sh
	@mkdir -p $$(@D)
	sh common/db/embed.sh $(2) $(sort $(wildcard $(1)/*.sql)) >$$@.new && mv $$@.new $$@
endef
endif
