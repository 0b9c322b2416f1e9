# SYNCD_WARNINGS: the warnings that all our code is clean under.
AC_DEFUN([SYNCD_WARNINGS],[
  AC_ARG_ENABLE([werror],[AS_HELP_STRING([--enable-werror],[treat compiler warnings as errors (CI)])])
  WARN_CFLAGS="-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Wwrite-strings"
  AS_IF([test "$enable_werror" = yes],[WARN_CFLAGS="$WARN_CFLAGS -Werror"])
  AC_SUBST([WARN_CFLAGS])
])
# SYNCD_SANITIZERS: --enable-sanitizers=address,undefined (or thread).
AC_DEFUN([SYNCD_SANITIZERS],[
  AC_ARG_ENABLE([sanitizers],[AS_HELP_STRING([--enable-sanitizers=LIST],[build with -fsanitize=LIST, e.g. address,undefined])])
  AS_IF([test -n "$enable_sanitizers" && test "$enable_sanitizers" != no],[
    AS_IF([test "$enable_sanitizers" = yes],[enable_sanitizers=address,undefined])
    SANITIZE_FLAGS="-fsanitize=$enable_sanitizers -fno-omit-frame-pointer -fno-sanitize-recover=undefined -g"
  ])
  AC_SUBST([SANITIZE_FLAGS])
  AM_CONDITIONAL([SANITIZED],[test -n "$SANITIZE_FLAGS"])
])
# AX_SYNCD_PTHREAD: threads of POSIX.
AC_DEFUN([AX_SYNCD_PTHREAD],[
  AC_CHECK_LIB([pthread],[pthread_create],[PTHREAD_LIBS=-lpthread],[PTHREAD_LIBS=])
  AC_SUBST([PTHREAD_LIBS])
])
