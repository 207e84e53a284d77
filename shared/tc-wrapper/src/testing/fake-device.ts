import { burstTicks, probability, shownDelay, shownRate } from "./tc-numbers.js";

/** What tc says when it fails. */
export class Refusal extends Error {}

interface FakeClass {
  readonly parent: string;
  text: string;
}

interface FakeNetem {
  readonly handle: string;
  options: Record<string, unknown>;
  backlogPackets: number;
}

interface FakeFilter {
  readonly hook: string;
  readonly protocol: string;
  readonly preference: number;
  readonly handle: string;
  readonly flowid: string | undefined;
  readonly link: string | undefined;
  /** As JSON, with repeated keys. */
  readonly options: string;
}

/** One network device with its qdiscs, classes and filters, as far as this package's commands go. */
export class FakeDevice {
  readonly offloads = new Map([
    ["tso", true],
    ["gso", true],
    ["gro", false],
    ["lro", false],
  ]);
  isUp = false;
  gsoMaxSegments = 65535;
  alias = "";
  /** `kind handle`, where it is not the default. */
  root: string | undefined;
  hooks: "clsact" | "ingress" | undefined;
  readonly classes = new Map<string, FakeClass>();
  readonly leaves = new Map<string, FakeNetem>();
  #filters: FakeFilter[] = [];
  #nextNode = 0;

  constructor(
    readonly name: string,
    readonly kind: string,
    readonly mtuBytes = 1500,
  ) {}

  /** `qdisc add dev X …` without its beginning. */
  changeQdisc(verb: string, rest: string): void {
    const root = /^root handle (\S+) htb default 10$/.exec(rest);
    const leaf = /^parent (\S+) handle (\S+) netem (.*)$/.exec(rest);
    if (root?.[1]) {
      if (this.root !== undefined) throw new Refusal("Error: NLM_F_REPLACE needed to override.");
      this.root = `htb ${root[1]}`;
    } else if (leaf) {
      this.#changeLeaf(verb, leaf[1] ?? "", leaf[2] ?? "", leaf[3] ?? "");
    } else if (rest === "clsact" && verb === "add") {
      if (this.hooks) throw new Refusal("Error: Exclusivity flag on, cannot modify.");
      this.hooks = "clsact";
    } else {
      throw new Error(`not understood: qdisc ${verb} ${rest}`);
    }
  }

  deleteQdisc(rest: string): void {
    if (rest === "clsact") {
      this.hooks = undefined;
      this.#filters = this.#filters.filter(({ hook }) => hook === "root");
    } else if (rest === `root handle ${this.root?.split(" ")[1]}`) {
      this.root = undefined;
      this.classes.clear();
      this.leaves.clear();
      this.#filters = this.#filters.filter(({ hook }) => hook !== "root");
    } else {
      throw new Refusal("Error: Cannot find specified qdisc on specified device.");
    }
  }

  changeClass(verb: string, rest: string): void {
    const pattern =
      /^parent (\S+) classid (\S+) htb rate (\d+)bit burst (\d+) ceil (\d+)bit cburst (\d+) quantum (\d+)$/;
    const [whole, parent = "", id = "", ...numbers] = pattern.exec(rest) ?? [];
    if (whole === undefined) throw new Error(`not understood: class ${verb} ${rest}`);
    if (this.classes.has(id) !== (verb === "change")) throw new Refusal("RTNETLINK answers: File exists");
    const [rate = 0, burst = 0, ceil = 0, ceilBurst = 0, quantum = 0] = numbers.map(Number);
    const hex = (value: number): string => value.toString(16).padStart(8, "0");
    this.classes.set(id, {
      parent,
      text:
        `rate ${shownRate(rate)} ceil ${shownRate(ceil)} linklayer ethernet burst 1b/1 mpu 0b cburst 1b/1 mpu 0b level 0 ` +
        `buffer [${hex(burstTicks(burst, rate))}] cbuffer [${hex(burstTicks(ceilBurst, ceil))}] quantum=${quantum}`,
    });
  }

  deleteClass(id: string): void {
    if (this.#filters.some(({ flowid }) => flowid === id)) {
      throw new Refusal("RTNETLINK answers: Device or resource busy");
    }
    if (!this.classes.delete(id)) throw new Refusal("RTNETLINK answers: No such file or directory");
    this.leaves.delete(id);
  }

  addFilter(hook: string, protocol: string, preference: number, rest: string): void {
    const table = /^handle (\S+:) u32 divisor 256$/.exec(rest)?.[1];
    const [, place, words = "", action = ""] =
      /^u32(?: ht (\S+))?((?: match u32 \S+ \S+ at \d+)+)(.*)$/.exec(rest) ?? [];
    const same = this.#filters.filter((filter) => this.#isShared(filter.hook, hook));
    if (table !== undefined) {
      if (same.some(({ handle }) => handle === table)) throw new Refusal("Error: Filter already exists.");
      this.#filters.push({
        hook,
        protocol,
        preference,
        handle: table,
        flowid: undefined,
        link: undefined,
        options: `{"fh":"${table}","ht_divisor":256}`,
      });
      return;
    }
    if (words === "") throw new Error(`not understood: filter add ${rest}`);
    const bucket = place?.split(":") ?? [`8${preference.toString(16)}`, ""];
    const node = 0x800 + this.#nextNode++;
    const handle = `${bucket[0]}:${bucket[1]}:${node.toString(16)}`;
    const matches = Array.from(
      words.matchAll(/match u32 0x(\S+) 0x(\S+) at (\d+)/g),
      ([, value = "", mask = "", at]) => {
        const hex = (text: string): string => Number.parseInt(text, 16).toString(16);
        return `"match":{"value":"${hex(value)}","mask":"${hex(mask)}","offmask":"","off":${at}}`;
      },
    );
    const [, offset, link] = / hashkey mask 0x000000ff at (\d+) link (\S+)$/.exec(action) ?? [];
    const flowid = / flowid (\S+)$/.exec(action)?.[1];
    const device = / action mirred egress redirect dev (\S+)$/.exec(action)?.[1];
    const type = / action (drop|pass)$/.exec(action)?.[1];
    const fields = [
      `"fh":"${handle}","order":2048,"key_ht":"${bucket[0]}","bkt":"${bucket[1] === "" ? 0 : bucket[1]}"`,
      ...(flowid ? [`"flowid":"${flowid.endsWith(":0") ? flowid.slice(0, -1) : flowid}"`] : []),
      ...(link ? [`"link":"${link}","hash_mask":"ff","hash_off":${offset}`] : []),
      ...matches,
      ...(device
        ? [
            `"actions":[{"order":1,"kind":"mirred","mirred_action":"redirect","direction":"egress","to_dev":"${device}"}]`,
          ]
        : []),
      ...(type ? [`"actions":[{"order":1,"kind":"gact","control_action":{"type":"${type}"}}]`] : []),
    ];
    if (!flowid && !link && !device && !type) throw new Error(`not understood: filter add ${rest}`);
    this.#filters.push({
      hook,
      protocol,
      preference,
      handle,
      flowid,
      link,
      options: `{${fields.join(",")}}`,
    });
  }

  deleteFilter(hook: string, preference: number, handle: string | undefined): void {
    const isMeant = (filter: FakeFilter): boolean =>
      filter.hook === hook && filter.preference === preference && (handle ?? filter.handle) === filter.handle;
    const meant = this.#filters.filter(isMeant);
    if (meant.length === 0) throw new Refusal("Error: Filter with specified priority/protocol not found.");
    if (this.#filters.some(({ link }) => link !== undefined && link === handle)) {
      throw new Refusal("Error: cls_u32: Can not delete in-use filter.");
    }
    this.#filters = this.#filters.filter((filter) => !isMeant(filter));
  }

  /** A filter of somebody else's. */
  addForeignFilter(hook: string): void {
    const options = '{"handle":1,"keys":{"eth_type":"ipv4"}}';
    this.#filters.push({
      hook,
      protocol: "ip",
      preference: 7,
      handle: "1",
      flowid: undefined,
      link: undefined,
      options,
    });
  }

  showQdiscs(): string {
    const counters = '"bytes":0,"packets":0,"drops":0,"overlimits":0,"requeues":0,"backlog":0';
    const [kind = "noqueue", handle = "0:"] = this.root?.split(" ") ?? [];
    const shown = [
      `{"kind":"${kind}","handle":"${handle}","root":true,"refcnt":2,"options":{},${counters},"qlen":0}`,
    ];
    for (const [parent, leaf] of this.leaves) {
      const options = JSON.stringify(leaf.options);
      shown.push(
        `{"kind":"netem","handle":"${leaf.handle}","parent":"${parent}","options":${options},${counters},"qlen":${leaf.backlogPackets}}`,
      );
    }
    if (this.hooks) shown.push(`{"kind":"${this.hooks}","handle":"ffff:","parent":"ffff:fff1","options":{}}`);
    return `[${shown.join(",")}]`;
  }

  showClasses(): string {
    return Array.from(this.classes, ([id, { parent, text }]) => {
      const place = parent.endsWith(":") ? "root" : `parent ${parent}`;
      const leaf = this.leaves.get(id);
      const [numbers, quantum] = text.split(" quantum=");
      const own = [...this.classes.values()].some((other) => other.parent === id)
        ? ""
        : `prio 0 quantum ${quantum} `;
      return `class htb ${id} ${place} ${leaf ? `leaf ${leaf.handle} ` : ""}${own}${numbers} \n`;
    }).join("");
  }

  showFilters(hook: string): string {
    const shown = this.#filters.filter((filter) => filter.hook === hook);
    const heads = new Map(shown.map((filter) => [filter.preference, filter.protocol]));
    const lines = Array.from(
      heads,
      ([preference, protocol]) =>
        `{"protocol":"${protocol}","pref":${preference},"kind":"${preference === 7 ? "flower" : "u32"}","chain":0}`,
    );
    for (const { protocol, preference, options } of shown) {
      const kind = preference === 7 ? "flower" : "u32";
      lines.push(
        `{"protocol":"${protocol}","pref":${preference},"kind":"${kind}","chain":0,"options":${options}}`,
      );
    }
    return `[${lines.join(",")}]`;
  }

  /** Both hooks of clsact share the numbers of their hash tables. */
  #isShared(hook: string, other: string): boolean {
    return (hook === "root") === (other === "root");
  }

  #changeLeaf(verb: string, parent: string, handle: string, text: string): void {
    const present = this.leaves.get(parent);
    if (!this.classes.has(parent) || (verb === "change") !== (present !== undefined && verb !== "replace")) {
      throw new Refusal("Error: Exclusivity flag on, cannot modify.");
    }
    this.leaves.set(parent, {
      handle,
      options: netemOptions(text, present?.options ?? {}),
      backlogPackets: present?.backlogPackets ?? 0,
    });
    const leaves = [...this.leaves.values()];
    if (leaves.length > 1 && leaves.some(({ options }) => "duplicate" in options)) {
      if (present) this.leaves.set(parent, present);
      else this.leaves.delete(parent);
      throw new Refusal("Error: netem: cannot mix duplicating netems with other netems in tree.");
    }
  }
}

/** What netem makes of its arguments: it keeps reorder, corrupt and rate where they are not mentioned, and nothing else. */
function netemOptions(text: string, previous: Record<string, unknown>): Record<string, unknown> {
  const percent = "([\\d.]+)%";
  const value = (pattern: string): number[] | undefined =>
    new RegExp(`(?:^| )${pattern}(?= |$)`).exec(text)?.slice(1).map(Number);
  const { reorder, corrupt, rate } = previous;
  const options: Record<string, unknown> = {
    limit: value("limit (\\d+)")?.[0] ?? 1000,
    reorder,
    corrupt,
    rate,
  };
  const [delayMs = 0, jitterMs = 0] = value("delay ([\\d.]+)ms(?: ([\\d.]+)ms distribution [a-z]+)?") ?? [];
  if (delayMs > 0)
    options.delay = { delay: shownDelay(delayMs), jitter: shownDelay(jitterMs || 0), correlation: 0 };
  const model = value(`loss gemodel ${percent} ${percent} ${percent} ${percent}`)?.map(probability);
  const [loss = 0] = value(`loss ${percent}`)?.map(probability) ?? [];
  if (model) options["loss-gemodel"] = { p: model[0], r: model[1], "1-h": model[2], "1-k": model[3] };
  else if (loss > 0) options["loss-random"] = { loss, correlation: 0 };
  for (const name of ["corrupt", "duplicate", "reorder"]) {
    const [share] = value(`${name} ${percent}`)?.map(probability) ?? [];
    if (share === 0) delete options[name];
    else if (share !== undefined) options[name] = { [name]: share, correlation: 0 };
  }
  const [terabit, mark] = value("rate (\\d+)tbit (\\d+)") ?? [];
  if (terabit !== undefined) options.rate = { rate: terabit * 1.25e11, packetoverhead: mark };
  return JSON.parse(JSON.stringify(options));
}
