core_libcore_la_SOURCES += \
  core/config/endpoint.c core/config/expand.c core/config/file.c core/config/internal.h \
  core/config/node.c core/config/node.h core/config/option_default.c core/config/option_match.c \
  core/config/option_parse.c core/config/options.c core/config/options.h core/config/options_get.c \
  core/config/parse.c core/config/places.c core/config/policies.c core/config/secret.c \
  core/config/settings.c core/config/settings.h core/config/value.c core/config/words.c \
  core/config/yaml.c core/config/yaml_words.c
