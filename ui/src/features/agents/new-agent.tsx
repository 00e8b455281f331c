import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Agent } from "@/api/generated/types";
import { useModelGroups } from "@/api/model-options";
import { AgentForm } from "./agent-form";
import type { Fields } from "./draft";
import { Gallery } from "./gallery";
import { keptOf, NEW } from "./kept";

/** A new agent: first what it begins with, then its form. One that was begun and not saved goes on. */
export function NewAgent({ all }: { all: readonly Agent[] }) {
  const [start, setStart] = useState<Fields | null>(() => keptOf(NEW)?.fields ?? null);
  const target = useModelGroups()[0]?.items[0]?.id ?? "";
  const navigate = useNavigate();
  if (start !== null) {
    return (
      <AgentForm
        agent={null}
        all={all}
        start={start}
        target={target}
        onLeave={() => {
          setStart(null);
          if (all.length > 0) navigate({ to: "/agents/$agent", params: { agent: NEW }, replace: true });
        }}
      />
    );
  }
  return (
    <div className="h-full overflow-y-auto">
      <div className="mx-auto max-w-[52rem] px-5 pt-7 pb-12 lg:px-8">
        <Gallery all={all} target={target} onBegin={setStart} />
      </div>
    </div>
  );
}
