/*
 * Announces to a tracker on 127.0.0.1 as fast as it answers and prints what came back, as one JSON line.
 *
 *   announce-load hashes TORRENTS
 *   announce-load udp|http PORT TORRENTS PEERS WANTED WINDOW fill|SECONDS
 */
#define _GNU_SOURCE
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static double latency_ms(const struct results *results, double share) {
  uint64_t total = 0, passed = 0;
  for (int i = 0; i < LATENCY_BUCKETS; i++) total += results->latency_10us[i];
  for (int i = 0; i < LATENCY_BUCKETS; i++) {
    passed += results->latency_10us[i];
    if ((double)passed >= share * (double)total) return (i + 1) / 100.0;
  }
  return 0;
}

static double cpu_seconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void print_hashes(uint32_t torrents) {
  for (uint32_t torrent = 0; torrent < torrents; torrent++) {
    uint8_t hash[INFO_HASH_BYTES];
    info_hash_of(torrent, hash);
    for (int i = 0; i < INFO_HASH_BYTES; i++) printf("%02x", hash[i]);
    putchar('\n');
  }
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "hashes") == 0) {
    print_hashes((uint32_t)atol(argv[2]));
    return 0;
  }
  if (argc != 8) {
    fputs("usage: announce-load udp|http PORT TORRENTS PEERS WANTED WINDOW fill|SECONDS\n", stderr);
    return 2;
  }
  struct settings settings = {
      .mode = argv[1],
      .port = atoi(argv[2]),
      .torrents = (uint32_t)atol(argv[3]),
      .peers = (uint32_t)atol(argv[4]),
      .wanted = (uint32_t)atol(argv[5]),
      .window = (uint32_t)atol(argv[6]),
      .fill = strcmp(argv[7], "fill") == 0,
  };
  if (!settings.fill) settings.seconds = atof(argv[7]);
  static struct results results;
  if (strcmp(settings.mode, "udp") == 0) run_udp(&settings, &results);
  else run_http(&settings, &results);
  double seconds = (double)(now_ns() - measured_since_ns()) / 1e9;
  double all_seconds = seconds + (settings.fill ? 0 : 1);
  printf("{\"seconds\":%.3f,\"valid\":%lu,\"wrong\":%lu,\"refused\":%lu,\"lost\":%lu,\"reconnects\":%lu,"
         "\"validPerSecond\":%.1f,\"medianMs\":%.2f,\"p99Ms\":%.2f,\"generatorCpuShare\":%.3f}\n",
         seconds, results.valid, results.wrong, results.refused, results.lost, results.reconnects,
         (double)results.valid / seconds, latency_ms(&results, 0.5), latency_ms(&results, 0.99),
         cpu_seconds() / all_seconds);
  return 0;
}
