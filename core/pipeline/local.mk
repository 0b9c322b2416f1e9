core_libcore_la_SOURCES += \
  core/pipeline/absence.c core/pipeline/again.c core/pipeline/approve.c core/pipeline/asking.c \
  core/pipeline/audit.c core/pipeline/audit.h core/pipeline/brakes.c core/pipeline/budget.c \
  core/pipeline/budget.h core/pipeline/candidates.c core/pipeline/change.c \
  core/pipeline/contest.c core/pipeline/counting.c core/pipeline/decide.c \
  core/pipeline/decisions.c core/pipeline/decisions.h core/pipeline/delivery.c core/pipeline/delivery_crew.c \
  core/pipeline/delivery.h core/pipeline/desired.c core/pipeline/documents.c \
  core/pipeline/documents.h core/pipeline/doubt.c core/pipeline/history.c core/pipeline/holder.c \
  core/pipeline/identity.c \
  core/pipeline/ids.c core/pipeline/ids.h \
  core/pipeline/intake.c core/pipeline/inventory.c core/pipeline/item.c \
  core/pipeline/keeper.c core/pipeline/knowledge.c core/pipeline/learning.c core/pipeline/leavers.c \
  core/pipeline/looked.c core/pipeline/looked.h core/pipeline/lookup.c core/pipeline/meeting.c \
  core/pipeline/names.c core/pipeline/names.h core/pipeline/opening.c core/pipeline/orders.c \
  core/pipeline/orders.h core/pipeline/outcome.c core/pipeline/pace.c core/pipeline/pace.h \
  core/pipeline/parking.c core/pipeline/pass.c core/pipeline/pass.h core/pipeline/pipeline.c core/pipeline/pipeline.h \
  core/pipeline/prepare.c core/pipeline/preview.c core/pipeline/preview.h \
  core/pipeline/progress.c core/pipeline/progress.h core/pipeline/protect.c \
  core/pipeline/reading.c \
  core/pipeline/rebind.c core/pipeline/references.c core/pipeline/report.c \
  core/pipeline/repeats.c core/pipeline/report.h core/pipeline/rings.c core/pipeline/scan.c core/pipeline/scope.c core/pipeline/sessions.c \
  core/pipeline/sessions.h core/pipeline/settle.c core/pipeline/stream.c core/pipeline/stream.h \
  core/pipeline/success.c core/pipeline/targets.c core/pipeline/transaction.c \
  core/pipeline/unclaimed.c core/pipeline/unclaimed.h \
  core/pipeline/unclaimed_approved.c core/pipeline/unwell.c core/pipeline/verify.c \
  core/pipeline/verify.h core/pipeline/wanted.c core/pipeline/wanted.h core/pipeline/watch.c \
  core/pipeline/watch.h core/pipeline/watch_stream.c core/pipeline/work.c core/pipeline/worker.c \
  core/pipeline/worker.h
