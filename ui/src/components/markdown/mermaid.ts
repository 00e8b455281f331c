// Diagrams by Mermaid, loaded with the first one. Mermaid is large and has had holes, so its drawing is never put into the page:
// it becomes an image, in which the browser runs nothing, loads nothing and follows nothing (SEC-22, SEC-23, SEC-27). While it
// measures its labels they are in the page, so only what holds no markup is given to it; and the page's policy holds too.

import mermaid from "mermaid";
import { isPlainDiagram } from "@/lib/diagrams";

/** A drawing. */
export interface Drawing {
  /** An image as a `data:` address. */
  readonly src: string;
  readonly width: number;
  readonly height: number;
  /** What kind of diagram: `flowchart-v2`. */
  readonly kind: string;
}

const colour = (name: string): string => {
  const style = getComputedStyle(document.documentElement);
  return style.getPropertyValue(`--c-${name}`).trim();
};

function prepare(): void {
  const [paper, canvas, line, edge, ink, ink2] = ["paper", "canvas", "line", "edge", "ink", "ink-2"].map(
    colour,
  );
  mermaid.initialize({
    startOnLoad: false,
    suppressErrorRendering: true,
    securityLevel: "strict",
    maxTextSize: 20_000,
    htmlLabels: false,
    // an image has no fonts of ours
    fontFamily: "system-ui, sans-serif",
    logLevel: "fatal",
    theme: "base",
    themeVariables: {
      darkMode: document.documentElement.dataset.theme === "dark",
      background: paper,
      primaryColor: canvas,
      primaryTextColor: ink,
      primaryBorderColor: edge,
      secondaryColor: line,
      tertiaryColor: paper,
      lineColor: ink2,
      textColor: ink,
      edgeLabelBackground: paper,
      noteBkgColor: canvas,
      noteTextColor: ink,
      fontSize: "13px",
    },
    // what a diagram's own text may not set
    secure: [
      "secure",
      "securityLevel",
      "startOnLoad",
      "maxTextSize",
      "maxEdges",
      "suppressErrorRendering",
      "htmlLabels",
      "flowchart",
      "fontFamily",
      "altFontFamily",
      "theme",
      "themeCSS",
      "themeVariables",
      "dompurifyConfig",
      "logLevel",
      "layout",
    ],
  });
}

/** The kinds that are made of text and lines. Others bring images or icons from elsewhere, or run what they hold. */
const KINDS =
  /^(flowchart|graph|sequence|class|state|er$|gantt|pie|mindmap|timeline|journey|gitGraph|quadrant|xychart|requirement|kanban|block|sankey|packet|radar|treemap)/;

/** Whether a node is an image at an address: measuring it would ask for that address (SEC-27). */
function bringsImages(db: unknown): boolean {
  const { getData } = db as { getData?: () => { nodes?: Array<{ img?: string; icon?: string }> } };
  if (getData === undefined) return false;
  const nodes = getData.call(db).nodes ?? [];
  return nodes.some(({ img, icon }) => img !== undefined || icon !== undefined);
}

async function refuse(source: string): Promise<void> {
  if (!isPlainDiagram(source)) throw new Error("it holds more than a diagram");
  const parsed = await mermaid.parse(source);
  if (!KINDS.test(parsed.diagramType)) throw new Error(`${parsed.diagramType} is not drawn`);
  const diagram = await mermaid.mermaidAPI.getDiagramFromText(source);
  if (bringsImages(diagram.db)) throw new Error("it asks for images");
}

let drawn = 0;
let line: Promise<unknown> = Promise.resolve();

/** Draws in the theme of the moment; one after the other, because Mermaid keeps its settings to itself. Fails on what is no diagram. */
export function draw(source: string): Promise<Drawing> {
  const next = line.then(() => drawNow(source));
  line = next.catch(() => undefined);
  return next;
}

async function drawNow(source: string): Promise<Drawing> {
  prepare();
  await refuse(source);
  drawn += 1;
  const { svg, diagramType } = await mermaid.render(`diagram-${drawn}`, source);
  // a parsed document is dead: it runs and loads nothing
  const root = new DOMParser().parseFromString(svg, "text/html").querySelector("svg");
  const box = (root?.getAttribute("viewBox") ?? "").split(/[\s,]+/).map(Number);
  const [, , width = 0, height = 0] = box;
  if (root === null || !(width > 0 && height > 0)) throw new Error("nothing was drawn");
  root.setAttribute("width", String(width));
  root.setAttribute("height", String(height));
  root.removeAttribute("style");
  const text = new XMLSerializer().serializeToString(root);
  return { src: `data:image/svg+xml,${encodeURIComponent(text)}`, width, height, kind: diagramType };
}
