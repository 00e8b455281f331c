import { createContext, memo, type ReactNode, useContext, useEffect, useState } from "react";
import type { ThemedToken } from "shiki/core";
import { Code } from "../code";
import { t } from "../words";
import { highlight } from "./highlight";

/** Whether the block that is being rendered is still growing. */
export const Growing = createContext(false);

/** Code in markdown; coloured once it is finished. */
export const CodeBlock = memo(function CodeBlock({ code, language }: { code: string; language: string }) {
  const growing = useContext(Growing);
  const [lines, setLines] = useState<{ code: string; tokens: ThemedToken[][] } | null>(null);
  useEffect(() => {
    if (growing) return;
    let on = true;
    highlight(code, language).then(
      (tokens) => on && tokens && setLines({ code, tokens }),
      () => undefined,
    );
    return () => {
      on = false;
    };
  }, [code, language, growing]);
  const coloured = lines?.code === code ? paint(lines.tokens) : code;
  return (
    <Code text={code} name={language || t("markdown.text")}>
      {coloured}
    </Code>
  );
});

function paint(lines: ThemedToken[][]): ReactNode {
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
