import type { BoundTerm } from "@swarmlab/scenario/bounds";
import type { Paint } from "../text/paint.js";
import { formatBytes, formatPercent, formatSeconds } from "../text/quantities.js";
import { alignColumns } from "../text/table.js";
import type { PeerReport, RunReport } from "./run-report.js";
import type { Theory } from "./theory.js";

const LABEL_WIDTH = 12;
const TERM_WIDTH = 19;

const TERMS: readonly (readonly [term: BoundTerm, name: string, formula: string])[] = [
  ["slowest-download", "slowest download", "F / d_min"],
  ["seeder-upload", "seeder's upload", "F / u_s"],
  ["total-upload", "all uploads", "N F / (u_s + sum u_i)"],
  ["piece-forwarding", "forwarding pieces", "F / C (1 + floor(log2 N) / M)"],
];

/** The report for a person: aligned plain text, coloured by `paint`, with a newline at the end. */
export function formatReport(report: RunReport, paint: Paint): string {
  const { content, completion } = report;
  const lines = [
    label("Content", `${content.name}, ${formatBytes(content.totalBytes)} in ${content.pieceCount} pieces`),
    label("", `info hash ${content.infoHash}, seed ${report.seed}`),
    ...linkLines(report.peers),
    label("Clock", `${report.clock};`),
    label("", `all leechers were ready within ${formatSeconds(report.readySpreadSeconds)}`),
    "",
    ...peerLines(report.peers),
    "",
    label(
      "Time to",
      `first ${formatSeconds(completion.firstSeconds)}, median ${formatSeconds(completion.medianSeconds)}, ` +
        paint("bold", `last ${formatSeconds(completion.lastSeconds)}`),
    ),
    ...theoryLines(report.theory, paint),
    ...copyLines(report, paint),
    ...report.notes.map((note) => label("Note", note)),
    ...(report.keptFolder === undefined ? [] : [label("Kept", report.keptFolder)]),
  ];
  return `${lines.join("\n")}\n`;
}

function label(name: string, text: string): string {
  return name.padEnd(LABEL_WIDTH) + text;
}

/** Each link once, with who has it and what emulates it. */
function linkLines(peers: readonly PeerReport[]): string[] {
  const owners = new Map<string, string[]>();
  for (const { name, link, backend } of peers) {
    const written = link.text === link.settings ? link.text : `${link.text} = ${link.settings}`;
    const emulation = backend === "none" ? "not emulated" : `emulated in ${backend}`;
    const key = `${written}, ${emulation}`;
    owners.set(key, [...(owners.get(key) ?? []), name]);
  }
  const everyone = owners.size === 1;
  return [...owners].map(([link, names], i) =>
    label(i === 0 ? "Links" : "", `${link}: ${everyone ? "all peers" : names.join(", ")}`),
  );
}

function peerLines(peers: readonly PeerReport[]): string[] {
  const rows = peers.map((peer) => [
    peer.name,
    peer.completeSeconds === undefined ? "-" : formatSeconds(peer.completeSeconds),
    formatBytes(peer.downloadedBytes),
    formatBytes(peer.uploadedBytes),
    formatPercent(peer.uploadShare),
  ]);
  return alignColumns([["PEER", "TIME", "DOWNLOADED", "UPLOADED", "SHARE OF UPLOADING"], ...rows]);
}

function theoryLines(theory: Theory, paint: Paint): string[] {
  if (theory.kind === "none") return [label("Bound", `none, and no efficiency: ${theory.reason}`)];
  const { bound, efficiency } = theory;
  const rows = TERMS.flatMap(([term, name, formula]) => {
    const seconds = bound.terms[term];
    if (seconds === undefined) return [];
    return [
      [
        `${name.padEnd(TERM_WIDTH)}${formula}`,
        formatSeconds(seconds),
        term === bound.bindingTerm ? "<- binds" : "",
      ],
    ];
  });
  return [
    label("Bound", `${formatSeconds(bound.seconds)}, payload in full frames; the largest of`),
    ...alignColumns(rows).map((line) => label("", `  ${line}`)),
    label("Efficiency", paint("bold", `${formatPercent(efficiency)} (bound / time to last)`)),
  ];
}

function copyLines({ copies, isVerified }: RunReport, paint: Paint): string[] {
  if (isVerified) {
    return [
      label("Copies", paint("green", `${copies.length} of ${copies.length} equal the source, byte for byte`)),
    ];
  }
  const wrong = copies.filter(({ difference }) => difference !== undefined);
  return [
    label("Copies", paint("red", `${wrong.length} of ${copies.length} differ from the source`)),
    ...wrong.map(({ name, difference }) => label("", `${name}: ${difference}`)),
  ];
}
