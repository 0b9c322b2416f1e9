#!/bin/sh
# Each plugin exports one symbol, and none of ours needs a symbol of the host's: it gets a table.
: "${NM:=nm}" "${top_builddir:=.}"
modules=$(ls "$top_builddir"/.plugins/*.so "$top_builddir"/.plugins-test/*.so 2>/dev/null)
if [ -z "$modules" ]; then
  echo "1..0 # SKIP no plugin was built"
  exit 0
fi
if ! command -v ${NM%% *} >/dev/null; then
  echo "1..0 # SKIP nm is not installed"
  exit 0
fi
echo "1..$(echo "$modules" | wc -l)"
number=0
failed=0
for module in $modules; do
  number=$((number + 1))
  # sanitizers bring symbols of their own
  exports=$($NM -D --defined-only "$module" | awk '{print $NF}' | grep -v -e '^__[aut]san' -e '^__odr_asan' | sort)
  if [ "$exports" = syncd_plugin_entry ]; then
    echo "ok $number - $(basename "$module")"
  else
    echo "$exports" | sed 's/^/# exports /'
    echo "not ok $number - $(basename "$module")"
    failed=1
  fi
done
exit $failed
