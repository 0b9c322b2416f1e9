/* Tokens: the endpoint that gives them out, and who may come in with one. */
#include <config.h>
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FORM       "application/x-www-form-urlencoded"
#define BASIC_MAX  1024
#define TOKENS_MAX 100000

static void
token_refuse (struct request *request, int status, const char *error, const char *description)
{
  reply_json_take (request, status,
                   json_pack ("{s:s, s:s, s:s}", "error", error, "description", description,
                              "error_description", description));
  request->reply.content_type = "application/json";
}

static int
base64_digit (char c)
{
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const char *at = c != '\0' ? strchr (digits, c) : NULL;
  return at != NULL ? (int)(at - digits) : -1;
}

/* ret_text: room for three quarters of the input and an end. */
static bool
base64_decode (const char *in, char *ret_text)
{
  unsigned bits = 0, count = 0;
  for (; *in != '\0' && *in != '='; in++) {
    int digit = base64_digit (*in);
    if (digit < 0)
      return false;
    bits = bits << 6 | (unsigned)digit;
    count += 6;
    if (count >= 8) {
      count -= 8;
      *ret_text++ = (char)(bits >> count & 0xff);
    }
  }
  *ret_text = '\0';
  return in[strspn (in, "=")] == '\0';
}

/* NULL where the credentials are right, else what the service says. */
static const char *
client_check (const struct request *request)
{
  const struct sim *sim = request->sim;
  const char *header = request_header (request, "Authorization");
  char text[BASIC_MAX];
  if (header == NULL || strncasecmp (header, "Basic ", 6) != 0 || strlen (header) > BASIC_MAX ||
      !base64_decode (header + 6, text))
    return "client credentials must come in a Basic authorization header";
  char *colon = strchr (text, ':');
  if (colon != NULL)
    *colon = '\0';
  if (colon == NULL || strcmp (text, sim->client_id) != 0)
    return "client not found";
  if (strcmp (colon + 1, sim->client_secret) != 0)
    return "authentication failed";
  return strcmp (sim->switches.client_state, "active") == 0 ? NULL : "client is not active";
}

static struct token *
token_new (struct sim *sim)
{
  struct tokens *tokens = &sim->tokens;
  struct token *token = mem_new (sizeof *token);
  const struct switches *switches = &sim->switches;
  random_text (token->text, TOKEN_LENGTH);
  token->issued = token->used = clock_steady ();
  token->lifetime_ms = switches->token_real_lifetime > 0 ? switches->token_real_lifetime
                                                         : switches->token_lifetime * 1000;
  if (tokens->count >= TOKENS_MAX)
    tokens_clear (tokens);
  if (tokens->count == tokens->room) {
    tokens->room = tokens->room == 0 ? 16 : tokens->room * 2;
    tokens->all = mem_resize (tokens->all, tokens->room * sizeof (struct token *));
  }
  tokens->all[tokens->count++] = token;
  token->number = tokens->count;
  table_put (&tokens->by_text, token->text, token);
  return token;
}

static bool
form_grants (const struct request *request)
{
  static const char want[] = "grant_type=client_credentials";
  const char *at = request->body.data;
  while (at != NULL && *at != '\0') {
    size_t length = strcspn (at, "&");
    if (length == sizeof want - 1 && strncmp (at, want, length) == 0)
      return true;
    at += length + (at[length] == '&');
  }
  return false;
}

static bool
token_throttled (struct sim *sim)
{
  if (sim->switches.token_throttle > 0)
    return sim->switches.token_throttle-- > 0;
  return sim->switches.token_throttle < 0;
}

void
token_handle (struct request *request)
{
  struct sim *sim = request->sim;
  const char *type = request_header (request, "Content-Type"), *wrong;
  if (request->verb != VERB_POST) {
    reply_error (request, 405, "method.not.allowed", "the token endpoint takes POST only");
    request->reply.allow = mem_copy ("POST");
  } else if (type == NULL || strncasecmp (type, FORM, strlen (FORM)) != 0) {
    token_refuse (request, 400, "invalid_request", "the body must be a form, " FORM);
  } else if (token_throttled (sim)) {
    sim->stats.throttled++;
    token_refuse (request, 400, "invalid_request",
                  "rate limit exceeded; too many token requests for this client");
  } else if ((wrong = client_check (request)) != NULL) {
    token_refuse (request, atoi (sim->switches.token_refusal), "invalid_client", wrong);
  } else if (!form_grants (request)) {
    token_refuse (request, 400, "unsupported_grant_type", "grant_type must be client_credentials");
  } else {
    struct token *token = request->token = token_new (sim);
    reply_json_take (request, 200,
                     json_pack ("{s:s, s:s, s:I}", "access_token", token->text, "token_type",
                                "bearer", "expires_in", (json_int_t)sim->switches.token_lifetime));
    request->reply.content_type = "application/json";
  }
}

static bool
token_over (const struct switches *switches, const struct token *token, int64_t now)
{
  return token->expired || now - token->issued >= token->lifetime_ms ||
         (switches->token_idle > 0 && now - token->used >= switches->token_idle);
}

bool
token_admit (struct request *request)
{
  struct sim *sim = request->sim;
  const char *header = request_header (request, "Authorization");
  const char *code = "bad.credentials", *message = "Invalid login credentials.";
  int64_t now = clock_steady ();
  if (header == NULL || strncasecmp (header, "Bearer ", 7) != 0) {
    code = "authentication.required";
    message = "No authentication bearer token specified in authorization header.";
  } else {
    struct token *token = table_find (&sim->tokens.by_text, header + 7);
    bool disabled = strcmp (sim->switches.client_state, "disabled") == 0;
    if (token != NULL && !token->revoked && !disabled) {
      if (!token_over (&sim->switches, token, now)) {
        token->used = now;
        request->token = token;
        return true;
      }
      code = "credentials.expired";
      message = "The supplied token has expired.";
    }
  }
  sim->stats.unauthorized++;
  reply_error (request, 401, code, "%s", message);
  return false;
}

void
tokens_revoke (struct tokens *tokens, bool expire)
{
  for (size_t i = 0; i < tokens->count; i++)
    *(expire ? &tokens->all[i]->expired : &tokens->all[i]->revoked) = true;
}

void
tokens_clear (struct tokens *tokens)
{
  for (size_t i = 0; i < tokens->count; i++)
    free (tokens->all[i]);
  free (tokens->all);
  table_fini (&tokens->by_text);
  *tokens = (struct tokens){0};
}
