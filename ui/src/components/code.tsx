import type { ReactNode } from "react";
import { CopyIcon } from "./copy";
import { t } from "./words";

/** Text for a machine, with a way to copy it. */
export function Code({ text, name, children }: { text: string; name: string; children?: ReactNode }) {
  return (
    <figure className="group overflow-hidden rounded-md bg-canvas">
      <figcaption className="flex h-8 items-center justify-between pr-0.5 pl-3 text-ink-3 text-xs">
        {name}
        <CopyIcon text={text} label={t("copy.code")} />
      </figcaption>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        className="selectable focus-inset overflow-x-auto px-3 pb-3 text-[0.78125rem] leading-[1.3rem]"
      >
        <code>{children ?? text}</code>
      </pre>
    </figure>
  );
}
