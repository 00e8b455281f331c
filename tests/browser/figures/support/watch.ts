// Runs in the page before the app does: clocks that a spec reads afterwards. It has to stand by itself, since only its
// text goes to the page.

export interface Watch {
  /** Milliseconds from this moment's last input to the frame in which `there` holds, painted. */
  until: (there: () => boolean) => Promise<number>;
  /** Durations of tasks over 50 ms. */
  long: number[];
  /** Durations from a keystroke to the next paint, as the browser tells them: those of 16 ms and more. */
  keys: number[];
  /** Commands that were answered: name, arguments, moment. */
  answered: Array<{ command: string; args: Record<string, unknown>; at: number; took: number }>;
}

declare global {
  interface Window {
    watch: Watch;
  }
}

export function watch(): void {
  let touched = 0;
  for (const kind of ["pointerdown", "keydown"]) {
    window.addEventListener(kind, (event) => { touched = event.timeStamp; }, { capture: true });
  }
  const painted = (then: () => void) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = then;
    requestAnimationFrame(() => channel.port2.postMessage(null));
  };
  const until = (there: () => boolean) =>
    new Promise<number>((done) => {
      const look = () => (there() ? painted(() => done(performance.now() - touched)) : requestAnimationFrame(look));
      look();
    });
  const long: number[] = [];
  const keys: number[] = [];
  const observe = (type: string, each: (entry: PerformanceEntry) => void, more: object = {}) =>
    new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true, ...more });
  observe("longtask", (entry) => long.push(entry.duration));
  observe("event", (entry) => entry.name === "keydown" && keys.push(entry.duration), { durationThreshold: 16 });
  const answered: Watch["answered"] = [];
  const real = window.fetch.bind(window);
  window.fetch = async (input, init) => {
    const from = performance.now();
    const response = await real(input, init);
    if (typeof init?.body === "string" && init.body.startsWith("{")) {
      const { command, args } = JSON.parse(init.body) as { command?: string; args?: Record<string, unknown> };
      if (command !== undefined) answered.push({ command, args: args ?? {}, at: performance.now(), took: performance.now() - from });
    }
    return response;
  };
  window.watch = { until, long, keys, answered };
}
