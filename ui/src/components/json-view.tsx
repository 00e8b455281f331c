import { ChevronDown, ChevronRight } from "lucide-react";
import { useState } from "react";
import { words } from "@/i18n";
import { cx } from "@/lib/cx";
import { ScrollBox } from "./scroll-box";

const t = words("activity");

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Longer texts are shown by their beginning until they are asked for. */
const LONG = 600;

/** JSON as a tree that is folded where it is deep; what is folded is not drawn. */
export function JsonView({ text, name }: { text: string; name: string }) {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return <Frame name={name}>{text}</Frame>;
  }
  return (
    <Frame name={name}>
      <Node value={value} depth={0} tail="" />
    </Frame>
  );
}

function Frame({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <ScrollBox
      name={name}
      className="max-h-[32rem] whitespace-pre-wrap rounded-md bg-canvas px-3 py-2.5 font-mono text-[0.78125rem] leading-[1.3rem] [overflow-wrap:anywhere]"
    >
      {children}
    </ScrollBox>
  );
}

interface NodeProps {
  name?: string;
  value: Json;
  depth: number;
  tail: string;
}

function Node({ name, value, depth, tail }: NodeProps) {
  const many = Array.isArray(value)
    ? value.length
    : value !== null && typeof value === "object"
      ? Object.keys(value).length
      : 0;
  const [open, setOpen] = useState(depth < 2 || (depth < 4 && many <= 4));
  const label = name === undefined ? null : <Name>{name}</Name>;
  if (value === null || typeof value !== "object") {
    return (
      <div style={indent(depth)}>
        {label}
        <Leaf value={value} />
        {tail}
      </div>
    );
  }
  const [begin, end] = Array.isArray(value) ? "[]" : "{}";
  if (many === 0)
    return (
      <div style={indent(depth)}>
        {label}
        {begin}
        {end}
        {tail}
      </div>
    );
  const Icon = open ? ChevronDown : ChevronRight;
  const inner: Array<[string | undefined, Json]> = Array.isArray(value)
    ? value.map((one) => [undefined, one])
    : Object.entries(value);
  return (
    <div>
      <div style={indent(depth)} className="relative">
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="focus-inset -ml-4 inline-flex items-center rounded-sm text-left hover:bg-hover"
        >
          <Icon size={12} strokeWidth={2} className="mr-1 shrink-0 text-ink-3" aria-hidden="true" />
          {label}
          {begin}
          {!open && (
            <>
              <span className="px-1 text-ink-3">{t("folded", { count: many })}</span>
              {end}
              {tail}
            </>
          )}
        </button>
      </div>
      {open &&
        inner.map(([key, one], at) => (
          <Node key={key ?? at} name={key} value={one} depth={depth + 1} tail={at < many - 1 ? "," : ""} />
        ))}
      {open && (
        <div style={indent(depth)}>
          {end}
          {tail}
        </div>
      )}
    </div>
  );
}

const indent = (depth: number) => ({ paddingLeft: `${depth * 1.1 + 1}rem` });

function Name({ children }: { children: string }) {
  return (
    <>
      <span style={{ color: "var(--sx-token-function)" }}>{JSON.stringify(children)}</span>
      {": "}
    </>
  );
}

function Leaf({ value }: { value: null | boolean | number | string }) {
  const [whole, setWhole] = useState(false);
  const text = JSON.stringify(value);
  const kind = typeof value === "string" ? "string" : "constant";
  const cut = !whole && text.length > LONG;
  return (
    <>
      <span style={{ color: `var(--sx-token-${kind})` }} className={cx(kind === "constant" && "tnum")}>
        {cut ? text.slice(0, LONG) : text}
      </span>
      {cut && (
        <button
          type="button"
          onClick={() => setWhole(true)}
          className="ml-1 rounded-sm px-1 text-ink-2 underline underline-offset-2 hover:bg-hover"
        >
          {t("showAll", { count: text.length })}
        </button>
      )}
    </>
  );
}

/** JSON with its usual indentation; what is none stays as it is. */
export function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
