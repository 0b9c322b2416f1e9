/* http-private: what the files of http share with one another, and nobody else. */
#ifndef COMMON_HTTP_PRIVATE_H
#define COMMON_HTTP_PRIVATE_H

#include "http.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <pthread.h>

#define HTTP_SHARE_LOCKS CURL_LOCK_DATA_LAST

struct http_share {
  CURLSH *curl;
  pthread_mutex_t locks[HTTP_SHARE_LOCKS];
};

/* False: no memory; http_share_fini() is for both. */
bool http_share_init (struct http_share *);
void http_share_fini (struct http_share *);

struct http_client {
  char *ca_file;
  char *proxy;
  char *user_agent;
  long timeout_ms;
  long tls_version;
  long http_version;
  bool plaintext;
  const struct http_header_names *names;
  X509_STORE *store; /* NULL: libcurl loads ca_file itself */
  struct http_share share;
};

struct http {
  struct http_client *client;
  CURL *easy;
  int (*cancelled) (void *);
  void *data;
  struct curl_slist *headers; /* of the last request: most requests of a session have the same */
  int attempts; /* times that libcurl began to send the current request */
  bool head_ended; /* the empty line after the answer's headers came */
  struct http_reply reply;
  char error[CURL_ERROR_SIZE];
};

/* The header callback's work: one line of LEN bytes. */
void http_header_line (struct http *, const char *line, size_t len);

#endif
