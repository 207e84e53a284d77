import { describe, expect, it } from "vitest";
import { nodeContainerOf } from "./node-container.js";

const taskId = "zf2pe794tykmzuwaa7dvxcgwk";

function inspected(name: string, labels: Readonly<Record<string, string>>) {
  return {
    Id: "1",
    Name: `/${name}`,
    State: { Running: true, Pid: 7, StartedAt: "2024-01-01T00:00:00Z" },
    Config: { Labels: { "swarmlab.link": "dsl", ...labels } },
    NetworkSettings: {
      Networks: { lab_swarm: { IPAddress: "10.0.1.2" }, lab_control: { IPAddress: "10.0.2.2" } },
    },
  };
}

describe("nodeContainerOf", () => {
  it.each([
    ["a container", "anything", {}, "anything", "anything"],
    [
      "a container of Compose",
      "lab-leecher-3",
      { "com.docker.compose.project": "lab" },
      "lab-leecher-3",
      "leecher-3",
    ],
    [
      "a task of a stack, whatever project has built its image",
      `lab_leecher.3.${taskId}`,
      {
        "com.docker.compose.project": "lab_leecher.3",
        "com.docker.stack.namespace": "lab",
        "com.docker.swarm.task.name": `lab_leecher.3.${taskId}`,
        "com.docker.swarm.task.id": taskId,
      },
      "lab_leecher.3",
      "leecher.3",
    ],
    [
      "a task without a stack",
      `leecher.3.${taskId}`,
      { "com.docker.swarm.task.name": `leecher.3.${taskId}`, "com.docker.swarm.task.id": taskId },
      "leecher.3",
      "leecher.3",
    ],
    ["labels that make no task", "lab_a", { "com.docker.swarm.task.name": "lab_a" }, "lab_a", "lab_a"],
  ])("gives %s a name that its next run has, too", (_, container, labels, name, shortName) => {
    expect(nodeContainerOf(inspected(container, labels), "lab_swarm")).toMatchObject({
      name,
      shortName,
      swarmAddresses: ["10.0.1.2"],
      addresses: ["10.0.1.2", "10.0.2.2"],
    });
  });
});
