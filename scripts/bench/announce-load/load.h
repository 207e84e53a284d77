/* What is announced and what counts as an answer; shared by the UDP and the HTTP half. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INFO_HASH_BYTES 20
#define PEER_ID_BYTES 20
/* Peer j of every swarm is 127.0.0.1:FIRST_PORT+j. */
#define FIRST_PORT 1024
#define LATENCY_BUCKETS 4096

struct settings {
  const char *mode; /* "udp" or "http" */
  int port;
  uint32_t torrents;
  uint32_t peers; /* in every swarm */
  uint32_t wanted; /* peers that an answer has to carry */
  uint32_t window; /* announces that are under way at the same time */
  double seconds; /* of measuring, after the warm-up */
  bool fill; /* announce every peer of every swarm once instead */
};

struct announce {
  uint8_t info_hash[INFO_HASH_BYTES];
  uint8_t peer_id[PEER_ID_BYTES];
  uint16_t port;
};

struct results {
  uint64_t valid; /* right in every respect */
  uint64_t wrong; /* too few peers, a stranger or a double among them, or not an answer at all */
  uint64_t refused; /* an error message */
  uint64_t lost; /* no answer within a second */
  uint64_t reconnects;
  uint64_t latency_10us[LATENCY_BUCKETS];
};

void info_hash_of(uint32_t torrent, uint8_t out[INFO_HASH_BYTES]);
/* The next announce to make; false when a fill has made them all. */
bool next_announce(const struct settings *settings, struct announce *out);
/* Whether `compact` (BEP 23) holds exactly the wanted number of different peers of such a swarm. */
bool peers_are_right(const struct settings *settings, const uint8_t *compact, size_t length);
void note_latency(struct results *results, uint64_t nanoseconds);
uint64_t now_ns(void);
/* Forgets the results of the warm-up when it is over; true when the measured time is over. */
bool time_is_up(const struct settings *settings, struct results *results);
/* When the measured time began. */
uint64_t measured_since_ns(void);
_Noreturn void fail(const char *what);

void run_udp(const struct settings *settings, struct results *results);
void run_http(const struct settings *settings, struct results *results);
