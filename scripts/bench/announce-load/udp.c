/* UDP announces (BEP 15): a window of them under way, sent and received in batches. */
#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#define BATCH 64
#define REQUEST_BYTES 98
#define ANSWER_BYTES 2048
#define LOST_AFTER_NS 1000000000ull
/* Connection ids live for two minutes at the most. */
#define RENEW_AFTER_NS 30000000000ull
#define CONNECT_TRANSACTION 0xffffffffu

enum { ACTION_CONNECT = 0, ACTION_ANNOUNCE = 1, ACTION_ERROR = 3 };
enum { EVENT_NONE = 0, EVENT_STARTED = 2 };

struct __attribute__((packed)) announce_request {
  uint64_t connection_id;
  uint32_t action;
  uint32_t transaction_id;
  uint8_t info_hash[INFO_HASH_BYTES];
  uint8_t peer_id[PEER_ID_BYTES];
  uint64_t downloaded, left, uploaded;
  uint32_t event, address, key, wanted;
  uint16_t port;
};
_Static_assert(sizeof(struct announce_request) == REQUEST_BYTES, "BEP 15");

struct slot {
  uint32_t transaction_id;
  uint64_t sent_ns; /* 0: free */
};

struct client {
  const struct settings *settings;
  struct results *results;
  int socket;
  uint64_t connection_id, asked_for_id_ns;
  struct slot *slots;
  uint32_t *free_slots, free_count, generation;
  bool exhausted;
};

static uint32_t read32(const uint8_t *bytes) {
  uint32_t value;
  memcpy(&value, bytes, 4);
  return ntohl(value);
}

static int open_socket(int port) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  struct timeval patience = {.tv_usec = 100000};
  int buffer = 4 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect(fd, (struct sockaddr *)&server, sizeof server) != 0) fail("connect");
  return fd;
}

static void ask_for_connection_id(struct client *client) {
  uint8_t request[16] = {0x00, 0x00, 0x04, 0x17, 0x27, 0x10, 0x19, 0x80};
  memset(request + 12, 0xff, 4); /* CONNECT_TRANSACTION */
  client->asked_for_id_ns = now_ns();
  send(client->socket, request, sizeof request, 0);
}

static void connect_to_tracker(struct client *client) {
  uint8_t answer[ANSWER_BYTES];
  for (int attempt = 0; attempt < 50; attempt++) {
    ask_for_connection_id(client);
    if (recv(client->socket, answer, sizeof answer, 0) != 16) continue;
    if (read32(answer) != ACTION_CONNECT || read32(answer + 4) != CONNECT_TRANSACTION) continue;
    memcpy(&client->connection_id, answer + 8, 8);
    return;
  }
  fail("the tracker does not answer a connect");
}

static void send_batch(struct client *client) {
  struct announce_request requests[BATCH];
  struct iovec vectors[BATCH];
  struct mmsghdr messages[BATCH];
  unsigned count = 0;
  uint64_t now = now_ns();
  for (; count < BATCH && client->free_count > 0; count++) {
    struct announce announce;
    if (!next_announce(client->settings, &announce)) {
      client->exhausted = true;
      break;
    }
    uint32_t index = client->free_slots[--client->free_count];
    uint32_t id = (client->generation++ * client->settings->window + index) & 0x7fffffff;
    id = id - id % client->settings->window + index;
    client->slots[index] = (struct slot){.transaction_id = id, .sent_ns = now};
    struct announce_request *request = &requests[count];
    *request = (struct announce_request){
        .connection_id = client->connection_id,
        .action = htonl(ACTION_ANNOUNCE),
        .transaction_id = htonl(id),
        .left = htobe64(1),
        .event = htonl(client->settings->fill ? EVENT_STARTED : EVENT_NONE),
        .wanted = htonl(client->settings->fill ? 0 : client->settings->wanted),
        .port = htons(announce.port),
    };
    memcpy(request->info_hash, announce.info_hash, INFO_HASH_BYTES);
    memcpy(request->peer_id, announce.peer_id, PEER_ID_BYTES);
    vectors[count] = (struct iovec){.iov_base = request, .iov_len = REQUEST_BYTES};
    messages[count] = (struct mmsghdr){.msg_hdr = {.msg_iov = &vectors[count], .msg_iovlen = 1}};
  }
  for (unsigned sent = 0; sent < count;) {
    int done = sendmmsg(client->socket, messages + sent, count - sent, 0);
    if (done < 0) fail("sendmmsg");
    sent += (unsigned)done;
  }
}

static void take_answer(struct client *client, const uint8_t *answer, size_t length, uint64_t now) {
  if (length < 8) return;
  uint32_t action = read32(answer), id = read32(answer + 4);
  if (id == CONNECT_TRANSACTION) {
    if (action == ACTION_CONNECT && length == 16) memcpy(&client->connection_id, answer + 8, 8);
    return;
  }
  uint32_t index = id % client->settings->window;
  struct slot *slot = &client->slots[index];
  if (slot->sent_ns == 0 || slot->transaction_id != id) return; /* counted as lost before */
  note_latency(client->results, now - slot->sent_ns);
  slot->sent_ns = 0;
  client->free_slots[client->free_count++] = index;
  if (action == ACTION_ERROR) client->results->refused++;
  else if (action == ACTION_ANNOUNCE && length >= 20 && peers_are_right(client->settings, answer + 20, length - 20))
    client->results->valid++;
  else client->results->wrong++;
}

static void receive_batch(struct client *client) {
  static uint8_t answers[BATCH][ANSWER_BYTES];
  struct iovec vectors[BATCH];
  struct mmsghdr messages[BATCH];
  for (unsigned i = 0; i < BATCH; i++) {
    vectors[i] = (struct iovec){.iov_base = answers[i], .iov_len = ANSWER_BYTES};
    messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &vectors[i], .msg_iovlen = 1}};
  }
  int count = recvmmsg(client->socket, messages, BATCH, MSG_WAITFORONE, NULL);
  uint64_t now = now_ns();
  for (int i = 0; i < count; i++) take_answer(client, answers[i], messages[i].msg_len, now);
}

static void give_up_lost(struct client *client) {
  uint64_t now = now_ns();
  for (uint32_t index = 0; index < client->settings->window; index++) {
    struct slot *slot = &client->slots[index];
    if (slot->sent_ns == 0 || now - slot->sent_ns < LOST_AFTER_NS) continue;
    client->results->lost++;
    slot->sent_ns = 0;
    client->free_slots[client->free_count++] = index;
  }
}

void run_udp(const struct settings *settings, struct results *results) {
  struct client client = {.settings = settings, .results = results, .socket = open_socket(settings->port)};
  client.slots = calloc(settings->window, sizeof *client.slots);
  client.free_slots = calloc(settings->window, sizeof *client.free_slots);
  for (uint32_t index = 0; index < settings->window; index++) client.free_slots[client.free_count++] = index;
  connect_to_tracker(&client);
  uint64_t looked_for_lost_ns = now_ns();
  while (!time_is_up(settings, results) && !(client.exhausted && client.free_count == settings->window)) {
    while (client.free_count > 0 && !client.exhausted) send_batch(&client);
    receive_batch(&client);
    uint64_t now = now_ns();
    if (now - client.asked_for_id_ns > RENEW_AFTER_NS) ask_for_connection_id(&client);
    if (now - looked_for_lost_ns > LOST_AFTER_NS / 10) {
      give_up_lost(&client);
      looked_for_lost_ns = now;
    }
  }
}
