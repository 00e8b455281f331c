// Gathers what the specs found and prints it as the table of docs/performance.md.

import { writeFileSync } from "node:fs";
import type { Reporter, TestCase, TestResult } from "@playwright/test/reporter";

export interface Figure {
  /** As the goals name it: `U1`. */
  id: string;
  what: string;
  gate: string;
  goal: string;
  measured: string;
  met: "goal" | "gate" | "missed" | "not judged";
}

const NAMES = { goal: "goal", gate: "gate", missed: "**missed**", "not judged": "not judged" } as const;
const numberOf = (figure: Figure) => Number(figure.id.slice(1));

export default class Table implements Reporter {
  readonly #figures: Figure[] = [];

  onTestEnd(_: TestCase, result: TestResult): void {
    for (const { type, description } of result.annotations) {
      if (type === "figure" && description !== undefined) this.#figures.push(JSON.parse(description));
    }
  }

  onEnd(): void {
    const rows = this.#figures
      .toSorted((a, b) => numberOf(a) - numberOf(b))
      .map(({ id, what, measured, gate, goal, met }) => `| ${[id, what, measured, gate, goal, NAMES[met]].join(" | ")} |`);
    const table = ["| | what | measured | gate | goal | met |", "|---|---|---|---|---|---|", ...rows, ""].join("\n");
    console.log(`\n${table}`);
    const file = process.env.INGLENOOK_FIGURES;
    if (file !== undefined) writeFileSync(file, table);
  }
}
