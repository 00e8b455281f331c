import { useQuery } from "@tanstack/react-query";
import { Search, X } from "lucide-react";
import { useEffect, useState } from "react";
import { agents, keys, providers } from "@/api/queries";
import { Button } from "@/components/button";
import { type Option, Select } from "@/components/select";
import { type Filter, isEmpty, OUTCOMES, ROUTES } from "./filter";
import { t } from "./words";

interface FiltersProps {
  filter: Filter;
  onChange: (filter: Filter) => void;
}

/** What narrows the list down; each choice holds at once. */
export function Filters({ filter, onChange }: FiltersProps) {
  const clients = useQuery(keys).data ?? [];
  const known = useQuery(agents).data ?? [];
  const places = useQuery(providers).data ?? [];
  const targets = [
    ...new Set([...places.map(({ id }) => id), ...known.map((agent) => String(agent.target))]),
  ];
  const choose = (part: keyof Filter, any: string, options: ReadonlyArray<Option<string>>) => {
    const value = filter[part] ?? "";
    const offered = options.some((option) => option.value === value)
      ? options
      : [...options, { value, label: value }];
    return (
      <Select
        quiet
        className={value === "" ? "max-w-44 text-xs" : "max-w-44 bg-hover font-medium text-ink! text-xs"}
        label={any}
        value={value}
        options={[{ value: "", label: any }, ...offered.filter((option) => option.value !== "")]}
        onChange={(next) => onChange({ ...filter, [part]: next === "" ? undefined : next })}
      />
    );
  };
  const same = (value: string) => ({ value, label: value });
  return (
    <search className="-ml-2 mt-3 flex flex-wrap items-center gap-x-0.5 gap-y-1 pb-2">
      {choose("client", t("any.client"), [
        { value: "window", label: t("window") },
        { value: "command_line", label: t("commandLine") },
        ...clients.map((key) => ({ value: key.id, label: key.name })),
      ])}
      {choose(
        "agent",
        t("any.agent"),
        known.map((agent) => ({ value: agent.id, label: agent.name, hint: agent.slug })),
      )}
      {choose("target", t("any.target"), targets.map(same))}
      {choose(
        "outcome",
        t("any.outcome"),
        OUTCOMES.map((value) => ({ value, label: t(`outcomes.${value}`) })),
      )}
      {choose("route", t("any.route"), ROUTES.map(same))}
      <IdField value={filter.id ?? ""} onChange={(id) => onChange({ ...filter, id: id || undefined })} />
      {!isEmpty(filter) && (
        <Button small look="quiet" icon={X} onClick={() => onChange({})}>
          {t("clear")}
        </Button>
      )}
    </search>
  );
}

/** A part of an id; asked for when typing pauses. */
function IdField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [text, setText] = useState(value);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the address decides when it changes by itself
  useEffect(() => {
    if (value !== text.trim()) setText(value);
  }, [value]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is typed starts the pause, nothing else
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => onChange(text.trim()), 250);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div className="relative ml-2">
      <Search
        size={14}
        strokeWidth={1.75}
        className="-translate-y-1/2 absolute top-1/2 left-2 text-ink-3"
        aria-hidden="true"
      />
      <input
        type="search"
        aria-label={t("id")}
        placeholder={t("id")}
        spellCheck={false}
        autoCapitalize="off"
        value={text}
        onChange={(event) => setText(event.target.value)}
        className="h-8 w-52 rounded-md bg-hover/70 pr-2 pl-7 text-xs focus-visible:bg-raised focus-visible:outline-offset-0 [&::-webkit-search-cancel-button]:hidden"
      />
    </div>
  );
}
