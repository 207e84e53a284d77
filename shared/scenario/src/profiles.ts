/** A kind of access line by name. */
export interface LinkProfile {
  readonly name: string;
  /** What the name stands for, in the notation of `parseLink`. */
  readonly settings: string;
  /** Where the figures are from, to be shown beside them. */
  readonly source: string;
}

const WEBPAGETEST =
  "WebPageTest, www/settings/connectivity.ini.sample (github.com/WPO-Foundation/webpagetest, commit a7cf6a7)";
const HALVED = "its round-trip time halved to one way, jitter chosen here";

/**
 * Lines that people know. The rates are those of a public set of profiles that browsers have been tested with for years;
 * faster lines are sold today, but of these a laptop can carry dozens, and their proportions are still the usual ones:
 * more down than up, and radio slower to answer than cable. WebPageTest gives a round-trip time between the node and the
 * network; `delay` is half of it. It gives no jitter: that is this project's choice, a few percent of the delay on wires
 * and more over radio.
 */
export const LINK_PROFILES: readonly LinkProfile[] = [
  {
    name: "fiber",
    settings: "up=5mbit,down=20mbit,delay=2ms",
    source: `${WEBPAGETEST}: "FIOS (20/5 Mbps 4ms RTT)"; its round-trip time halved to one way`,
  },
  {
    name: "cable",
    settings: "up=1mbit,down=5mbit,delay=14ms,jitter=1ms,distribution=normal",
    source: `${WEBPAGETEST}: "Cable (5/1 Mbps 28ms RTT)"; ${HALVED}`,
  },
  {
    name: "dsl",
    settings: "up=384kbit,down=1500kbit,delay=25ms,jitter=1ms,distribution=normal",
    source: `${WEBPAGETEST}: "DSL (1.5 Mbps/384 Kbps 50ms RTT)"; ${HALVED}`,
  },
  {
    name: "4g",
    settings: "up=12mbit,down=12mbit,delay=35ms,jitter=5ms,distribution=paretonormal",
    source: `${WEBPAGETEST}: "LTE (12 Mbps, 70ms RTT)"; ${HALVED}`,
  },
  {
    name: "3g",
    settings: "up=768kbit,down=1600kbit,delay=150ms,jitter=20ms,distribution=paretonormal",
    source: `${WEBPAGETEST}: "3G (1.6 Mbps/768 Kbps 300ms RTT)"; ${HALVED}`,
  },
  {
    name: "satellite",
    settings: "up=3mbit,down=25mbit,delay=300ms,jitter=10ms,distribution=normal",
    source:
      "Geostationary: 600 ms round trip, of which about 480 are the way of light up and down twice at 35,786 km; " +
      "25/3 Mbit/s is the benchmark for broadband that the FCC set in 2015 (FCC 15-10); jitter chosen here",
  },
  {
    name: "lan",
    settings: "up=1gbit,down=1gbit,delay=0.1ms",
    source: "1000BASE-T (IEEE 802.3ab); the delay, for switch and hosts, chosen here",
  },
];
