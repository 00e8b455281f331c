import { Link } from "@tanstack/react-router";
import type { UsageGroup } from "@/api/generated/types";
import { cx } from "@/lib/cx";
import { cost, decimal, exactly, group, short } from "@/lib/format";
import { Swatch } from "./chart";
import { filterOf, nameOf } from "./names";
import type { By } from "./span";
import { t } from "./words";

const HEADS = ["calls", "failed", "input", "output", "spent", "first", "speed"] as const;

/** What each group used, and how fast it was. */
export function Groups({ groups, by }: { groups: readonly UsageGroup[]; by: By }) {
  return (
    <table className="mt-6 w-full" data-testid="groups">
      <caption className="sr-only">{t(`by.${by}`)}</caption>
      <thead className="text-2xs text-ink-3">
        <tr>
          <th scope="col" className="py-1 text-left font-normal">
            {t(`by.${by}`)}
          </th>
          {HEADS.map((head) => (
            <th key={head} scope="col" className="py-1 pl-3 text-right font-normal">
              {t(`heads.${head}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="tnum">
        {groups.map((row, at) => (
          <tr key={row.id ?? ""} className="border-line border-t">
            <th scope="row" className="w-[34%] max-w-0 py-1.5 pr-3 text-left font-normal">
              <span className="flex items-center gap-2">
                <Swatch at={at} />
                <Name row={row} by={by} />
              </span>
            </th>
            <td className="py-1.5 pl-3 text-right">{group(row.calls)}</td>
            <td className="py-1.5 pl-3 text-right">{row.failed === 0 ? "" : group(row.failed)}</td>
            <td className="py-1.5 pl-3 text-right">{short(row.usage.input)}</td>
            <td className="py-1.5 pl-3 text-right">{short(row.usage.output)}</td>
            <td className="py-1.5 pl-3 text-right">{cost(row.cost, row.unknown_cost)}</td>
            <td className="py-1.5 pl-3 text-right text-ink-2">
              {row.speed.first_token_ms ? exactly(row.speed.first_token_ms.p50) : ""}
            </td>
            <td className="py-1.5 pl-3 text-right text-ink-2">
              {row.speed.tokens_per_second ? decimal(row.speed.tokens_per_second.p50) : ""}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Name({ row, by }: { row: UsageGroup; by: By }) {
  const named = { group: row.group, id: row.id ?? null };
  const filter = filterOf(named, by);
  const name = nameOf(named, by);
  const look = by === "model" || by === "provider" ? "truncate font-mono text-xs" : "truncate";
  if (filter === null) return <span className={look}>{name}</span>;
  return (
    <Link
      to="/activity"
      search={filter}
      className={cx(look, "rounded-sm underline decoration-line underline-offset-2 hover:decoration-ink-3")}
    >
      {name}
    </Link>
  );
}
