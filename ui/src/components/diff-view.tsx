import { diffLines } from "diff";
import { useMemo } from "react";
import { words } from "@/i18n";
import { cx } from "@/lib/cx";
import { ScrollBox } from "./scroll-box";

const t = words("activity");

/** Unchanged lines that stand around a change; longer stretches are told by their number. */
const AROUND = 3;
/** Beyond so many characters a difference takes longer than anybody waits for it. */
const MOST = 400_000;

interface Line {
  sign: "+" | "-" | " " | "…";
  text: string;
}

/** The lines of a difference, long unchanged stretches left out. */
function linesOf(before: string, after: string): Line[] | null {
  if (before.length + after.length > MOST) return null;
  const parts = diffLines(ended(before), ended(after), { timeout: 1000 });
  if (parts === undefined) return null;
  return parts.flatMap((part, at): Line[] => {
    const lines = part.value.replace(/\n$/u, "").split("\n");
    const sign = part.added ? "+" : part.removed ? "-" : " ";
    const all = lines.map((text) => ({ sign, text }) satisfies Line);
    if (sign !== " ") return all;
    const head = at === 0 ? 0 : AROUND;
    const foot = at === parts.length - 1 ? 0 : AROUND;
    if (lines.length <= head + foot + 1) return all;
    const gap: Line = { sign: "…", text: t("unchanged", { count: lines.length - head - foot }) };
    return [...all.slice(0, head), gap, ...all.slice(lines.length - foot)];
  });
}

const ended = (text: string) => (text.endsWith("\n") ? text : `${text}\n`);

/** What is different between two texts, line by line; the sign says it as well as the colour. */
export function DiffView({ before, after, name }: { before: string; after: string; name: string }) {
  const lines = useMemo(() => linesOf(before, after), [before, after]);
  if (lines === null) return <p className="text-ink-2">{t("tooLongToCompare")}</p>;
  if (lines.every(({ sign }) => sign === " " || sign === "…"))
    return <p className="text-ink-2">{t("noDifference")}</p>;
  return (
    <ScrollBox
      name={name}
      className="max-h-[32rem] rounded-md bg-canvas py-2 font-mono text-[0.78125rem] leading-[1.3rem]"
    >
      {lines.map(({ sign, text }, at) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: a difference that does not change
          key={at}
          className={cx(
            "flex whitespace-pre-wrap px-3 [overflow-wrap:anywhere]",
            sign === "+" && "bg-good-wash text-good",
            sign === "-" && "bg-bad-wash text-bad",
            sign === "…" && "text-ink-3",
          )}
        >
          <span className="w-5 shrink-0 select-none" aria-hidden={sign === " "}>
            {sign}
          </span>
          <span className="min-w-0">{text}</span>
        </div>
      ))}
    </ScrollBox>
  );
}
