// Writes what the app is made of, with versions and licences, for the window's Settings: crates that are linked
// into it, and packages in its pages. With `--check` it only says whether the list is current.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const FILE = new URL("../ui/src/features/settings/licences.json", import.meta.url);
const top = new URL("..", import.meta.url).pathname;

function crates() {
  const args = ["metadata", "--locked", "--format-version", "1"];
  const metadata = JSON.parse(execFileSync("cargo", args, { cwd: top, maxBuffer: 1 << 28 }));
  const nodes = new Map(metadata.resolve.nodes.map((node) => [node.id, node]));
  const linked = new Set();
  const visit = (id) => {
    if (linked.has(id)) return;
    linked.add(id);
    for (const { pkg, dep_kinds } of nodes.get(id)?.deps ?? []) {
      if (dep_kinds.some(({ kind }) => kind === null)) visit(pkg);
    }
  };
  for (const id of metadata.workspace_default_members) visit(id);
  const ours = new Set(metadata.workspace_members);
  return metadata.packages
    .filter(({ id }) => linked.has(id) && !ours.has(id))
    .map(({ name, version, license }) => ({ name, version, licence: license ?? "see its sources" }));
}

function packages() {
  const lock = JSON.parse(readFileSync(new URL("../ui/package-lock.json", import.meta.url)));
  return Object.entries(lock.packages)
    .filter(([path, one]) => path !== "" && !one.dev && !one.devOptional && !one.optional)
    .map(([path, { version, license }]) => ({
      name: path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length),
      version,
      licence: license ?? "see its sources",
    }));
}

const key = ({ name, version }) => `${name} ${version}`;
const all = new Map([...crates(), ...packages()].map((one) => [key(one), one]));
const sorted = [...all.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
const text = `[\n${sorted.map((one) => `  ${JSON.stringify(one)}`).join(",\n")}\n]\n`;
if (process.argv.includes("--check")) {
  if (readFileSync(FILE, "utf8") !== text) {
    console.error("The list of licences is out of date. Write it anew with: node scripts/licences.mjs");
    process.exit(1);
  }
} else {
  writeFileSync(FILE, text);
  console.log(`${sorted.length} licences`);
}
