// Scrolls as a wheel does, past the page's own script, and looks at every frame.

import type { CDPSession, Page } from "@playwright/test";

interface Seen {
  frames: number;
  /** Frames that came more than 32 ms after the one before. */
  late: number;
  /** Frames in which a part of the view had no row. */
  blank: number;
}

/** Scrolls by that many pixels, that fast; the rows are those that carry `data-index`. */
export async function scrollThrough(page: Page, devtools: CDPSession, selector: string, by: number, speed: number): Promise<Seen> {
  await page.evaluate((which) => {
    const scroller = document.querySelector(which);
    if (scroller === null) throw new Error("nothing to scroll");
    const seen = { frames: 0, late: 0, blank: 0, going: true };
    (window as unknown as { seen: typeof seen }).seen = seen;
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      const view = scroller.getBoundingClientRect();
      const rows = [...scroller.querySelectorAll("[data-index], [data-row]")].map((row) => row.getBoundingClientRect());
      const top = Math.min(...rows.map((row) => row.top));
      const bottom = Math.max(...rows.map((row) => row.bottom));
      const atTop = scroller.scrollTop < 30;
      const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 30;
      if ((top > view.top + 1 && !atTop) || (bottom < view.bottom - 1 && !atEnd)) seen.blank += 1;
    };
    let before = performance.now();
    const frame = (now: number) => {
      seen.frames += 1;
      if (now - before > 32) seen.late += 1;
      before = now;
      channel.port2.postMessage(null);
      if (seen.going) requestAnimationFrame(frame);
    };
    requestAnimationFrame((now) => {
      before = now;
      requestAnimationFrame(frame);
    });
  }, selector);
  const box = await page.locator(selector).boundingBox();
  if (box === null) throw new Error("nothing to scroll");
  await devtools.send("Input.synthesizeScrollGesture", {
    x: box.x + box.width / 2,
    y: box.y + box.height / 2,
    yDistance: -by,
    speed,
    gestureSourceType: "mouse",
  });
  return page.evaluate(() => {
    const { seen } = window as unknown as { seen: Seen & { going: boolean } };
    seen.going = false;
    return { frames: seen.frames, late: seen.late, blank: seen.blank };
  });
}
