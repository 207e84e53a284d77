import {
  type LinkCertificate,
  linkChangeSchema,
  linkPaths,
  type NodeLink,
  type NodeLinkList,
} from "@swarmlab/agent-api/node-link";
import { maxWaitSeconds } from "@swarmlab/agent-api/self-link";
import { LinkError } from "@swarmlab/scenario/link-error";
import { ApiError } from "@swarmlab/telemetry/control-app";
import type { Logger } from "@swarmlab/telemetry/logger";
import express, { Router } from "express";
import { z } from "zod";
import type { LinkKeeper } from "../links/link-keeper.js";
import type { QueueSamples } from "../links/queue-samples.js";
import { problemOf } from "../measurement/certificate.js";
import type { LinkMeasurer } from "../measurement/link-measurer.js";
import { MeasurementError } from "../measurement/measurement-error.js";
import { changedLink, type NamedLink } from "../nodes/named-link.js";
import type { Swarm } from "../nodes/swarm.js";
import type { SwarmNode } from "../nodes/swarm-node.js";
import { nodeNamed } from "./node-of-request.js";
import { requestSignal } from "./request-signal.js";

export interface LinkRoutesOptions {
  readonly swarm: Swarm;
  readonly keeper: LinkKeeper;
  readonly measurer: LinkMeasurer;
  readonly queues: QueueSamples;
  readonly logger: Logger;
  /** Why links are not changed; undefined when they are. */
  readonly obstacle: string | undefined;
  /** Resolves when the swarm as it is now would survive a crash. */
  readonly save: () => Promise<void>;
  /** Ends with the agent. */
  readonly signal: AbortSignal;
}

const placedTimeoutMs = 30_000;
const nodePath = `${linkPaths.links}/:node`;
const measurementPath = `${nodePath}/measurement`;

/** Reads, changes and measures links of nodes. */
export function linkRoutes(options: LinkRoutesOptions): Router {
  const { swarm, keeper, measurer, queues, logger, obstacle, save, signal: agentSignal } = options;
  const routes = Router();

  routes.get(linkPaths.links, async (_request, response) => {
    const samples = await queues.all();
    const nodes = swarm.nodes
      .map((node): NodeLink => ({ ...node.view(), queues: samples.get(node) ?? null }))
      .sort((a, b) => a.node.localeCompare(b.node, "en", { numeric: true }));
    const list: NodeLinkList = { nodes };
    response.json(list);
  });

  routes.get(nodePath, async (request, response) => {
    response.json(await viewOf(nodeNamed(swarm, request.params.node)));
  });

  routes.patch(nodePath, express.json({ limit: "10kb" }), async (request, response) => {
    const node = changeable(request.params.node);
    const change = linkChangeSchema.safeParse(request.body);
    if (!change.success) throw new ApiError(400, "BAD_CHANGE", z.prettifyError(change.error));
    await changeLink(node, readChange(node, change.data.link), requestSignal(response, agentSignal));
    response.json(await viewOf(node));
  });

  routes.delete(nodePath, async (request, response) => {
    const node = changeable(request.params.node);
    await changeLink(node, undefined, requestSignal(response, agentSignal));
    response.json(await viewOf(node));
  });

  routes.post(measurementPath, async (request, response) => {
    const node = nodeNamed(swarm, request.params.node);
    const withRates = request.query.rate === "true";
    const signal = requestSignal(response, agentSignal);
    const isAskedOfNode = node.backend === "userspace" && !withRates;
    const certificate = isAskedOfNode ? await askNode(node, signal) : await measure(node, withRates, signal);
    response.json({ ...(await viewOf(node)), ...asMeasured(certificate) });
  });

  return routes;

  async function viewOf(node: SwarmNode): Promise<NodeLink> {
    return { ...node.view(), queues: (await queues.of(node)) ?? null };
  }

  function changeable(name: unknown): SwarmNode {
    if (obstacle !== undefined) throw new ApiError(409, "CHANGED_ELSEWHERE", obstacle);
    const node = nodeNamed(swarm, name);
    if (node.mayBeChanged) return node;
    throw new ApiError(409, "LINKS_OFF", "the agent was told to leave all links alone (--link-backend none)");
  }

  async function changeLink(node: SwarmNode, named: NamedLink | undefined, signal: AbortSignal) {
    node.change(named);
    logger.info({ node: node.name, link: node.named.text }, "link changed");
    keeper.attend(node);
    swarm.changes.notify();
    await save();
    const isOver = () => node.isPlaced || node.state === "failed" || !swarm.has(node);
    await swarm.changes.until(isOver, placedTimeoutMs, signal);
    if (!swarm.has(node)) throw new ApiError(404, "UNKNOWN_NODE", `${node.name} has ended`);
    if (node.isPlaced) return;
    throw new ApiError(500, "LINK_FAILED", node.view().problem ?? "the link is not in place yet");
  }

  async function measure(node: SwarmNode, withRates: boolean, signal: AbortSignal): Promise<LinkCertificate> {
    if (!node.isPlaced) throw new ApiError(409, "NOT_MEASURED", `the link of ${node.name} is not in place`);
    try {
      return await measurer.measure(node, withRates, signal);
    } catch (error) {
      if (!(error instanceof MeasurementError)) throw error;
      throw new ApiError(409, error.code, error.message, { cause: error });
    }
  }

  /** A new revision of the same link makes its node measure it. */
  async function askNode(node: SwarmNode, signal: AbortSignal): Promise<LinkCertificate> {
    node.remeasure();
    keeper.attend(node);
    swarm.changes.notify();
    const { revision } = node;
    const isOver = () => node.certificate !== undefined || node.revision !== revision || !swarm.has(node);
    await swarm.changes.until(isOver, maxWaitSeconds * 1000, signal);
    if (node.certificate !== undefined) return node.certificate;
    throw new ApiError(409, "NOT_MEASURED", `${node.name} has not measured its link`);
  }
}

function readChange(node: SwarmNode, text: string): NamedLink {
  try {
    return changedLink(node.named, text);
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    throw new ApiError(400, "BAD_LINK", error.message, { cause: error });
  }
}

/** What was measured just now, even if the node keeps an older certificate that proves more. */
function asMeasured(certificate: LinkCertificate): Pick<NodeLink, "certificate" | "problem"> {
  return { certificate, problem: certificate.isWithinTolerance ? null : problemOf(certificate) };
}
