import { parseLink } from "@swarmlab/scenario/link";
import { inNetworkNamespace } from "@swarmlab/tc-wrapper/command-runner";
import { DelayTables } from "@swarmlab/tc-wrapper/delay-tables";
import { LinkController } from "@swarmlab/tc-wrapper/link-controller";
import { interfaceName, plain } from "./netem-lab.js";

// Applies one link after the other, without end, so that it can be killed in the middle of it.

const [namespacePath] = process.argv.slice(2);
const controller = new LinkController(inNetworkNamespace(namespacePath), await DelayTables.open());
process.stdout.write("ready\n");
for (let round = 0; ; round++) {
  const routes = Array.from({ length: 1 + (round % 3) }, (_, index) => ({
    delayMs: 10 * (index + 1),
    destinations: [`10.79.0.${index + 1}`, `10.79.${index + 1}.0/24`, `fd79::${index + 1}`],
  }));
  const blockedAddresses = round % 2 === 0 ? ["10.79.5.5", "fd79:5::/64"] : [];
  const link = parseLink(`dsl,delay=${10 + round}ms`);
  await controller.apply({ ...plain, interfaceName, link, routes, blockedAddresses, unshapedPorts: [9100] });
  if (round % 3 === 1) await controller.remove(interfaceName);
  if (round % 3 === 2) await controller.apply({ ...plain, link: parseLink("none") });
}
