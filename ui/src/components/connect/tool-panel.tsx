// What each program has to be told, with the real address, agent and key. Used where programs are connected: their
// screen and the end of the first steps.

import { Tabs } from "@base-ui/react/tabs";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { tools } from "@/api/queries";
import { Loaded } from "@/components/page";
import { recall, remember } from "@/lib/store";
import { Choices } from "./choices";
import type { Secrets } from "./secrets";
import { ToolView } from "./tool-view";
import { t } from "./words";

interface ToolPanelProps {
  /** The agent to begin with; else the default one. */
  agent?: string;
  secrets: Secrets;
  /** Stands below the text, whichever program is shown. */
  children?: ReactNode;
}

const tabLook =
  "focus-inset flex h-7 w-full shrink-0 max-sm:w-auto items-center truncate rounded-md px-2.5 text-left text-ink-2 transition-colors duration-100 hover:bg-hover hover:text-ink data-active:bg-pick data-active:font-medium data-active:text-ink";

export function ToolPanel({ agent, secrets, children }: ToolPanelProps) {
  const [chosen, setChosen] = useState<string | null>(agent ?? null);
  const [key, setKey] = useState<string | null>(null);
  const [shown, setShown] = useState(() => recall("tool") ?? "python");
  const query = useQuery(tools(chosen));
  return (
    <Loaded query={query} rows={5}>
      {(all) => {
        const tool = all.tools.find((one) => one.tool === shown) ?? all.tools[0];
        return (
          <Tabs.Root
            orientation="vertical"
            value={tool?.tool ?? null}
            onValueChange={(next: string) => {
              setShown(next);
              remember("tool", next);
            }}
            className="grid grid-cols-[11rem_minmax(0,1fr)] grid-rows-[auto_1fr] gap-x-6 gap-y-4 max-sm:grid-cols-1"
          >
            <Tabs.List
              aria-label={t("tools.list")}
              activateOnFocus
              className="-ml-2.5 row-span-2 flex flex-col max-sm:row-span-1 max-sm:flex-row max-sm:flex-wrap"
            >
              {all.tools.map((one) => (
                <Tabs.Tab key={one.tool} value={one.tool} className={tabLook}>
                  {one.name}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            {tool && (
              <Tabs.Panel value={tool.tool} tabIndex={-1} className="flex min-w-0 flex-col gap-3">
                <Choices
                  tool={tool}
                  agent={all.agent}
                  chosenKey={key}
                  secrets={secrets}
                  onAgent={setChosen}
                  onKey={setKey}
                />
                <ToolView
                  tool={tool}
                  agent={all.agent}
                  mark={all.key}
                  chosen={key !== null}
                  secret={key === null ? null : (secrets.known.get(key) ?? null)}
                />
              </Tabs.Panel>
            )}
            <div className="min-w-0 sm:col-start-2">{children}</div>
          </Tabs.Root>
        );
      }}
    </Loaded>
  );
}
