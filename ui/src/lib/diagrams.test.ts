import { describe, expect, it } from "vitest";
import { isPlainDiagram } from "./diagrams";

describe("a diagram", () => {
  it("is drawn when it is plain", () => {
    for (const source of [
      "flowchart LR\n A[One<br>line] <--> B{Two}\n B -->|yes| C",
      "classDiagram\n class A {\n <<interface>>\n }\n A <|-- B\n A <.. C",
      "sequenceDiagram\n A->>B: hello\n B-->>A: 1 < 2",
      "gantt\n title Plan\n section S\n T :a, 2026-01-01, 3d",
    ]) {
      expect(isPlainDiagram(source), source).toBe(true);
    }
  });

  it("is not drawn when it holds markup, or what may become markup", () => {
    for (const source of [
      'graph TD; A["<img src=x>"]',
      'graph TD; A["<<img src=x>"]',
      'graph TD; A["<<br>img src=x>"]',
      'graph TD; A["</style>"]',
      'graph TD; A["#lt;img src=x#gt;"]',
      'graph TD; A["&#60;img src=x>"]',
      'graph TD; A["&lt;img"]',
      'graph TD; A@{ "\\x69mg": "https://x" }',
      '%%{init: {"fontFamily": "\\u003cimg"}}%%\ngraph TD; A',
      "graph TD; A\n style A fill:url(https://x)",
      'graph TD; A["$$x$$"]',
      `graph TD; ${"A;".repeat(20_000)}`,
    ]) {
      expect(isPlainDiagram(source), source.slice(0, 60)).toBe(false);
    }
  });
});
