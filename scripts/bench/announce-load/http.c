/* HTTP announces (BEP 3, 23): as many connections as the window, each with one request under way, kept alive if it may. */
#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_BYTES 16384
#define REQUEST_BYTES 512
#define EVENTS 64

struct connection {
  int socket;
  bool used; /* has carried an answer before */
  char request[REQUEST_BYTES];
  size_t request_length;
  uint64_t sent_ns;
  size_t length;
  char buffer[BUFFER_BYTES + 1];
};

struct client {
  const struct settings *settings;
  struct results *results;
  int epoll;
  uint32_t under_way;
};

static void open_connection(struct client *client, struct connection *connection) {
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)client->settings->port)};
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int one = 1;
  connection->socket = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(connection->socket, (struct sockaddr *)&server, sizeof server) != 0) fail("connect");
  setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(connection->socket, F_SETFL, O_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  epoll_ctl(client->epoll, EPOLL_CTL_ADD, connection->socket, &event);
  connection->used = false;
}

static char *write_escaped(char *to, const uint8_t *bytes, size_t count) {
  static const char digits[] = "0123456789ABCDEF";
  for (size_t i = 0; i < count; i++) {
    *to++ = '%';
    *to++ = digits[bytes[i] >> 4];
    *to++ = digits[bytes[i] & 15];
  }
  return to;
}

static bool send_request(struct connection *connection) {
  connection->length = 0;
  connection->sent_ns = now_ns();
  ssize_t sent = write(connection->socket, connection->request, connection->request_length);
  return sent == (ssize_t)connection->request_length;
}

/* On a fresh connection, because the server has closed the old one. */
static void send_request_again(struct client *client, struct connection *connection) {
  client->results->reconnects++;
  close(connection->socket);
  open_connection(client, connection);
  if (!send_request(connection)) fail("write");
}

/* Nothing when there is nothing left to announce. */
static void send_next_request(struct client *client, struct connection *connection) {
  struct announce announce;
  if (!next_announce(client->settings, &announce)) return;
  char *to = stpcpy(connection->request, "GET /announce?info_hash=");
  to = write_escaped(to, announce.info_hash, INFO_HASH_BYTES);
  to = stpcpy(to, "&peer_id=");
  to = write_escaped(to, announce.peer_id, PEER_ID_BYTES);
  to += sprintf(to, "&port=%u&uploaded=0&downloaded=0&left=1&compact=1&numwant=%u%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n",
                announce.port, client->settings->fill ? 0 : client->settings->wanted,
                client->settings->fill ? "&event=started" : "", client->settings->port);
  connection->request_length = (size_t)(to - connection->request);
  client->under_way++;
  if (!send_request(connection)) send_request_again(client, connection);
}

/* The end of the answer in the buffer, or NULL when it has not all come. */
static char *end_of_answer(struct connection *connection, char **body, bool closed) {
  connection->buffer[connection->length] = 0;
  char *blank = memmem(connection->buffer, connection->length, "\r\n\r\n", 4);
  if (blank == NULL) return NULL;
  *body = blank + 4;
  char *available = connection->buffer + connection->length;
  *blank = 0;
  char *header = strcasestr(connection->buffer, "\r\ncontent-length:");
  char *end = header == NULL ? (closed ? available : NULL) : *body + strtoul(header + 17, NULL, 10);
  *blank = '\r';
  return end != NULL && end <= available ? end : NULL;
}

static void judge(struct client *client, const char *body, const char *end) {
  static const char key[] = "5:peers";
  size_t length = (size_t)(end - body);
  if (memmem(body, length, "14:failure reason", 17) != NULL) {
    client->results->refused++;
    return;
  }
  const char *found = memmem(body, length, key, sizeof key - 1);
  char *peers = NULL;
  unsigned long count = found == NULL ? 0 : strtoul(found + sizeof key - 1, &peers, 10);
  bool whole = peers != NULL && *peers == ':' && count <= (size_t)(end - peers - 1);
  if (whole && peers_are_right(client->settings, (const uint8_t *)peers + 1, count)) client->results->valid++;
  else client->results->wrong++;
}

static void receive(struct client *client, struct connection *connection) {
  ssize_t count = read(connection->socket, connection->buffer + connection->length, BUFFER_BYTES - connection->length);
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0 && connection->length == 0 && connection->used) {
    /* A server that does not keep connections alive: no fault of this request. */
    send_request_again(client, connection);
    return;
  }
  bool closed = count <= 0;
  if (!closed) connection->length += (size_t)count;
  char *body, *end = end_of_answer(connection, &body, closed);
  if (end == NULL && !closed && connection->length < BUFFER_BYTES) return;
  if (end == NULL) fail("an answer that is cut short, chunked, or too long");
  note_latency(client->results, now_ns() - connection->sent_ns);
  judge(client, body, end);
  client->under_way--;
  connection->used = true;
  send_next_request(client, connection);
}

void run_http(const struct settings *settings, struct results *results) {
  struct client client = {.settings = settings, .results = results, .epoll = epoll_create1(0)};
  struct connection *connections = calloc(settings->window, sizeof *connections);
  for (uint32_t i = 0; i < settings->window; i++) {
    open_connection(&client, &connections[i]);
    send_next_request(&client, &connections[i]);
  }
  while (!time_is_up(settings, results) && client.under_way > 0) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(client.epoll, events, EVENTS, 100);
    for (int i = 0; i < count; i++) receive(&client, events[i].data.ptr);
  }
}
