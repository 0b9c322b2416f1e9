#!/bin/sh
# From a fresh clone to a running syncd: installs what is missing, builds, shows, tests.
# Needs a POSIX shell and, to install packages, apt-get as root or through sudo.
set -eu
cd "$(dirname "$0")"
top=$PWD
build=$top/build
asked=

build_packages="gcc g++ make autoconf automake libtool libltdl-dev pkg-config python3
  libcurl4-openssl-dev libldap-dev libsasl2-dev libjansson-dev libyaml-dev libssl-dev
  libsqlite3-dev libunistring-dev libmicrohttpd-dev libcmocka-dev"
demo_packages="$build_packages slapd ldap-utils openssl"
check_packages="$demo_packages mandoc procps libsasl2-modules libsasl2-modules-gssapi-mit"
# Without these some tests are skipped, with a reason, and counted as skipped.
more_packages="samba samba-dsdb-modules samba-vfs-modules samba-ad-provision python3-samba iproute2 winbind smbclient krb5-user krb5-kdc
  krb5-admin-server python3-ldb 389-ds-base nginx-light valgrind shellcheck systemd"

usage () {
  cat <<'END'
usage: ./bootstrap.sh COMMAND [CONFIGURE-OPTION...]

  demo    install what is missing, build, and watch syncd keep the accounts of a
          simulated Genesys Cloud true to a real directory, all on this machine
  check   install what is missing, build with warnings as errors, pass all tests;
          ends with "N passed, N failed, N skipped"
  build   install what is missing, build in ./build
  install-packages [NAME...]
          install only (all that check needs, and these)

Debian 12 or newer, Ubuntu 22.04 or newer; as root, or with sudo. On other systems
install the libraries that configure names, then run the same commands.
What was built: ./build/run ./build/core/syncd --help
END
}

say () { printf '\033[1m==>\033[0m %s\n' "$*"; }
[ -t 1 ] || say () { printf '==> %s\n' "$*"; }
die () { printf 'bootstrap.sh: %s\n' "$*" >&2; exit 1; }

as_root () {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

installed () {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing_of () {
  for package; do installed "$package" || printf '%s ' "$package"; done
}

# A package's service must neither start now nor at the next boot only because of us; services
# that were there before are left as they are, so the policy is asked only while apt-get runs.
policy=/usr/sbin/policy-rc.d
policy_ours=
deny_services () {
  [ ! -e $policy ] || return 0
  policy_ours=yes
  trap 'allow_services' EXIT
  trap 'allow_services; exit 130' INT
  trap 'allow_services; exit 143' TERM
  printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
  as_root chmod 755 $policy
}
allow_services () {
  [ -z "$policy_ours" ] || as_root rm -f $policy
  policy_ours=
  trap - EXIT INT TERM
}

# What this installation brought stays off: the tests start their own servers on free ports.
switch_off () {
  command -v systemctl >/dev/null 2>&1 && [ -d /run/systemd/system ] || return 0
  for service in $1; do
    as_root systemctl disable --now "$service" >/dev/null 2>&1 || :
  done
}
services_of () {
  for package; do
    case $package in
      slapd) echo slapd ;;
      samba) echo smbd nmbd samba-ad-dc ;;
      winbind) echo winbind ;;
      nginx-light) echo nginx ;;
      krb5-kdc) echo krb5-kdc ;;
      krb5-admin-server) echo krb5-admin-server ;;
      389-ds-base) echo dirsrv.target dirsrv-snmp ;;
    esac
  done
}

apt_install () {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
    -o Dpkg::Use-Pty=0 install "$@" >>"$top/build/packages.log" 2>&1
}

apt_update () {
  [ -z "$asked" ] || return 0
  asked=yes
  as_root apt-get -qq update >>"$top/build/packages.log" 2>&1 ||
    say "apt-get update failed (build/packages.log); going on with the lists that are there"
}

# install required|optional PACKAGE...
install () {
  need=$1
  shift
  missing=$(missing_of "$@")
  [ -n "$missing" ] || return 0
  mkdir -p "$build"
  say "Installing: $missing"
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null 2>&1 ||
    die "packages are missing ($missing) and there is neither root nor sudo to install them"
  apt_update
  deny_services
  echo slapd slapd/no_configuration boolean true | as_root debconf-set-selections 2>/dev/null || :
  if [ "$need" = required ]; then
    # shellcheck disable=SC2086
    apt_install $missing || {
      tail -n 15 "$top/build/packages.log" >&2
      die "apt-get could not install what is needed; all it said is in build/packages.log"
    }
  else
    for package in $missing; do
      apt_install "$package" || say "$package is not to be had: tests that need it will be skipped"
    done
  fi
  allow_services
  # shellcheck disable=SC2086
  switch_off "$(services_of $missing)"
}

provide () {
  if ! command -v apt-get >/dev/null 2>&1; then
    say "No apt-get here: going on with what is installed"
    return 0
  fi
  need=$1
  shift
  install "$need" "$@"
}

# Runs quietly into a log; shows its end only where it fails.
quietly () {
  log=$1
  shift
  "$@" >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    die "failed: $* (the whole log: ${log#"$top"/})"
  }
}

jobs_here () { nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2; }

generate () {
  newer=
  if [ -x configure ] && [ -e Makefile.in ]; then
    newer=$(find configure.ac Makefile.am m4 include core plugins man tests contrib \
      \( -name '*.mk' -o -name '*.m4' -o -name '*.ac' -o -name '*.am' \) -newer configure 2>/dev/null)
    [ -n "$newer" ] || return 0
  fi
  say "Generating configure"
  quietly "$build/autoreconf.log" autoreconf -i
}

compile () {
  mkdir -p "$build"
  generate
  wanted="$*"
  before=$(cat "$build/.options" 2>/dev/null) || before=none
  [ -n "$wanted" ] || [ "$before" = none ] || wanted=$before
  if [ "$wanted" != "$before" ] || [ ! -e "$build/config.status" ] ||
    [ -n "$(find configure -newer "$build/config.status")" ]; then
    # Objects do not depend on the flags that they were made with.
    [ "$wanted" = "$before" ] || [ ! -e "$build/Makefile" ] ||
      quietly "$build/make.log" make -C "$build" clean
    # shellcheck disable=SC2086
    set -- $wanted
    say "Configuring in build/${wanted:+ ($wanted)}"
    (cd "$build" && quietly "$build/configure.log" ../configure "$@")
    printf '%s\n' "$wanted" >"$build/.options"
  fi
  say "Compiling (the log is build/make.log)"
  quietly "$build/make.log" make -C "$build" -j"$(jobs_here)"
}

# Automake leaves one .trs file a test program, one line a case.
count () {
  find "$build" -name '*.trs' -not -path '*/syncd-*/*' -exec cat {} + 2>/dev/null |
    awk -v ended="$1" '
      /^:test-result: (PASS|XFAIL)/ { passed++ }
      /^:test-result: (FAIL|XPASS|ERROR)/ { failed++ }
      /^:test-result: SKIP/ { skipped++; sub (/^:test-result: SKIP */, ""); reason[$0]++ }
      END {
        for (r in reason) printf "skipped: %s\n", r
        if (ended != 0 && failed == 0) failed = 1
        printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
        exit failed > 0 || passed == 0
      }'
}

check () {
  compile --enable-werror "$@"
  find "$build" -name '*.trs' -not -path '*/syncd-*/*' -exec rm -f {} +
  say "Testing (make check; each test's log is beside it, all failures in build/test-suite.log)"
  ended=0
  make -C "$build" -j"$(jobs_here)" check 2>&1 | tee "$build/check.log" |
    grep -E '^(PASS|FAIL|SKIP|XFAIL|XPASS|ERROR|# )|Error|error:' || :
  grep -q '^# TOTAL:' "$build/check.log" && ! grep -q '^make.*Error' "$build/check.log" || ended=1
  [ $ended = 0 ] || [ ! -s "$build/test-suite.log" ] ||
    grep -E '^not ok|^# .*(Error|assert)' "$build/test-suite.log" | head -n 60 || :
  count $ended
}

command=${1:---help}
[ $# = 0 ] || shift
case $command in
  -h | --help | help) usage ;;
  build)
    # shellcheck disable=SC2086
    provide required $build_packages
    compile "$@"
    say "Done: ./build/run ./build/core/syncd --help"
    ;;
  demo)
    # shellcheck disable=SC2086
    provide required $demo_packages
    compile "$@"
    exec env top_srcdir="$top" top_builddir="$build" PYTHONDONTWRITEBYTECODE=1 \
      python3 contrib/demo/demo.py
    ;;
  check)
    # shellcheck disable=SC2086
    provide required $check_packages
    # shellcheck disable=SC2086
    provide optional $more_packages
    check "$@"
    ;;
  install-packages)
    # shellcheck disable=SC2086
    provide required $check_packages "$@"
    # shellcheck disable=SC2086
    provide optional $more_packages
    ;;
  *)
    usage >&2
    exit 2
    ;;
esac
