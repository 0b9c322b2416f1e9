core_libcore_la_SOURCES += \
  core/util/buffer.c core/util/buffer.h core/util/clock.c core/util/clock.h core/util/crash.h \
  core/util/error.c core/util/error.h core/util/hash.c core/util/hash.h \
  core/util/json.c core/util/json.h core/util/log.c core/util/log.h \
  core/util/mem.c core/util/mem.h core/util/notify.c core/util/notify.h \
  core/util/suggest.c core/util/suggest.h core/util/text.c core/util/text.h
