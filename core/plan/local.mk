core_libcore_la_SOURCES += core/plan/plan.h core/plan/collide.h
