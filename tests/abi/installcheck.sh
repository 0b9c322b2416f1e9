#!/bin/sh
# What was installed is enough to build a plugin, and the installed host loads it: header, syncd.pc
# and plugin folder are proven together. Run by `make installcheck`, with
#   INSTALLED_PKGCONFIG  the folder of syncd.pc, DESTDIR (may be empty), LOADER the program that
#   loads: dump-options of the build tree.
: "${top_srcdir:=.}" "${PKG_CONFIG:=pkg-config}" "${DESTDIR:=}"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
unset MAKEFLAGS MFLAGS MAKELEVEL # of the make that called us
failed=0
number=0
result () { # CODE NAME
  number=$((number + 1))
  if [ "$1" -eq 0 ]; then
    echo "ok $number - $2"
  else
    sed 's/^/# /' "$dir/log"
    echo "not ok $number - $2"
    failed=1
  fi
}
if ! command -v "$PKG_CONFIG" >/dev/null; then
  echo "1..0 # SKIP pkg-config is not installed"
  exit 0
fi
PKG_CONFIG_PATH=$DESTDIR$INSTALLED_PKGCONFIG
export PKG_CONFIG_PATH
[ -z "$DESTDIR" ] || PKG_CONFIG_SYSROOT_DIR=$DESTDIR
[ -z "$DESTDIR" ] || export PKG_CONFIG_SYSROOT_DIR
cp "$top_srcdir"/contrib/plugin-template/* "$dir/"
chmod u+w "$dir"/*
make -C "$dir" PKG_CONFIG="$PKG_CONFIG" CFLAGS=-Werror >"$dir/log" 2>&1
result $? "the template builds with the installed header"
"$LOADER" "$dir" passwd >"$dir/log" 2>&1 && grep -q '"min_uid"' "$dir/log"
result $? "the host loads it"
make -C "$dir" DESTDIR="$dir/stage" PKG_CONFIG="$PKG_CONFIG" install >"$dir/log" 2>&1 \
  && [ "$(find "$dir/stage" -name syncd-passwd.so | wc -l)" -eq 1 ]
result $? "it installs into the plugin folder"
"$PKG_CONFIG" --variable=plugindir syncd >"$dir/log" 2>&1
plugindir=$(cat "$dir/log")
case $plugindir in $DESTDIR*) ;; *) plugindir=$DESTDIR$plugindir ;; esac
for module in "$plugindir"/syncd-*.so; do
  [ -e "$module" ] || continue
  name=${module##*/syncd-}
  "$LOADER" "$plugindir" "${name%.so}" >"$dir/log" 2>&1
  result $? "the installed ${name%.so} is loaded"
done
echo "1..$number"
exit $failed
