// Asks the running gateway to call a tool for the operator, over its own loopback address.
//
// The token is the one of the configuration or of `OPENCLAW_GATEWAY_TOKEN`, and is never printed.

import { Refused } from "../component/thread.js";

const PORT_DEFAULT = 18_789;

/**
 * @param {{tool: string, args: object}} question
 * @param {any} gateway the section of the gateway's configuration
 * @returns {Promise<object>} the tool's answer
 * @throws {Refused} what the component refuses; another error if no gateway answers
 */
export async function askGateway({ tool, args }, gateway) {
  const configured = gateway?.auth?.token;
  const token =
    process.env.OPENCLAW_GATEWAY_TOKEN ?? (typeof configured === "string" ? configured : "");
  const url = `http://127.0.0.1:${gateway?.port ?? PORT_DEFAULT}/plugins/aof/call`;
  let response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ tool, args }),
    });
  } catch (error) {
    throw new Error(`no gateway answers at ${url}: start it, or use \`aof\` on the data directory`);
  }
  if (response.status === 401)
    throw new Error("the gateway does not know the token: set OPENCLAW_GATEWAY_TOKEN");
  const { value, refusal, message, error } = await response.json();
  if (refusal !== undefined) throw new Refused(refusal);
  if (value !== undefined) return value;
  throw new Error(message ?? error?.message ?? `the gateway answered ${response.status}`);
}
