import type { ReactNode } from "react";
import { Revealed } from "@/components/revealed";
import { jsonLines } from "@/lib/json-lines";

export const Facts = ({ children }: { children: ReactNode }) => (
  <dl className="mt-4 grid grid-cols-[max-content_1fr] gap-x-5 gap-y-1">{children}</dl>
);

/** A name of ours, and a text of anybody's: whole, wrapped, with what hides in it made visible. */
export function Fact({ name, children }: { name: string; children: string }) {
  return (
    <>
      <dt className="text-ink-3">{name}</dt>
      <dd className="min-w-0">
        <Revealed text={children} />
      </dd>
    </>
  );
}

/** JSON on lines that are set in by the page, so that no text can look like another line. */
export function Lines({ json }: { json: string }) {
  return jsonLines(json).map((line, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the lines of a text never move
    <div key={at} style={{ paddingLeft: `${line.depth}rem` }}>
      <Revealed text={line.text} />
    </div>
  ));
}
