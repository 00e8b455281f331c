import { type ComponentProps, isValidElement, type ReactNode, useContext } from "react";
import type { Components } from "streamdown";
import { offeredUrl } from "@/lib/urls";
import { offerLink } from "../link-door";
import { CodeBlock, Growing } from "./code-block";
import { Diagram } from "./diagram";
import { Maths } from "./maths";
import { RemoteImage } from "./remote-image";
import { Table } from "./table";

function textOf(node: ReactNode): string {
  if (typeof node === "string" || typeof node === "number") return String(node);
  if (Array.isArray(node)) return node.map(textOf).join("");
  return isValidElement<{ children?: ReactNode }>(node) ? textOf(node.props.children) : "";
}

/** A link has no address in the page: nothing can be prefetched, dragged or opened but through the dialog. */
function Link({ href, children }: ComponentProps<"a">) {
  const url = offeredUrl(href);
  if (url === null) return <span>{children}</span>;
  return (
    <button
      type="button"
      className="cursor-pointer text-start underline decoration-edge underline-offset-2 hover:decoration-ink"
      title={url.href}
      onClick={() => offerLink(url)}
    >
      {children}
    </button>
  );
}

const Image = ({ src, alt }: ComponentProps<"img">) => <RemoteImage src={src} alt={alt ?? ""} />;

function Code({ children, className, ...rest }: ComponentProps<"code"> & { node?: unknown }) {
  const growing = useContext(Growing);
  const language = (/language-([^\s]+)/.exec(className ?? "")?.[1] ?? "").slice(0, 32);
  const block = "data-block" in rest;
  const text = textOf(children).replace(/\n$/, "");
  if (language === "math") return <Maths tex={text} display={block} />;
  if (!block) return <code>{children}</code>;
  if (language === "mermaid" && !growing) return <Diagram source={text} />;
  return <CodeBlock code={text} language={language} />;
}

/** Elements as the browser has them; only those of untrusted substance are ours. */
export const PARTS = {
  a: Link,
  img: Image,
  code: Code,
  table: Table,
  input: ({ checked }: ComponentProps<"input">) => (
    <input type="checkbox" checked={checked === true} readOnly disabled />
  ),
  h1: "h1",
  h2: "h2",
  h3: "h3",
  h4: "h4",
  h5: "h5",
  h6: "h6",
  p: "p",
  // their marks stand where their words begin
  ol: ({ start, children }: ComponentProps<"ol">) => (
    <ol dir="auto" start={start}>
      {children}
    </ol>
  ),
  ul: ({ children }: ComponentProps<"ul">) => <ul dir="auto">{children}</ul>,
  li: "li",
  hr: "hr",
  strong: "strong",
  blockquote: ({ children }: ComponentProps<"blockquote">) => <blockquote dir="auto">{children}</blockquote>,
  thead: "thead",
  tbody: "tbody",
  tr: "tr",
  th: "th",
  td: "td",
  sup: "sup",
  sub: "sub",
  section: "section",
} as Components;
