import { useQuery } from "@tanstack/react-query";
import { houseTools } from "@/api/queries";
import { Check, Field, Input } from "@/components/field";
import { RUN } from "./draft";
import type { Editor } from "./use-editor";
import { t } from "./words";

const KNOWN = ["current_time", "calculator"] as const;
type Known = (typeof KNOWN)[number];
const isKnown = (name: string): name is Known => (KNOWN as readonly string[]).includes(name);

/** What people call a tool. */
export const toolName = (name: string): string => (isKnown(name) ? t(`tool.${name}.name`) : name);

/** What the agent may use, and how far it may go with it in one call. */
export function Tools({ editor }: { editor: Editor }) {
  const { fields, faults, set } = editor;
  const offered = useQuery(houseTools).data ?? [];
  const has = (name: string) => fields.tools.includes(name);
  const give = (name: string, on: boolean) => {
    const wanted = (tool: string) => (tool === name ? on : has(tool));
    const others = fields.tools.filter((tool) => !offered.some((one) => one.name === tool));
    set("tools", [...offered.map((one) => one.name).filter(wanted), ...others]);
  };
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-col gap-2.5">
        {offered.map(({ name, description }) => (
          <Check
            key={name}
            label={toolName(name)}
            hint={isKnown(name) ? t(`tool.${name}.hint`) : description}
            checked={has(name)}
            onChange={(event) => give(name, event.target.checked)}
          />
        ))}
      </div>
      {fields.tools.length > 0 && (
        <div className="grid grid-cols-2 gap-x-4 gap-y-3.5">
          {RUN.map((limit) => (
            <Field
              key={limit}
              label={t(`run.${limit}`)}
              hint={t(`runHint.${limit}`)}
              error={faults[`run.${limit}`]}
            >
              {(ids) => (
                <Input
                  {...ids}
                  inputMode="numeric"
                  placeholder={limit === "turns" ? "50" : "600"}
                  value={fields.run[limit]}
                  onChange={(event) => set("run", { ...fields.run, [limit]: event.target.value })}
                />
              )}
            </Field>
          ))}
        </div>
      )}
    </div>
  );
}
