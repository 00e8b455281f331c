// Fills the corpora: with our own golden fixtures always, and with recordings where they are on this machine.
// The recordings are other projects' data and stay outside the repository; corpora are never committed.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const recordings = process.env.RECORDINGS_DIR ?? join(here, "../../../../../shared/recordings");

function keep(target, name, bytes) {
  const folder = join(here, "corpus", target);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), bytes);
}

for (const target of existsSync(join(here, "seeds")) ? readdirSync(join(here, "seeds")) : [])
  for (const name of readdirSync(join(here, "seeds", target)))
    keep(target, name, readFileSync(join(here, "seeds", target, name)));

/** The wire that an api of the recordings speaks. */
function wireOf(api) {
  if (/anthropic|rawPredict|RawPredict|bedrock\.invoke$/.test(api)) return "anthropic_messages";
  if (/generateContent|streamGenerateContent|GenerateContent/.test(api)) return "gemini";
  if (/bedrock\.(converse|invoke-with)/.test(api)) return "bedrock_converse";
  if (/ollama\.(chat|generate)$/.test(api)) return "ollama";
  if (/responses$/.test(api)) return "openai_responses";
  return "openai_chat";
}

let seeds = 0;
if (existsSync(join(recordings, "INDEX.json")))
  for (const line of JSON.parse(readFileSync(join(recordings, "INDEX.json"), "utf8"))) {
    const { request, response } = JSON.parse(readFileSync(join(recordings, line.file), "utf8"));
    const body = Buffer.from(response.body, response.body_encoding === "base64" ? "base64" : "utf8");
    const wire = wireOf(line.api);
    const cut = Buffer.from([7]);
    keep(`answer_${wire}`, line.id, body);
    keep(`stream_${wire}`, line.id, Buffer.concat([cut, body]));
    if (response.status >= 400) keep("refusal", line.id, body);
    if (wire === "bedrock_converse") keep("frame", line.id, Buffer.concat([cut, body]));
    if (wire !== "bedrock_converse") keep("sse", line.id, Buffer.concat([cut, body]));
    if (request.body && wire !== "bedrock_converse")
      keep(`request_${wire}`, line.id, JSON.stringify(request.body));
    seeds += 1;
  }
console.log(seeds === 0 ? "LEFT OUT: no recordings here, only our own seeds" : `${seeds} recordings as seeds`);
