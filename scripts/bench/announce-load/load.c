#define _GNU_SOURCE
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WARM_UP_NS 1000000000ull

static uint64_t splitmix64(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

void info_hash_of(uint32_t torrent, uint8_t out[INFO_HASH_BYTES]) {
  uint64_t state = torrent;
  uint64_t words[3] = {splitmix64(&state), splitmix64(&state), splitmix64(&state)};
  memcpy(out, words, INFO_HASH_BYTES);
}

static void announce_of(uint32_t torrent, uint32_t peer, struct announce *out) {
  info_hash_of(torrent, out->info_hash);
  char text[PEER_ID_BYTES + 1];
  snprintf(text, sizeof text, "-SL0000-%06x%06x", torrent & 0xffffff, peer & 0xffffff);
  memcpy(out->peer_id, text, PEER_ID_BYTES);
  out->port = (uint16_t)(FIRST_PORT + peer);
}

bool next_announce(const struct settings *settings, struct announce *out) {
  static uint64_t state = 1, filled = 0;
  if (settings->fill) {
    if (filled == (uint64_t)settings->torrents * settings->peers) return false;
    announce_of((uint32_t)(filled / settings->peers), (uint32_t)(filled % settings->peers), out);
    filled++;
    return true;
  }
  uint64_t random = splitmix64(&state);
  announce_of((uint32_t)(random >> 32) % settings->torrents, (uint32_t)random % settings->peers, out);
  return true;
}

bool peers_are_right(const struct settings *settings, const uint8_t *compact, size_t length) {
  static const uint8_t loopback[4] = {127, 0, 0, 1};
  if (settings->fill) return true;
  if (length != (size_t)settings->wanted * 6) return false;
  uint8_t seen[8192] = {0};
  for (size_t offset = 0; offset < length; offset += 6) {
    const uint8_t *peer = compact + offset;
    uint32_t index = (uint32_t)(peer[4] << 8 | peer[5]) - FIRST_PORT;
    if (memcmp(peer, loopback, 4) != 0 || index >= settings->peers) return false;
    if (seen[index >> 3] & (1 << (index & 7))) return false;
    seen[index >> 3] |= (uint8_t)(1 << (index & 7));
  }
  return true;
}

void note_latency(struct results *results, uint64_t nanoseconds) {
  uint64_t bucket = nanoseconds / 10000;
  results->latency_10us[bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1]++;
}

uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000ull + (uint64_t)time.tv_nsec;
}

static uint64_t measured_since;

uint64_t measured_since_ns(void) { return measured_since; }

bool time_is_up(const struct settings *settings, struct results *results) {
  static uint64_t started;
  uint64_t now = now_ns();
  if (started == 0) started = now;
  if (settings->fill) {
    measured_since = started;
    return false;
  }
  if (measured_since == 0 && now - started >= WARM_UP_NS) {
    memset(results, 0, sizeof *results);
    measured_since = now;
  }
  return measured_since != 0 && (double)(now - measured_since) / 1e9 >= settings->seconds;
}

void fail(const char *what) {
  perror(what);
  exit(1);
}
