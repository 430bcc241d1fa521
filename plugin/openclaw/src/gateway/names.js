// What an agent of the org chart is called in the gateway, and the other way round: the chart's
// `openclawAgentId`, else its id.
//
// Reads the chart as the component shows it, again whenever its file changed. Invariant: an agent
// of the gateway speaks for an agent of the chart only if the chart says so.

import fs from "node:fs";
import path from "node:path";

import { HOST } from "../component/component.js";

const CHART = "org/org-chart.yaml";

export class Names {
  #orchestrator;
  #file;
  #stamp;
  #toGateway = new Map();
  #toChart = new Map();

  /**
   * @param {{orchestrator: import("../orchestrator/orchestrator.js").Orchestrator, root: string}}
   * options
   */
  constructor({ orchestrator, root }) {
    this.#orchestrator = orchestrator;
    this.#file = path.join(root, CHART);
  }

  /** Takes in a chart that was changed. One that cannot be read leaves the names as they are. */
  async refresh() {
    const found = fs.statSync(this.#file, { throwIfNoEntry: false });
    const stamp = found === undefined ? "none" : `${found.ino} ${found.mtimeMs} ${found.size}`;
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    const query = { look: "show", lenient: true };
    const { org } = await this.#orchestrator.view(HOST, "org", query);
    this.#take(org.chart?.agents ?? []);
  }

  /** The gateway's name of an agent of the chart. */
  inGateway(agent) {
    return this.#toGateway.get(agent) ?? agent;
  }

  /**
   * The chart's name of an agent of the gateway; one that nobody has if the chart has no such
   * agent.
   */
  inChart(gatewayId) {
    const named = this.#toChart.get(gatewayId.toLowerCase());
    if (named !== undefined) return named;
    return this.#toGateway.has(gatewayId) ? `unlisted-${gatewayId}` : gatewayId;
  }

  #take(agents) {
    const named = agents.map(({ id, openclawAgentId }) => [id, openclawAgentId ?? id]);
    this.#toGateway = new Map(named);
    this.#toChart = new Map(named.map(([id, gatewayId]) => [gatewayId.toLowerCase(), id]));
  }
}
