#!/bin/sh
# Is the convergence test able to fail? Breaks the pipeline on purpose, one promise at a time, in a
# copy of the sources, and sees that a slice of seeds notices. Run it by hand: make check-mutants.
#   MUTANT_SEEDS: seeds to try for each (default 40); words: only these mutants
# Each mutant is a file, the text that is there, and what takes its place.
set -eu
top_srcdir=$(cd "${top_srcdir:?run it by make check-mutants}" && pwd)
top_builddir=$(cd "${top_builddir:?}" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/syncd-mutants.XXXXXX")
trap 'rm -rf "$work"' EXIT
wanted=" $* "
failed=0 number=0

prepare ()
{
  mkdir "$work/src" "$work/build"
  (cd "$top_srcdir" && tar cf - --exclude=.git --exclude=autom4te.cache .) | (cd "$work/src" && tar xf -)
  (cd "$work/build" && "$work/src/configure" --quiet >/dev/null 2>&1 && make -j2 -s >/dev/null 2>&1 &&
    make -s check TESTS= >/dev/null 2>&1)
}

replace ()  # file, old, new: exactly once
{
  "${PYTHON3:-python3}" - "$work/src/$1" "$2" "$3" <<'PY'
import sys
path, old, new = sys.argv[1:]
text = open(path).read()
if text.count(old) != 1:
    sys.exit("%s: the text is there %d times: %s" % (path, text.count(old), old))
open(path, "w").write(text.replace(old, new))
PY
}

mutant ()   # name, file, old, new, a test other than the convergence
{
  case "$wanted" in '  ' | **" $1 "*) ;; *) return 0 ;; esac
  number=$((number + 1))
  cp "$work/src/$2" "$work/kept"
  replace "$2" "$3" "$4"
  make -C "$work/build" -j2 -s >"$work/make.log" 2>&1 || { cat "$work/make.log"; exit 1; }
  if [ -n "${5:-}" ]; then
    if make -C "$work/build" -s check TESTS="$5" >"$work/log" 2>&1; then
      echo "not ok $number - $1: nobody noticed"
      failed=1
    else
      echo "ok $number - $1: $5 noticed"
    fi
  elif top_srcdir="$work/src" top_builddir="$work/build" PYTHONPATH="$work/src/tests/lib" \
    SEEDS="${MUTANT_SEEDS:-40}" "${PYTHON3:-python3}" "$work/src/tests/faults/converge.py" \
    >"$work/log" 2>&1 && ! grep -q '^not ok' "$work/log"; then
    echo "not ok $number - $1: nobody noticed"
    failed=1
  else
    echo "ok $number - $1: $(grep -c '^not ok' "$work/log" || true) seeds noticed"
    grep '^# promises.Failed' "$work/log" | sed 's/^# promises.Failed: \(.\{90\}\).*/#   \1/' | sort | uniq -c | sort -rn | sed 3q
  fi
  cp "$work/kept" "$work/src/$2"
}

prepare
mutant checkpoint-too-early core/pipeline/scan.c \
  '  int rc = read_events (pass, scan, ret_code, error);' \
  '  int rc = read_events (pass, scan, ret_code, error); if (rc < 0) pass->end = SCAN_CHANGES, rc = 0;' \
  tests/e2e/results.py
mutant no-confirmation core/pipeline/scan.c \
  '  if (answer->answer == SYNCD_GET_FAILED || answer->answer == 0) {' \
  '  if (absent) return absent (pass, asked, error);
  if (answer->answer == SYNCD_GET_FAILED || answer->answer == 0) {'
mutant no-ownership core/pipeline/contest.c \
  '    *ret_kind = external_id && *external_id ? HOLDER_FOREIGN : HOLDER_UNOWNED;' \
  '    *ret_kind = HOLDER_UNOWNED;'
mutant no-look-up-in-doubt core/pipeline/contest.c \
  '           && strcmp (external_id, item->external_id) == 0)' \
  '           && !item->row.doubt && strcmp (external_id, item->external_id) == 0)'
mutant doubt-forgotten core/store/queue.c '  q.doubt = true;' '  q.doubt = false;' \
  tests/e2e/results.py
mutant result-takes-newer-row core/store/queue.c \
  'DELETE FROM queue WHERE number = ?1"' 'DELETE FROM queue WHERE row = (SELECT row FROM queue WHERE number = ?1)"' \
  tests/unit/test_store_queue
mutant partial-is-complete core/pipeline/scan.c \
  '    pass->end = SCAN_PARTIAL;' '    pass->end = SCAN_ALL;' \
  tests/e2e/results.py
mutant leaver-in-doubt-is-kept core/pipeline/intake.c \
  '    link->status = LINK_DISABLED;
  queued_fini' '    (void) link;
  queued_fini' \
  tests/e2e/results.py
mutant names-do-not-wait core/pipeline/prepare.c \
  '  return rc < 0 ? -1 : kind == HOLDER_OTHER_LEAVING;' '  return rc < 0 ? -1 : 0;' \
  tests/e2e/results.py
echo "1..$number"
exit $failed
