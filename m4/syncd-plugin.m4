# SYNCD_PLUGIN(NAME, VARIABLE, SUMMARY, PROBE, RESULT)
# A switch --with-NAME=auto|yes|no. PROBE sets the shell variable RESULT to yes
# or no; "yes" without the library is an error, "auto" leaves the plugin out.
AC_DEFUN([SYNCD_PLUGIN],[
  AC_ARG_WITH([$1],[AS_HELP_STRING([--with-$1=auto|yes|no],[build the $3 @<:@auto@:>@])],[],[with_]m4_translit([$1],[-],[_])[=auto])
  AS_CASE(["$with_]m4_translit([$1],[-],[_])["],[auto|yes|no],[],
    [AC_MSG_ERROR([--with-$1 is auto, yes or no, not "$with_]m4_translit([$1],[-],[_])["])])
  plugin_$2=no
  AS_IF([test "$with_]m4_translit([$1],[-],[_])[" != no],[
    $4
    AS_IF([test "$$5" = yes],[plugin_$2=yes],
          [test "$with_]m4_translit([$1],[-],[_])[" = yes],[AC_MSG_ERROR([--with-$1=yes, but its library was not found])])
  ])
  AM_CONDITIONAL([WITH_$2],[test "$plugin_$2" = yes])
])
