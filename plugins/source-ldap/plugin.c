/* plugin.c: the descriptor of the LDAP source, and its life cycle. */
#include "source-ldap.h"

#include <stdlib.h>

const struct syncd_host *ldap_source_host;

/* libldap reads ldap.conf, .ldaprc and LDAP* variables at its first call, unless told not to:
 * a file in the working directory could switch checks off. That first call must be alone. */
static int32_t
source_load (const struct syncd_host *host, void **ret_state)
{
  int version = LDAP_VERSION3;

  ldap_source_host = host;
  setenv ("LDAPNOINIT", "1", 1);
  if (ldap_get_option (NULL, LDAP_OPT_PROTOCOL_VERSION, &version) != LDAP_OPT_SUCCESS)
    return SYNCD_E_INTERNAL;
  *ret_state = NULL;
  return SYNCD_OK;
}

static void
source_unload (void *state)
{
  (void) state;
  ldap_source_host = NULL;
}

static void
source_destroy (struct syncd_ctx *ctx, void *data)
{
  struct instance *instance = data;

  (void) ctx;
  options_fini (instance);
  free (instance);
}

static int32_t
source_create (struct syncd_ctx *ctx, void *state, const struct syncd_config *config,
             void **ret_instance)
{
  struct instance *instance = calloc (1, sizeof *instance);
  int32_t rc;

  (void) state;
  if (!instance)
    return error_memory (ctx);
  rc = options_read (ctx, config, instance);
  if (rc == SYNCD_OK)
    *ret_instance = instance;
  else
    source_destroy (ctx, instance);
  return rc;
}

static int32_t
source_open (struct syncd_ctx *ctx, void *instance, void **ret_session)
{
  struct session *session;
  int32_t rc = session_open (ctx, instance, &session);

  if (rc == SYNCD_OK)
    *ret_session = session;
  return rc;
}

static void
source_close (struct syncd_ctx *ctx, void *session)
{
  (void) ctx;
  session_close (session);
}

static const struct syncd_source_ops operations = {
  .struct_size = sizeof operations,
  .scan_begin = scan_begin,
  .scan_next = scan_next,
  .scan_end = scan_end,
  .get = get_entries,
  .schema = schema_json,
  .describe = describe_source,
};

static const struct syncd_plugin descriptor = {
  SYNCD_PLUGIN_HEADER,
  .kind = SYNCD_KIND_SOURCE,
  .thread_model = SYNCD_THREADS_SESSION,
  .max_sessions = 2,
  .name = "ldap",
  .version = "0.1.0",
  .summary = "people from an LDAP directory (OpenLDAP, Active Directory, 389-ds and others)",
  .options = ldap_options,
  .option_count = LDAP_OPTION_COUNT,
  .option_size = sizeof (struct syncd_option),
  .load = source_load,
  .unload = source_unload,
  .create = source_create,
  .destroy = source_destroy,
  .open = source_open,
  .close = source_close,
  .source = &operations,
};

SYNCD_REGISTER_PLUGIN (descriptor);
