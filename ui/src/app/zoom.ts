// How large the page is shown, where no browser does it. The steps are those of browsers.

import { recall, remember } from "@/lib/store";
import { platform } from "@/platform";

const STEPS = [0.5, 0.67, 0.75, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2, 2.5, 3];

const current = () => {
  const kept = Number(recall("zoom"));
  return STEPS.includes(kept) ? kept : 1;
};

function show(factor: number): void {
  remember("zoom", factor === 1 ? null : String(factor));
  platform.zoom?.(factor);
}

export const zoomIn = (): void => show(STEPS.find((step) => step > current()) ?? current());
export const zoomOut = (): void => show(STEPS.findLast((step) => step < current()) ?? current());
export const zoomReset = (): void => show(1);

/** As it was the last time. */
export function showRememberedZoom(): void {
  if (current() !== 1) platform.zoom?.(current());
}

/** Does what a key means for the size; whether it means anything. Shift may be needed to type a plus. */
export function zoomKey(key: string): boolean {
  if (platform.zoom === undefined) return false;
  if (key === "+" || key === "=") zoomIn();
  else if (key === "-" || key === "_") zoomOut();
  else if (key === "0") zoomReset();
  else return false;
  return true;
}
