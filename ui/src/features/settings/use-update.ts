import { useState } from "react";
import { type CommandFailed, failed, type Release, type Updates } from "@/platform";

type Step = "idle" | "checking" | "newest" | "found" | "downloading" | "ready" | "installing";

interface State {
  step: Step;
  release: Release | null;
  progress: { received: number; total: number | null };
  failure: CommandFailed | null;
}

const NOTHING: State = { step: "idle", release: null, progress: { received: 0, total: null }, failure: null };

// kept beside the screen: whoever leaves it while something is downloaded finds it there again
let kept = NOTHING;

/** One update from being looked for to being installed. */
export function useUpdate(source: Updates) {
  const [state, setState] = useState(kept);
  const set = (change: Partial<State>) => {
    kept = { ...kept, ...change };
    setState(kept);
  };
  const begin = async (step: Step, back: Step, run: () => Promise<Partial<State>>) => {
    set({ step, failure: null });
    try {
      set(await run());
    } catch (error) {
      set({ step: back, failure: failed(error) });
    }
  };
  return {
    ...state,
    check: () =>
      begin("checking", "idle", async () => {
        const release = await source.check();
        return { release, step: release === null ? "newest" : "found" };
      }),
    download: () =>
      begin("downloading", "found", async () => {
        set({ progress: NOTHING.progress });
        const whole = await source.download((received, total) => set({ progress: { received, total } }));
        return { step: whole ? "ready" : "found" };
      }),
    cancel: () => void source.cancel(),
    // a failed one is downloaded again, for nothing of it is kept
    install: () => begin("installing", "found", async () => source.install().then(() => ({}))),
  };
}
