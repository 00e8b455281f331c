// Formulas by KaTeX, loaded with the first one. It builds elements and no markup; `trust: false` leaves it no command
// that makes a link, loads an image or sets an attribute, and its macros cannot grow without end (SEC-23).

import type { KatexOptions } from "katex";
import { memo, useEffect, useLayoutEffect, useRef, useState } from "react";

type Render = (tex: string, element: HTMLElement, options: KatexOptions) => void;

let render: Render | null = null;
let loading: Promise<void> | null = null;

function load(): Promise<void> {
  loading ??= import("./katex").then(({ render: loaded }) => {
    render = loaded;
  });
  return loading;
}

/** A formula in TeX; its source while KaTeX is being read. */
export const Maths = memo(function Maths({ tex, display }: { tex: string; display: boolean }) {
  const host = useRef<HTMLSpanElement>(null);
  const [ready, setReady] = useState(render !== null);
  useEffect(() => {
    if (ready) return;
    let on = true;
    load().then(
      () => on && setReady(true),
      () => undefined,
    );
    return () => {
      on = false;
    };
  }, [ready]);
  useLayoutEffect(() => {
    if (!ready || host.current === null) return;
    render?.(tex, host.current, {
      displayMode: display,
      throwOnError: false,
      errorColor: "currentColor",
      strict: "ignore",
      trust: false,
      maxSize: 20,
      maxExpand: 500,
    });
  }, [ready, tex, display]);
  if (!ready) return <code aria-busy="true">{tex}</code>;
  return display ? (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <span ref={host} tabIndex={0} className="focus-inset block overflow-x-auto overflow-y-hidden py-1" />
  ) : (
    <span ref={host} />
  );
});
