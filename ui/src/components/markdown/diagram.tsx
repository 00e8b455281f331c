import { Code2, Workflow } from "lucide-react";
import { memo, useEffect, useState, useSyncExternalStore } from "react";
import { IconButton } from "../button";
import { CodeFigure } from "./code-block";
import type { Drawing } from "./mermaid";
import { t } from "./words";

const watchTheme = (changed: () => void) => {
  const watch = new MutationObserver(changed);
  watch.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return () => watch.disconnect();
};
const themeNow = () => document.documentElement.dataset.theme ?? "light";

/** A diagram of Mermaid: an image beside its source, or the source where it cannot be drawn. */
export const Diagram = memo(function Diagram({ source }: { source: string }) {
  const theme = useSyncExternalStore(watchTheme, themeNow);
  const [drawing, setDrawing] = useState<Drawing | null>(null);
  const [state, setState] = useState<"waiting" | "drawn" | "failed">("waiting");
  const [asSource, setAsSource] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme is another drawing
  useEffect(() => {
    let on = true;
    import("./mermaid")
      .then(({ draw }) => draw(source))
      .then(
        (next) => {
          if (!on) return;
          setDrawing(next);
          setState("drawn");
        },
        () => on && setState("failed"),
      );
    return () => {
      on = false;
    };
  }, [source, theme]);
  const toggle = drawing !== null && (
    <IconButton
      small
      icon={asSource ? Workflow : Code2}
      label={asSource ? t("showDiagram") : t("showSource")}
      aria-pressed={asSource}
      onClick={() => setAsSource(!asSource)}
    />
  );
  if (drawing === null || asSource) {
    return (
      <div aria-busy={state === "waiting" || undefined}>
        <CodeFigure code={source} name="mermaid" actions={toggle} />
        {state === "failed" && <p className="mt-1 text-ink-3 text-xs">{t("noDiagram")}</p>}
      </div>
    );
  }
  return (
    <figure className="group rounded-md border border-line">
      <figcaption className="flex h-8 items-center justify-between pr-0.5 pl-3 text-ink-3 text-xs">
        {t("diagram")}
        {toggle}
      </figcaption>
      <div
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        className="focus-inset overflow-x-auto px-3 pb-3"
      >
        <img
          src={drawing.src}
          alt={t("diagramOf", { kind: drawing.kind })}
          width={drawing.width}
          height={drawing.height}
          className="mx-auto h-auto max-w-full"
        />
      </div>
    </figure>
  );
});
