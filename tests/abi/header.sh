#!/bin/sh
# The header stands alone: first and only include, as C99, C11 and C++11, with every warning.
# The versions that were released compile as well.
: "${CC:=cc}" "${CXX:=c++}" "${top_srcdir:=.}"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
number=0
failed=0
check () { # NAME COMMAND…
  number=$((number + 1))
  name=$1
  shift
  if "$@" >"$dir/log" 2>&1; then
    echo "ok $number - $name"
  else
    sed 's/^/# /' "$dir/log"
    echo "not ok $number - $name"
    failed=1
  fi
}
warnings="-Wall -Wextra -Wpedantic -Wshadow -Werror -Wno-unused-parameter"
use='static int32_t load (const struct syncd_host *h, void **s)
{ return SYNCD_HAS (h, struct syncd_host, log) ? h->fail (0, SYNCD_E_AUTH, "%s", "x") : 0; }
extern const struct syncd_plugin plugin;
const struct syncd_plugin plugin = { SYNCD_PLUGIN_HEADER, SYNCD_KIND_SOURCE, 0, 0, 0, "x", "1", "x",
 0, 0, 0, load, 0, 0, 0, 0, 0, 0, 0 };
SYNCD_REGISTER_PLUGIN (plugin);'
wrong='#include "plugin.h"
int32_t f (const struct syncd_host *h); int32_t f (const struct syncd_host *h)
{ return h->fail (0, SYNCD_E_AUTH, "%s", 12); }'
headers="$top_srcdir/include/syncd/plugin.h $top_srcdir/tests/abi/frozen/1.0/plugin.h"
echo "1..$((5 * $(echo $headers | wc -w)))"
for header in $headers; do
  short=${header#"$top_srcdir"/}
  printf '#include "plugin.h"\n%s\n' "$use" >"$dir/use.c"
  cp "$dir/use.c" "$dir/use.cc"
  printf '%s\n' "$wrong" >"$dir/wrong.c"
  flags="-I$(dirname "$header") $warnings -fsyntax-only"
  check "$short as C99" $CC -std=c99 $flags "$dir/use.c"
  check "$short as C11" $CC -std=c11 $flags "$dir/use.c"
  check "$short as C++11" $CXX -std=c++11 $flags "$dir/use.cc"
  check "$short as C++17" $CXX -std=c++17 $flags "$dir/use.cc"
  check "$short: formats are checked" sh -c "! $CC -std=c11 $flags '$dir/wrong.c' 2>&1 && \
    $CC -std=c11 $flags '$dir/wrong.c' 2>&1 | grep -q format"
done
exit $failed
