/* sink: the descriptor of the Genesys Cloud SCIM sink, its life cycle, and what it says of itself.
 * Policy (retries, waiting, collisions, brakes) is the host's; this plugin knows the service.
 * Threads: sessions run side by side; what they share is fixed after create(), but for the token
 * (oauth.c has its lock) and page_limit (atomic). */
#include <config.h>

#include "sink.h"

#include <stdlib.h>
#include <string.h>

struct state {
  const struct syncd_host *host;
};

static int32_t
load (const struct syncd_host *host, void **ret_state)
{
  struct state *s = calloc (1, sizeof *s);
  if (s == NULL || !http_global_init ()) {
    free (s);
    return SYNCD_E_INTERNAL;
  }
  s->host = host;
  *ret_state = s;
  return SYNCD_OK;
}

static void
unload (void *state)
{
  http_global_cleanup ();
  free (state);
}

static void
destroy (struct syncd_ctx *ctx, void *instance)
{
  struct sink *k = instance;
  (void) ctx;
  oauth_free (k->client.oauth);
  http_client_free (k->client.http);
  free (k->client.base);
  free (k);
}

static int32_t
create (struct syncd_ctx *ctx, void *state, const struct syncd_config *config, void **ret_instance)
{
  const struct syncd_host *host = ((struct state *) state)->host;
  struct sink *k = calloc (1, sizeof *k);
  if (k == NULL)
    return host->fail (ctx, SYNCD_E_INTERNAL, "no memory");
  k->host = host;
  int32_t rc = sink_configure (ctx, config, k);
  if (rc == SYNCD_OK)
    *ret_instance = k;
  else
    destroy (ctx, k);
  return rc;
}

static void
end_session (struct syncd_ctx *ctx, void *session)
{
  struct session *s = session;
  s->scim.ctx = ctx;
  scim_session_fini (&s->scim);
  free (s);
}

/* Authenticates: an access token is there, or was got, when it succeeds. */
static int32_t
sign_in (struct session *s)
{
  struct text header;
  uint64_t generation;
  text_init (&header, 32 * 1024);
  int32_t rc = oauth_header (s->sink->client.oauth, s->scim.ctx, s->scim.http, &header, &generation,
                             s->scim.why, sizeof s->scim.why);
  text_wipe (&header);
  return rc;
}

static int32_t
begin_session (struct syncd_ctx *ctx, void *instance, void **ret_session)
{
  struct sink *k = instance;
  struct session *s = calloc (1, sizeof *s);
  if (s == NULL || scim_session_init (&s->scim, &k->client, ctx) != SYNCD_OK) {
    free (s);
    return k->host->fail (ctx, SYNCD_E_INTERNAL, "no memory for a session");
  }
  s->sink = k;
  int32_t rc = sign_in (s);
  if (rc == SYNCD_OK) {
    *ret_session = s;
    return rc;
  }
  k->host->fail (ctx, rc, "%s", s->scim.why);
  end_session (ctx, s);
  return rc;
}

int32_t
sink_check_type (struct session *s, struct syncd_ctx *ctx, const char *type)
{
  s->scim.ctx = ctx;
  if (type == NULL || strcmp (type, "User") == 0)
    return SYNCD_OK;
  return s->sink->host->fail (ctx, SYNCD_E_UNSUPPORTED,
                              "this sink keeps accounts of the type User, not %s", type);
}

int32_t
sink_describe (struct syncd_ctx *ctx, void *session, struct syncd_buffer *out)
{
  struct session *s = session;
  struct text t;
  text_init (&t, 8192);
  text_puts (&t, "{\"identity\":{\"sink\":");
  text_add_json (&t, s->sink->client.base, strlen (s->sink->client.base));
  text_printf (&t,
               "},\"soft_delete\":true,\"revival\":true,\"etag\":true,\"page_size\":%d,\"user_"
               "name\":\"email\","
               "\"types\":[\"User\"],\"find\":[\"userName\",\"externalId\"],\"warnings\":[%s]}",
               s->sink->page_size > 0 ? (int) s->sink->page_size : SINK_PAGE_COSTLY,
               s->sink->plain
                   ? "\"requests, the client's secret among them, are not encrypted (http://)\""
                   : "");
  int32_t rc =
      text_ok (&t) ? s->sink->host->buffer_append (out, text_get (&t), t.len) : SYNCD_E_INTERNAL;
  text_fini (&t);
  return rc == SYNCD_OK ? rc : s->sink->host->fail (ctx, rc, "the sink's description does not fit");
}

static const struct syncd_sink_ops ops = {
    .struct_size = sizeof (struct syncd_sink_ops),
    .max_batch = 16,
    .list = sink_list,
    .find = sink_find,
    .read = sink_read,
    .apply = sink_apply,
    .schema = sink_schema,
    .describe = sink_describe,
};

static const struct syncd_plugin descriptor = {
    SYNCD_PLUGIN_HEADER,
    .kind = SYNCD_KIND_SINK,
    .thread_model = SYNCD_THREADS_SESSION,
    .name = "genesys-scim",
    .version = PACKAGE_VERSION,
    .summary = "Genesys Cloud user accounts, through its SCIM 2.0 service",
    .options = sink_options,
    .option_count = SINK_OPTIONS,
    .option_size = sizeof (struct syncd_option),
    .load = load,
    .unload = unload,
    .create = create,
    .destroy = destroy,
    .open = begin_session,
    .close = end_session,
    .sink = &ops,
};

SYNCD_REGISTER_PLUGIN (descriptor);
