import { Link } from "@tanstack/react-router";
import type { UsageGroup } from "@/api/generated/types";
import { Table } from "@/components/table";
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
    <div className="mt-6">
      <Table
        wide
        testId="groups"
        className="min-w-[40rem]"
        caption={t(`by.${by}`)}
        columns={[
          { head: t(`by.${by}`), className: "w-[34%] max-w-0" },
          ...HEADS.map((head) => ({
            head: t(`heads.${head}`),
            figure: true,
            quiet: head === "first" || head === "speed",
          })),
        ]}
        rows={groups.map((row, at) => ({
          key: row.id ?? "",
          cells: [
            <span key="name" className="flex items-center gap-2">
              <Swatch at={at} />
              <Name row={row} by={by} />
            </span>,
            group(row.calls),
            row.failed === 0 ? "" : group(row.failed),
            short(row.usage.input),
            short(row.usage.output),
            <Spent key="spent" row={row} />,
            row.speed.first_token_ms ? exactly(row.speed.first_token_ms.p50) : "",
            row.speed.tokens_per_second ? decimal(row.speed.tokens_per_second.p50) : "",
          ],
        }))}
      />
    </div>
  );
}

function Spent({ row }: { row: UsageGroup }) {
  const unknown = row.cost === 0 && row.unknown_cost > 0;
  return <span className={cx(unknown && "text-ink-3")}>{cost(row.cost, row.unknown_cost)}</span>;
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
