core_libcore_la_SOURCES += core/plan/collide.c core/plan/collide.h core/plan/plan.c core/plan/plan.h
