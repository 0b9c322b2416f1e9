core_libcore_la_SOURCES += \
  core/store/accounts.c core/store/clock.c core/store/facts.c core/store/file.c core/store/forget.c \
  core/store/format.c \
  core/store/glance.c core/store/internal.h core/store/link.c core/store/link_each.c \
  core/store/link_row.c core/store/lost.c core/store/names.c core/store/promise.c \
  core/store/queue.c core/store/queue_kind.c core/store/queue_many.c core/store/queue_row.c \
  core/store/queue_take.c core/store/runs.c core/store/statement.c core/store/store.c \
  core/store/store.h core/store/tally.c core/store/transaction.c
