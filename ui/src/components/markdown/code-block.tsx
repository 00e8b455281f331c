import { TextWrap, WrapText } from "lucide-react";
import { createContext, memo, type ReactNode, useContext, useEffect, useState } from "react";
import { cx } from "@/lib/cx";
import { recall, remember } from "@/lib/store";
import { IconButton } from "../button";
import { CopyIcon } from "../copy";
import { type Colours, coloured, highlight } from "./highlight";
import { t } from "./words";

/** Whether the block that is being rendered is still growing. */
export const Growing = createContext(false);

/** Code in markdown; coloured once it is finished. */
export const CodeBlock = memo(function CodeBlock({ code, language }: { code: string; language: string }) {
  const growing = useContext(Growing);
  const [lines, setLines] = useState<{ code: string; tokens: Colours } | null>(() => {
    const tokens = growing ? undefined : coloured(code, language);
    return tokens === undefined ? null : { code, tokens };
  });
  const done = lines?.code === code;
  useEffect(() => {
    if (growing || done) return;
    const wanted = new AbortController();
    highlight(code, language, wanted.signal).then(
      (tokens) => !wanted.signal.aborted && tokens && setLines({ code, tokens }),
      () => undefined,
    );
    return () => wanted.abort();
  }, [code, language, growing, done]);
  return (
    <CodeFigure code={code} name={language || t("text")}>
      {done ? paint(lines.tokens) : code}
    </CodeFigure>
  );
});

interface CodeFigureProps {
  code: string;
  /** The language. */
  name: string;
  /** More that can be done with it. */
  actions?: ReactNode;
  children?: ReactNode;
}

/** Code with its language, and ways to wrap and to copy it. */
export function CodeFigure({ code, name, actions, children }: CodeFigureProps) {
  const [wrap, setWrap] = useState(() => recall("wrap") === "on");
  const toggle = () => {
    remember("wrap", wrap ? null : "on");
    setWrap(!wrap);
  };
  return (
    <figure className="group overflow-hidden rounded-md bg-canvas">
      <figcaption className="flex h-8 items-center gap-0.5 pr-0.5 pl-3 text-ink-3 text-xs">
        <span className="min-w-0 flex-1 truncate">{name}</span>
        {actions}
        <IconButton
          small
          icon={wrap ? TextWrap : WrapText}
          label={wrap ? t("noWrap") : t("wrap")}
          aria-pressed={wrap}
          className={cx(wrap && "text-ink")}
          onClick={toggle}
        />
        <CopyIcon text={code} label={t("copyCode")} />
      </figcaption>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        className={cx(
          "selectable focus-inset px-3 pb-3 text-[0.78125rem] leading-[1.3rem]",
          wrap ? "whitespace-pre-wrap [overflow-wrap:anywhere]" : "overflow-x-auto",
        )}
      >
        <code>{children ?? code}</code>
      </pre>
    </figure>
  );
}

function paint(lines: Colours): ReactNode {
  return lines.map((tokens, row) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text have no other identity
    <span key={row}>
      {tokens.map((token) => (
        <span key={token.offset} style={{ color: token.color }}>
          {token.content}
        </span>
      ))}
      {row < lines.length - 1 ? "\n" : ""}
    </span>
  ));
}
