import { CommandError, type CommandOptions, type CommandRunner } from "../command-runner.js";
import { FakeDevice, Refusal } from "./fake-device.js";

const LONG_OFFLOAD_NAMES: Readonly<Record<string, string>> = {
  tso: "tcp-segmentation-offload",
  gso: "generic-segmentation-offload",
  gro: "generic-receive-offload",
  lro: "large-receive-offload",
};

/**
 * Answers the commands of this package as iproute2 6.1 and Linux 6.1 do, as far as they go, with the errors of rounding and
 * the refusals that matter here. That the real ones do the same is for the tests in a kernel with netem to show.
 */
export class FakeKernel implements CommandRunner {
  readonly devices = new Map([["eth0", new FakeDevice("eth0", "veth")]]);
  readonly files = new Map([
    ["/proc/sys/net/ipv4/tcp_rmem", "4096\t131072\t6291456\n"],
    ["/proc/sys/net/ipv4/tcp_wmem", "4096\t16384\t4194304\n"],
  ]);
  /** Every line that changed something. */
  readonly changes: string[] = [];
  /** After so many more changes, all else fails: as if the process had been killed. */
  changesLeft = Number.POSITIVE_INFINITY;
  areFilesWritable = true;

  run(program: string, args: readonly string[], { stdin = "" }: CommandOptions = {}): Promise<string> {
    try {
      return Promise.resolve(this.#answer(program, args, stdin));
    } catch (error) {
      if (!(error instanceof Refusal)) return Promise.reject(error);
      return Promise.reject(new CommandError("FAILED", program, 2, error.message));
    }
  }

  #answer(program: string, args: readonly string[], stdin: string): string {
    const command = [program, ...args].join(" ");
    const [, classDevice] = /^tc -d -r class show dev (\S+)$/.exec(command) ?? [];
    const [, alias, text = ""] = /^ip link set dev (\S+) alias (.*)$/.exec(command) ?? [];
    if (command === "ip -d -j link show") return this.#showLinks();
    if (command === "tc -s -j -batch -") return this.#lines(stdin, (line) => this.#showTc(line));
    if (command === "tc -batch -")
      return this.#lines(stdin, (line) => this.#change(line, () => this.#changeTc(line)));
    if (command === "ip -batch -")
      return this.#lines(stdin, (line) => this.#change(line, () => this.#changeLink(line)));
    if (classDevice !== undefined) return this.#device(classDevice).showClasses();
    if (alias !== undefined) {
      return this.#change(command, () => {
        this.#device(alias).alias = text;
      });
    }
    if (program === "ethtool") return this.#ethtool(args);
    if (program === "cat") return args.map((file) => this.files.get(file) ?? "").join("");
    const [file = ""] = args;
    if (program !== "tee" || !this.files.has(file)) throw new Error(`not understood: ${command}`);
    if (!this.areFilesWritable) throw new Refusal(`tee: ${file}: Read-only file system`);
    return this.#change(command, () => this.files.set(file, stdin.replaceAll(" ", "\t")));
  }

  #lines(stdin: string, answer: (line: string) => string): string {
    return stdin
      .trim()
      .split("\n")
      .map((line, index) => {
        try {
          return answer(line);
        } catch (error) {
          if (error instanceof Refusal)
            throw new Refusal(`${error.message}\nCommand failed -:${index + 1}\n`);
          throw error;
        }
      })
      .map((answered) => (answered === "" ? "" : `${answered}\n`))
      .join("");
  }

  #change(line: string, change: () => void): string {
    if (this.changesLeft <= 0) throw new Refusal("killed");
    this.changesLeft--;
    change();
    this.changes.push(line);
    return "";
  }

  #changeTc(line: string): void {
    const [, object = "", verb = "", name = "", rest = ""] = /^(\S+) (\S+) dev (\S+) (.*)$/.exec(line) ?? [];
    const device = this.#device(name);
    const [, place = "", protocol = "", preference = "", body = ""] =
      /^(parent 5a1b:|ingress|egress) protocol (\S+) pref (\d+)(?: (.*))?$/.exec(rest) ?? [];
    const hook = place.startsWith("parent") ? "root" : place;
    switch (`${object} ${verb}`) {
      case "class del":
        device.deleteClass(rest.replace("classid ", ""));
        break;
      case "qdisc del":
        device.deleteQdisc(rest);
        break;
      case "filter add":
        device.addFilter(hook, protocol, Number(preference), body);
        break;
      case "filter del":
        device.deleteFilter(hook, Number(preference), /^handle (\S+) u32$/.exec(body)?.[1]);
        break;
      default:
        if (object === "class") device.changeClass(verb, rest);
        else device.changeQdisc(verb, rest);
    }
  }

  #changeLink(line: string): void {
    const added = /^link add name (\S+) type ifb$/.exec(line)?.[1];
    const deleted = /^link del dev (\S+)$/.exec(line)?.[1];
    const [, name = "", setting = ""] = /^link set dev (\S+) (.*)$/.exec(line) ?? [];
    if (added !== undefined) this.devices.set(added, new FakeDevice(added, "ifb"));
    else if (deleted !== undefined) this.devices.delete(this.#device(deleted).name);
    else if (setting === "up") this.#device(name).isUp = true;
    else if (setting.startsWith("gso_max_segs ")) {
      this.#device(name).gsoMaxSegments = Number(setting.split(" ")[1]);
    } else if (setting !== "addrgenmode none txqueuelen 1000") throw new Error(`not understood: ${line}`);
  }

  #showTc(line: string): string {
    const [, object, name = "", place] = /^(qdisc|filter) show dev (\S+)(?: (.*))?$/.exec(line) ?? [];
    const device = this.#device(name);
    if (object === "qdisc") return device.showQdiscs();
    if (object !== "filter" || place === undefined) throw new Error(`not understood: ${line}`);
    return device.showFilters(place.startsWith("parent") ? "root" : place);
  }

  #showLinks(): string {
    return JSON.stringify(
      Array.from(this.devices.values(), ({ name, kind, isUp, gsoMaxSegments, alias, mtuBytes }) => ({
        ifname: name,
        flags: isUp ? ["UP"] : [],
        mtu: mtuBytes,
        linkinfo: { info_kind: kind },
        inet6_addr_gen_mode: "eui64",
        gso_max_segs: gsoMaxSegments,
        ...(alias === "" ? {} : { ifalias: alias }),
      })),
    );
  }

  #ethtool(args: readonly string[]): string {
    const [first, second = "", name = second, ...settings] = args;
    if (first === "--json") {
      const features = Array.from(this.#device(name).offloads, ([offload, active]) => [
        LONG_OFFLOAD_NAMES[offload],
        { active, fixed: false, requested: active },
      ]);
      return JSON.stringify([{ ifname: name, ...Object.fromEntries(features) }]);
    }
    const { offloads } = this.#device(second);
    const pairs = args.slice(2);
    if (first !== "-K" || settings.length % 2 === 0)
      throw new Error(`not understood: ethtool ${args.join(" ")}`);
    return this.#change(`ethtool ${args.join(" ")}`, () => {
      for (let index = 0; index < pairs.length; index += 2) {
        offloads.set(pairs[index] ?? "", pairs[index + 1] === "on");
      }
    });
  }

  #device(name: string): FakeDevice {
    const device = this.devices.get(name);
    if (device === undefined) throw new Refusal(`Cannot find device "${name}"`);
    return device;
  }
}
