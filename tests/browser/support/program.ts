// A program that calls the endpoint, as plain as can be.

import type { App } from "./app.ts";

/** Asks an agent with a key and gives the status. */
export async function call(app: App, secret: string, model = "helper", content = "Hello", program = "report/1.0"): Promise<number> {
  const response = await fetch(`${app.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json", "user-agent": program },
    body: JSON.stringify({ model, messages: [{ role: "user", content }] }),
  });
  await response.text();
  return response.status;
}
