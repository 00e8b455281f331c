import { ImageOff } from "lucide-react";
import { type ComponentProps, isValidElement, type ReactNode } from "react";
import type { Components } from "streamdown";
import { offeredUrl } from "@/lib/urls";
import { offerLink } from "../link-door";
import { t } from "../words";
import { CodeBlock } from "./code-block";

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
      className="cursor-pointer text-left underline decoration-edge underline-offset-2 hover:decoration-ink"
      title={url.href}
      onClick={() => offerLink(url)}
    >
      {children}
    </button>
  );
}

/** Never fetched (SEC-27): its words and, where it may be opened outside, a way to do that. */
function Image({ src, alt }: ComponentProps<"img">) {
  const url = offeredUrl(src);
  const words = alt ? t("markdown.imageOf", { alt }) : t("markdown.image");
  return (
    <span className="inline-flex max-w-full items-center gap-1.5 rounded-sm bg-canvas px-1.5 text-ink-2 text-sm">
      <ImageOff size={14} strokeWidth={1.75} className="shrink-0" aria-hidden="true" />
      <span className="truncate">{words}</span>
      {url?.protocol === "https:" && (
        <button
          type="button"
          className="cursor-pointer shrink-0 underline underline-offset-2"
          onClick={() => offerLink(url)}
        >
          {t("markdown.showAddress")}
        </button>
      )}
    </span>
  );
}

function Code({ children, className, ...rest }: ComponentProps<"code"> & { node?: unknown }) {
  if (!("data-block" in rest)) return <code>{children}</code>;
  const language = /language-([^\s]+)/.exec(className ?? "")?.[1] ?? "";
  return <CodeBlock code={textOf(children).replace(/\n$/, "")} language={language.slice(0, 32)} />;
}

/** Elements as the browser has them; only those of untrusted substance are ours. */
export const PARTS = {
  a: Link,
  img: Image,
  code: Code,
  table: ({ children }: ComponentProps<"table">) => (
    <div className="table">
      <table>{children}</table>
    </div>
  ),
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
  ol: "ol",
  ul: "ul",
  li: "li",
  hr: "hr",
  strong: "strong",
  blockquote: "blockquote",
  thead: "thead",
  tbody: "tbody",
  tr: "tr",
  th: "th",
  td: "td",
  sup: "sup",
  sub: "sub",
  section: "section",
} as Components;
