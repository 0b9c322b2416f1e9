/* Replies as libmicrohttpd sends them: whole, cut, endless, or not at all. */
#include <config.h>
#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A reply whose length is a lie, or that is made while it is sent. */
struct stream {
  struct buffer text;
  uint64_t length;
  bool cut;
};

static ssize_t
stream_read (void *context, uint64_t at, char *out, size_t room)
{
  struct stream *stream = context;
  uint64_t end = stream->cut ? stream->length / 2 : stream->length;
  if (at >= end)
    return stream->cut ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
  size_t length = end - at < room ? (size_t)(end - at) : room;
  for (size_t i = 0; i < length; i++)
    out[i] = at + i < stream->text.length   ? stream->text.data[at + i]
             : at + i + 2 == stream->length ? '"'
             : at + i + 1 == stream->length ? '}'
                                            : 'x';
  return (ssize_t)length;
}

static void
stream_free (void *context)
{
  struct stream *stream = context;
  buffer_fini (&stream->text);
  free (stream);
}

static struct MHD_Response *
stream_make (struct reply *reply)
{
  struct stream *stream = mem_new (sizeof *stream);
  stream->cut = reply->transport == TRANSPORT_TRUNCATED;
  if (stream->cut) {
    stream->text = reply->body;
    stream->length = reply->body.length;
    reply->body = (struct buffer){0};
  } else {
    buffer_text (&stream->text, "{\"padding\":\"");
    stream->length = (uint64_t)reply->huge < stream->text.length + 2 ? stream->text.length + 2
                                                                     : (uint64_t)reply->huge;
  }
  return MHD_create_response_from_callback (stream->length, 16384, stream_read, stream,
                                            stream_free);
}

static struct MHD_Response *
response_make (struct reply *reply)
{
  if (reply->transport == TRANSPORT_HUGE || reply->transport == TRANSPORT_TRUNCATED)
    return stream_make (reply);
  struct MHD_Response *response =
      MHD_create_response_from_buffer (reply->body.length, reply->body.data, MHD_RESPMEM_MUST_FREE);
  reply->body = (struct buffer){0};
  return response;
}

static void
header_number (struct MHD_Response *response, const char *name, int64_t number)
{
  char text[24];
  snprintf (text, sizeof text, "%lld", (long long)number);
  MHD_add_response_header (response, name, text);
}

static void
headers_add (struct MHD_Response *response, const struct request *request)
{
  const struct reply *reply = &request->reply;
  if (reply->content_type != NULL)
    MHD_add_response_header (response, "Content-Type", reply->content_type);
  if (reply->etag[0] != '\0')
    MHD_add_response_header (response, "ETag", reply->etag);
  if (reply->location != NULL)
    MHD_add_response_header (response, "Location", reply->location);
  if (reply->allow != NULL)
    MHD_add_response_header (response, "Allow", reply->allow);
  if (reply->retry_after >= 0)
    header_number (response, "Retry-After", reply->retry_after);
  if (reply->status == 401)
    MHD_add_response_header (response, "WWW-Authenticate", "Bearer");
  MHD_add_response_header (response, "ININ-Correlation-Id", request->correlation);
  if (request->rate_allowed < 0)
    return;
  header_number (response, "inin-ratelimit-count", request->rate_used);
  header_number (response, "inin-ratelimit-allowed", request->rate_allowed);
  header_number (response, "inin-ratelimit-reset", request->rate_reset);
}

/* Dissolving the association sends a reset at once, also under TLS. */
static enum MHD_Result
connection_cut (struct MHD_Connection *connection, bool reset)
{
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info (connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  struct sockaddr nobody = {.sa_family = AF_UNSPEC};
  if (reset && info != NULL && connect (info->connect_fd, &nobody, sizeof nobody) != 0)
    perror ("genesys-sim: cannot reset a connection");
  return MHD_NO;
}

enum MHD_Result
request_send (struct request *request)
{
  struct reply *reply = &request->reply;
  if (reply->transport == TRANSPORT_RESET || reply->transport == TRANSPORT_CLOSE)
    return connection_cut (request->connection, reply->transport == TRANSPORT_RESET);
  struct MHD_Response *response = response_make (reply);
  if (response == NULL)
    return MHD_NO;
  headers_add (response, request);
  enum MHD_Result result =
      MHD_queue_response (request->connection, (unsigned)reply->status, response);
  MHD_destroy_response (response);
  return result;
}
