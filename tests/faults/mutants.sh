#!/bin/sh
# Are the tests able to fail? Breaks the core on purpose, one promise at a time, in a copy of the sources,
# and sees that the test which names the promise notices, or the convergence test itself.
# Run it by hand: make check-mutants MUTANTS='brakes-not-counted protect-ignored' (none: all of them).
#   MUTANT_SEEDS: random histories for those that the convergence test must notice, at most (default 100)
# Each mutant: its name, a file, the text that is there once, what takes its place, and who must notice:
# a test program with words that choose its cases, or "converge".
# mutants.sh --applies builds nothing and only sees that each one's text is still where it looks for it.
set -eu
top_srcdir=$(cd "${top_srcdir:?run it by make check-mutants}" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/syncd-mutants.XXXXXX")
trap 'rm -rf "$work"' EXIT
applies=
[ "${1:-}" != --applies ] || { applies=1; shift; }
wanted=" $* "
failed=0 number=0
: "${PYTHON3:=python3}"

prepare ()
{
  mkdir "$work/src" "$work/build"
  if [ "$applies" ]; then
    cp -R "$top_srcdir/core" "$top_srcdir/plugins" "$work/src" && chmod -R u+w "$work/src"
    return 0
  fi
  (cd "$top_srcdir" && tar cf - --exclude=.git --exclude=autom4te.cache --exclude=./build .) |
    (cd "$work/src" && tar xf -)
  (cd "$work/build" && "$work/src/configure" --quiet >/dev/null 2>&1 && make -j2 -s >/dev/null 2>&1 &&
    make -s check TESTS= >/dev/null 2>&1)
  export top_srcdir="$work/src" top_builddir="$work/build" PYTHONPATH="$work/src/tests/lib" \
    PYTHONDONTWRITEBYTECODE=1 CMOCKA_MESSAGE_OUTPUT=TAP
}

replace ()  # file, old, new: exactly once
{
  "$PYTHON3" - "$work/src/$1" "$2" "$3" <<'PY'
import sys
path, old, new = sys.argv[1:]
text = open(path).read()
if text.count(old) != 1:
    sys.exit("%s: the text is there %d times: %s" % (path, text.count(old), old))
open(path, "w").write(text.replace(old, new))
PY
}

notices ()  # program, words: does it fail?
{
  case $1 in
    converge) SEEDS="${MUTANT_SEEDS:-100}" SAMBA_SEEDS=0 JOBS="${JOBS:-4}" QUIET=1 UNTIL_FAILURE=1 "$PYTHON3" \
      "$work/src/tests/faults/converge.py" >"$work/log" 2>&1 || true ;;
    *.py) program=$1; shift
      "$PYTHON3" "$work/src/$program" "$@" >"$work/log" 2>&1 || true ;;
    *) "$work/build/$1" >"$work/log" 2>&1 || true ;;
  esac
  grep -q '^ok\|^not ok' "$work/log" && grep -q '^not ok' "$work/log"
}

mutant ()   # name, file, old, new, who must notice
{
  case "$wanted" in '  ' | *" $1 "*) ;; *) return 0 ;; esac
  number=$((number + 1))
  cp "$work/src/$2" "$work/kept"
  if ! replace "$2" "$3" "$4"; then # the code went on: the mutant must follow
    echo "not ok $number - $1: does not apply"
    failed=$((failed + 1))
    return 0
  fi
  if [ "$applies" ]; then
    cp "$work/kept" "$work/src/$2"
    return 0
  fi
  make -C "$work/build" -j2 -s >"$work/make.log" 2>&1 &&
    make -C "$work/build" -s check TESTS= >>"$work/make.log" 2>&1 || { cat "$work/make.log"; exit 1; }
  # shellcheck disable=SC2086
  if notices $5; then
    echo "ok $number - $1: noticed by $(grep -c '^not ok' "$work/log") of $5"
    grep '^not ok' "$work/log" | sed 's/^not ok [0-9]* - /#   /' | sed 3q
  else
    echo "not ok $number - $1: nobody noticed ($5)"
    failed=$((failed + 1))
  fi
  cp "$work/kept" "$work/src/$2"
}

prepare

# ---- nothing lost (G1), crash at any instant (G2) ----
mutant checkpoint-too-early core/pipeline/scan.c \
  '  int rc = read_events (pass, scan, ret_code, error);' \
  '  int rc = read_events (pass, scan, ret_code, error); if (rc < 0) pass->end = SCAN_CHANGES, rc = 0;' \
  'tests/e2e/endings.py Reads'
mutant checkpoint-past-what-was-not-recorded core/pipeline/pass.c \
  '    pass->end = SCAN_FAILED; /*' '    pass->end = pass->end; /*' \
  'tests/e2e/endings.py Reads'
mutant sent-row-forgotten core/pipeline/opening.c \
  'store_queue_recover (pass->store, error);' '0;' \
  'tests/e2e/results.py Results Updates'
mutant doubt-forgotten core/store/queue.c '  q.doubt = true;' '  q.doubt = false;' \
  'tests/e2e/doubt.py'
mutant doubt-treated-as-new core/pipeline/prepare.c \
  '  bool look = item->row.doubt || delivery->meet_each;' '  bool look = delivery->meet_each;' \
  'tests/e2e/results.py'
mutant queue-row-lost core/pipeline/outcome.c \
  '  return store_queue_update (delivery->pass->store, row, delivery->error) < 0 ? -1 : 0;' \
  '  return store_queue_done (delivery->pass->store, row->number, delivery->error) < 0 ? -1 : 0;' \
  'tests/e2e/results.py Results'
mutant result-takes-newer-row core/store/queue.c \
  'DELETE FROM queue WHERE number = ?1"' 'DELETE FROM queue WHERE row = (SELECT row FROM queue WHERE number = ?1)"' \
  tests/unit/test_store_queue
mutant a-failed-transaction-goes-on core/store/statement.c \
  '  if (store->inside || !error) {' '  if (!error) {' \
  tests/unit/test_store_full
mutant leaver-in-doubt-is-kept core/pipeline/intake.c \
  '    link->status = LINK_DISABLED;
  queued_fini' '    (void) link;
  queued_fini' \
  'tests/e2e/doubt.py'
mutant references-in-memory-only core/pipeline/references.c \
  '  return store_put_fact (pass->store, REFERENCES_DUE, "1", 1, error);' '  return 0;' \
  'tests/e2e/passes.py killed_between'
mutant leavers-refused-for-a-reference-are-parked core/pipeline/targets.c \
  '  if (!any_gone (delivery, item))
    return give_up (delivery, item);' '  if (item->looked_within)
    return give_up (delivery, item);' \
  'tests/e2e/parting.py Disabled'
mutant deletes-of-samba-believed plugins/source-ldap/dirsync-probe.c \
  ' && !why->len && !session->samba;' ' && !why->len;' \
  'tests/plugin/ldap-ad.py Deleted'
# ---- silence is not absence (G3), brakes (G4) ----
mutant no-confirmation core/pipeline/asking.c \
  '  if (answer->answer == SYNCD_GET_FAILED || answer->answer == 0) {' \
  '  if (absent) return absent (pass, asked, error);
  if (answer->answer == SYNCD_GET_FAILED || answer->answer == 0) {' \
  'tests/e2e/endings.py Leaving'
mutant partial-is-complete core/pipeline/scan.c \
  '    pass->end = SCAN_PARTIAL;' '    pass->end = SCAN_ALL;' \
  'tests/e2e/endings.py Reads'
mutant an-empty-read-is-believed core/pipeline/brakes.c \
  '  if (pass->end == SCAN_ALL && pass->report->read == 0)' '  if (0)' \
  'tests/e2e/silence.py'
mutant brakes-not-counted core/pipeline/brakes.c \
  '  if (count.waiting + count.held == 0)' '  if (1)' \
  'tests/e2e/brakes.py'
mutant leavers-in-doubt-not-counted core/store/queue_kind.c \
  '  if (!old->doubt || queued_is_approved (old))' '  if (old->doubt || queued_is_approved (old))' \
  'tests/e2e/brakes.py'
mutant held-leavers-are-not-asked-for-again core/pipeline/leavers.c \
  '  return pass->end == SCAN_CHANGES && (rare ||' '  return 0 && pass->end == SCAN_CHANGES && (rare ||' \
  'tests/e2e/reads.py approval'
# ---- only what is ours (G5) ----
mutant no-ownership core/pipeline/holder.c \
  '? HOLDER_FOREIGN' '? HOLDER_UNOWNED' \
  'tests/e2e/names.py Meeting'
mutant protect-ignored core/pipeline/prepare.c \
  '  return names_protected (s, item->link.given_name) || names_protected (s, item->row.wanted_name);' \
  '  return s && item->reviving && false;' \
  'tests/e2e/names.py Meeting'
mutant external-id-not-written core/plan/plan.c \
  '  if (json)
    plan_present (planner, leaf, json, phase);' \
  '  if (planner->input->exists && strcmp (about->path, "externalId") == 0)
    return;
  if (json)
    plan_present (planner, leaf, json, phase);' \
  'tests/e2e/names.py Meeting'
mutant adopted-before-the-answer core/pipeline/contest.c \
  '  if (!item->adoption_open)
    return;' '  if (item->adoption_open || !item->adoption_open)
    return;' \
  'tests/e2e/leavers.py Left'
mutant state-against-the-account core/pipeline/reading.c \
  '  return !owner || !item->sent_external' '  return true || !item->sent_external' \
  'tests/e2e/leavers.py Left'
# ---- two kinds of failure (G7), order and names (G8, G12), removal (G9) ----
mutant park-on-outage core/pipeline/unwell.c \
  '  if (others_succeed (delivery, item))' '  if (others_succeed (delivery, item) || true)' \
  'tests/e2e/results.py Results'
mutant suffix-without-a-seen-holder core/pipeline/lookup.c \
  '    return contest_park_held (delivery, item,
                              "but no account with it can be seen; no other name is tried");' \
  '    return candidates_next (delivery, item, "nobody");' \
  'tests/e2e/results.py Results'
mutant names-do-not-wait core/pipeline/prepare.c \
  '  return rc < 0 ? -1 : kind == HOLDER_OTHER_LEAVING;' '  return rc < 0 ? -1 : 0;' \
  'tests/e2e/rings.py'
mutant a-suffix-does-not-stay core/pipeline/desired.c \
  '  else if (!row->name && item->link.given_name && item->link.account' \
  '  else if (false && item->link.given_name && item->link.account' \
  'tests/e2e/names.py Namesakes'
mutant a-contested-suffix-does-not-stay core/pipeline/names.c \
  '  if (link->given_name && names_equal (link->wanted_name, row->wanted_name))' \
  '  if (false && link->given_name && names_equal (link->wanted_name, row->wanted_name))' \
  'tests/e2e/names.py Namesakes'
mutant a-suffix-does-not-survive-the-state core/pipeline/candidates.c \
  '    if (!names_equal (has, name))' '    if (n == 0)' \
  'tests/e2e/names.py Meeting'
mutant references-removed-without-a-look core/pipeline/targets.c \
  '  if (row == item->link.row || answer == LOOKED_THERE)' '  if (item->looked_within)
    return note_gone (item);
  if (row == item->link.row || answer == LOOKED_THERE)' \
  'tests/e2e/parting.py Kept'
mutant removal-ignored core/plan/plan.c \
  '  else if (phase == PHASE_REMOVE && known_of' '  else if (false && known_of' \
  'tests/e2e/passes.py G9'
# ---- the same, and only random histories look ----
mutant histories-no-ownership core/pipeline/holder.c '? HOLDER_FOREIGN' '? HOLDER_UNOWNED' converge
mutant histories-no-look-up-in-doubt core/pipeline/holder.c \
  '         && strcmp (external_id, item->external_id) == 0;' \
  '         && !item->row.doubt && strcmp (external_id, item->external_id) == 0;' converge
mutant histories-removal-ignored core/plan/plan.c \
  '  else if (phase == PHASE_REMOVE && known_of' '  else if (false && known_of' converge
mutant histories-brakes-not-counted core/pipeline/brakes.c \
  '  if (count.waiting + count.held == 0)' '  if (1)' converge
mutant histories-no-confirmation core/pipeline/asking.c \
  '  if (answer->answer == SYNCD_GET_FAILED || answer->answer == 0) {' \
  '  if (absent) return absent (pass, asked, error);
  if (answer->answer == SYNCD_GET_FAILED || answer->answer == 0) {' converge
mutant histories-checkpoint-too-early core/pipeline/scan.c \
  '  int rc = read_events (pass, scan, ret_code, error);' \
  '  int rc = read_events (pass, scan, ret_code, error); if (rc < 0) pass->end = SCAN_CHANGES, rc = 0;' converge
echo "1..$number"
[ "$applies" ] || echo "# $((number - failed)) of $number mutants were noticed"
[ "$failed" -eq 0 ]
