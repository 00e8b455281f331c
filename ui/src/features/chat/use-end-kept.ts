import { type RefObject, useEffect } from "react";

/**
 * Holds a view at its end when it becomes lower: the field below grows with what is written into it, and says below
 * itself what waits. Whoever looks at something further up is left alone.
 */
export function useEndKept(view: RefObject<HTMLElement | null>, near: number): void {
  useEffect(() => {
    const box = view.current;
    if (box === null) return;
    let height = box.clientHeight;
    const watch = new ResizeObserver(() => {
      const lost = height - box.clientHeight;
      height = box.clientHeight;
      const below = box.scrollHeight - box.scrollTop - box.clientHeight;
      if (lost > 0 && below - lost <= near) box.scrollTop += below;
    });
    watch.observe(box);
    return () => watch.disconnect();
  }, [view, near]);
}
