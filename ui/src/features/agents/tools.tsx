import { useQuery } from "@tanstack/react-query";
import type { Reach, Rule, ToolView } from "@/api/generated/types";
import { houseTools } from "@/api/queries";
import { Choice } from "@/components/choice";
import { Check, Field, Input } from "@/components/field";
import { RUN } from "./draft";
import { Folders } from "./folders";
import type { Editor } from "./use-editor";
import { t } from "./words";

/** Those that go to the agent's folders. */
const AT_FOLDERS = [
  "list_files",
  "read_file",
  "search_files",
  "write_file",
  "edit_file",
  "run_command",
] as const;
const KNOWN = [
  "current_time",
  "calculator",
  "run_code",
  "web_search",
  "web_fetch",
  ...AT_FOLDERS,
  "make_image",
  "ask_agent",
] as const;
type Known = (typeof KNOWN)[number];
const isKnown = (name: string): name is Known => (KNOWN as readonly string[]).includes(name);

/** What people call a tool. */
export const toolName = (name: string): string => (isKnown(name) ? t(`tool.${name}.name`) : name);

/** A person is asked before each of its uses, whatever is said here. */
const ALWAYS_ASKS = "run_command";

const REACHES: readonly Reach[] = ["reads", "sends", "changes"];
const RULES: readonly Rule[] = ["never", "ask", "always"];

/** The rule of a tool that was given without one. */
const usual = (reach: Reach): Rule => (reach === "reads" ? "always" : "ask");

/** What the agent may use and when, and how far it may go with it in one call. */
export function Tools({ editor }: { editor: Editor }) {
  const { fields, faults, set } = editor;
  const offered = useQuery(houseTools).data ?? [];
  const ruleOf = ({ name, reach }: ToolView): Rule => {
    const grant = fields.tools.find((one) => one.tool === name);
    return grant === undefined ? "never" : (grant.rule ?? usual(reach));
  };
  // in the order of the list, so that the same tools are the same draft
  const give = (name: string, rule: Rule) => {
    const others = fields.tools.filter((one) => !offered.some(({ name }) => name === one.tool));
    const given = offered.flatMap((one) => {
      if (one.name === name) return rule === "never" ? [] : [{ tool: name, rule }];
      return fields.tools.filter(({ tool }) => tool === one.name);
    });
    set("tools", [...given, ...others]);
  };
  const given = fields.tools.filter((one) => one.rule !== "never");
  return (
    <div className="flex flex-col gap-5">
      {REACHES.map((reach) => {
        const tools = offered.filter((one) => one.reach === reach);
        return (
          tools.length > 0 && (
            <section key={reach} aria-label={t(`reach.${reach}`)}>
              <h4 className="font-medium">{t(`reach.${reach}`)}</h4>
              <p className="mb-1 text-ink-3 text-xs">{t(`reachHint.${reach}`)}</p>
              {tools.map((tool) => (
                <Line
                  key={tool.name}
                  tool={tool}
                  rule={ruleOf(tool)}
                  onRule={(rule) => give(tool.name, rule)}
                />
              ))}
            </section>
          )
        );
      })}
      {given.some((one) => AT_FOLDERS.some((name) => name === one.tool)) && <Folders editor={editor} />}
      {given.length > 0 && (
        <Check
          label={t("toolFirst")}
          hint={t("toolFirstHint")}
          checked={fields.toolFirst}
          onChange={(event) => set("toolFirst", event.target.checked)}
        />
      )}
      {given.length > 0 && (
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

interface LineProps {
  tool: ToolView;
  rule: Rule;
  onRule: (rule: Rule) => void;
}

/** A tool, and when it is run. */
function Line({ tool: { name, reach, description }, rule, onRule }: LineProps) {
  return (
    <div className="flex items-center justify-between gap-4 border-line border-t py-2">
      <div className="min-w-0 [overflow-wrap:anywhere]">
        <p className={isKnown(name) ? undefined : "font-mono text-xs"}>{toolName(name)}</p>
        <p className="text-ink-3 text-xs">{isKnown(name) ? t(`tool.${name}.hint`) : description}</p>
        {rule === "always" && reach !== "reads" && <p className="text-warn text-xs">{t("alwaysHint")}</p>}
      </div>
      <Choice
        label={toolName(name)}
        value={rule}
        options={RULES.filter((rule) => rule !== "always" || name !== ALWAYS_ASKS).map((value) => ({
          value,
          label: t(`rules.${value}`),
        }))}
        onChange={onRule}
      />
    </div>
  );
}
