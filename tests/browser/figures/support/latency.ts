// A program in a process of its own, since the one that drives the browser is busy with that.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

const PROGRAM = `
  import { Agent, get } from "node:http";
  const [base, key, count] = process.argv.slice(1);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { authorization: "Bearer " + key };
  const once = () => new Promise((done, fail) => {
    const from = performance.now();
    get(base + "/models", { agent, headers }, (response) => {
      response.resume().on("end", () => done(performance.now() - from));
      if (response.statusCode !== 200) fail(new Error(String(response.statusCode)));
    }).on("error", fail);
  });
  for (let n = 0; n < 300; n++) await once();
  const took = [];
  for (let n = 0; n < Number(count); n++) took.push(await once());
  console.log(JSON.stringify(took));
  process.exit(0);
`;

/** Asks for the models that often, one after the other on one connection; milliseconds of each. */
export async function latencies(base: string, key: string, count: number): Promise<number[]> {
  const args = ["--input-type=module", "--eval", PROGRAM, base, key, String(count)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 24 });
  return JSON.parse(stdout) as number[];
}
