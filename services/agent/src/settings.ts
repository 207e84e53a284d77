import { listenAddress } from "@swarmlab/settings/addresses";
import { defineSettings, type SettingsOf } from "@swarmlab/settings/definition";
import { logFormats, logLevels } from "@swarmlab/telemetry/logger";
import { z } from "zod";
import { backendSettings } from "./links/backend-choice.js";

export const version = "0.1.0";

export const agentSettings = defineSettings({
  name: "swarmlab-agent",
  summary:
    "Keeps every container with the label swarmlab.link, or the pod that it is in, on its link, measures it, and changes it " +
    "on request.",
  version,
  environmentPrefix: "SWARMLAB_AGENT_",
  schema: z.object({
    scope: z
      .enum(["docker", "pod", "echo"])
      .default("docker")
      .describe(
        "what it looks after: containers on a network of Docker's, the pod that it is a container of, or nothing but the echo " +
          "server that agents in pods measure against",
      ),
    network: z
      .string()
      .min(1)
      .default("swarmlab_swarm")
      .describe("the Docker network whose traffic is shaped")
      .meta({ placeholder: "NAME" }),
    node: z
      .string()
      .min(1)
      .optional()
      .describe("in a pod: the pod's name, by which the node goes")
      .meta({ placeholder: "NAME" }),
    address: z
      .union([z.ipv4(), z.ipv6()])
      .optional()
      .describe("in a pod: its IP address; the link is made on the interface that has it")
      .meta({ placeholder: "ADDR" }),
    annotations: z
      .string()
      .min(1)
      .optional()
      .describe(
        "in a pod: the file of its annotations, by the downward API; swarmlab.io/link and swarmlab.io/region count",
      )
      .meta({ placeholder: "FILE" }),
    echoServer: listenAddress()
      .optional()
      .describe(
        "in a pod: a TCP server behind no link that sends back what it gets; round trips are measured to it",
      ),
    unshapedPorts: z
      .array(z.coerce.number().int().min(1).max(65535))
      .default([])
      .describe("in a pod: a TCP and UDP port whose traffic, from and to it, does not pass the link")
      .meta({ placeholder: "PORT" }),
    kubernetesRegions: z
      .boolean()
      .default(false)
      .describe(
        "in a pod: asks the Kubernetes API where the other pods are, so that what lies between their regions counts",
      ),
    linkBackend: z
      .enum(backendSettings)
      .default("auto")
      .describe(
        "what makes links: the kernel (netem), the nodes themselves (userspace), nothing (none), or the kernel if it can (auto)",
      ),
    seed: z
      .union([z.string().min(1), z.number()])
      .transform(String)
      .prefault("swarmlab")
      .describe("a text or number that fixes which node draws which link and region from mixes")
      .meta({ placeholder: "SEED" }),
    regions: z
      .string()
      .min(1)
      .optional()
      .describe("a JSON file of round trips between regions, instead of those computed between cities")
      .meta({ placeholder: "FILE" }),
    control: listenAddress()
      .prefault(":9200")
      .describe(
        "where the API, /metrics and /healthz are served; without HOST on IPv6 and IPv4; " +
          "a host name, or a subnet as 10.0.7.0/24, means an address of it which this machine has",
      ),
    echo: listenAddress()
      .prefault(":9201")
      .describe(
        "where TCP connections are echoed, for nodes that measure their links themselves; as --control",
      ),
    allowHost: z
      .array(z.string().min(1))
      .default([])
      .describe(
        "a host name, beside localhost and that of --control, by which the API is called (IP addresses always may)",
      )
      .meta({ placeholder: "NAME" }),
    data: z
      .string()
      .min(1)
      .default("./swarmlab-data/agent")
      .describe("the directory of what survives a restart: changed links, the partition, certificates")
      .meta({ placeholder: "DIR" }),
    dockerSocket: z
      .string()
      .min(1)
      .default("/var/run/docker.sock")
      .describe("where Docker listens")
      .meta({ placeholder: "PATH" }),
    proc: z
      .string()
      .min(1)
      .default("/proc")
      .describe(
        "a procfs with the processes that Docker names; without the host's PID namespace a mount of the host's /proc",
      )
      .meta({ placeholder: "DIR" }),
    logLevel: z.enum(logLevels).default("info").describe("how much is logged, to standard error"),
    logFormat: z
      .enum(logFormats)
      .optional()
      .describe("lines for people, json for programs; without it lines on a terminal, json elsewhere"),
    json: z.boolean().default(false).describe("prints the ready line as JSON, for scripts"),
  }),
});

export type AgentSettings = SettingsOf<typeof agentSettings>;
