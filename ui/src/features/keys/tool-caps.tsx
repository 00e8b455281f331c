import { useQuery } from "@tanstack/react-query";
import { houseTools } from "@/api/queries";
import { Choice } from "@/components/choice";
import { Check } from "@/components/field";
import { Group } from "./parts";
import { type PartProps, t } from "./words";

const CAPS = ["own", "ask", "never"] as const;

/** How far agents may go for this key with tools of their own: as far as for others, or less. */
export function ToolCaps({ form, set }: PartProps) {
  const offered = useQuery(houseTools).data ?? [];
  const names = offered.map((tool) => tool.name);
  // a cap on a tool whose server is away stays and is seen
  const all = [...names, ...form.caps.map((cap) => cap.tool).filter((tool) => !names.includes(tool))];
  const capOf = (tool: string) => {
    const rule = form.caps.find((cap) => cap.tool === tool)?.rule ?? "always";
    return rule === "always" ? "own" : rule;
  };
  const choose = (tool: string, cap: (typeof CAPS)[number]) => {
    const others = form.caps.filter((one) => one.tool !== tool);
    set({ caps: cap === "own" ? others : [...others, { tool, rule: cap }] });
  };
  return (
    <Group title={t("form.tools")} set={form.noTools ? 1 : form.caps.length} wrong={false}>
      <p className="text-ink-3 text-xs">{t("form.toolsHint")}</p>
      <Check
        label={t("form.noTools")}
        checked={form.noTools}
        onChange={(event) => set({ noTools: event.target.checked })}
      />
      {!form.noTools && (
        <div>
          {all.map((tool) => (
            <div
              key={tool}
              className="flex items-center justify-between gap-4 border-line border-t py-1.5 first:border-t-0"
            >
              <span className="min-w-0 font-mono text-xs [overflow-wrap:anywhere]">{tool}</span>
              <Choice
                label={tool}
                value={capOf(tool)}
                options={CAPS.map((value) => ({ value, label: t(`form.caps.${value}`) }))}
                onChange={(cap) => choose(tool, cap)}
              />
            </div>
          ))}
        </div>
      )}
    </Group>
  );
}
