core_libcore_la_SOURCES += \
  core/map/account.c core/map/arena.c core/map/compile.c core/map/compile.h \
  core/map/compile_leaf.c core/map/compile_list.c core/map/convert.c core/map/document.c \
  core/map/entry.c core/map/cursor.h core/map/evaluate.c core/map/expression.c core/map/expression_argument.c core/map/filter_date.c core/map/filter_until.c \
  core/map/filter_dn.c core/map/filter_list.c core/map/filter_phone.c core/map/filter_replace.c \
  core/map/filter_text.c core/map/filter_value.c core/map/filters.c core/map/fingerprint.c \
  core/map/implied.c core/map/internal.h core/map/items.c core/map/leaves.c core/map/map.h \
  core/map/mapping.c core/map/render.c core/map/render.h core/map/scan.c core/map/scan.h \
  core/map/shape.c
