import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { cx } from "@/lib/cx";
import { FailureNote } from "./failure";
import { t } from "./words";

interface PageProps {
  title: string;
  /** One sentence, when the title does not say all. */
  lead?: ReactNode;
  actions?: ReactNode;
  width?: "form" | "reading" | "full";
  children: ReactNode;
}

const WIDTHS = { form: "max-w-[35rem]", reading: "max-w-[52rem]", full: "max-w-[72rem]" };

/** A screen with a title that scrolls as a whole. Whatever its width, it begins where all others do. */
export function Page({ title, lead, actions, width = "reading", children }: PageProps) {
  return (
    <main className="h-full overflow-y-auto" aria-label={title}>
      <div className={cx("px-5 pt-7 pb-12 lg:px-8", WIDTHS[width])}>
        <header className="mb-6 flex items-start justify-between gap-4">
          <div className="min-w-0">
            <h1 className="font-semibold text-xl tracking-[-0.01em]">{title}</h1>
            {lead && <p className="mt-1 text-ink-2">{lead}</p>}
          </div>
          {actions && <div className="flex shrink-0 gap-2 pt-0.5">{actions}</div>}
        </header>
        {children}
      </div>
    </main>
  );
}

/** A titled part of a screen. */
export function Section({
  title,
  lead,
  actions,
  children,
  id,
}: {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  id?: string;
}) {
  return (
    <section className="mt-9 first:mt-0" aria-labelledby={id ? `${id}-title` : undefined}>
      <header className="mb-2.5 flex items-end justify-between gap-4">
        <div>
          <h2 id={id ? `${id}-title` : undefined} className="font-semibold text-base">
            {title}
          </h2>
          {lead && <p className="text-ink-2">{lead}</p>}
        </div>
        {actions}
      </header>
      {children}
    </section>
  );
}

/** Nothing here yet: what will be, and the action that begins it. */
export function Empty({
  title,
  children,
  action,
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-start gap-3 border-line border-y py-8">
      <div>
        <p className="font-medium">{title}</p>
        {children && <p className="max-w-[34rem] text-ink-2">{children}</p>}
      </div>
      {action}
    </div>
  );
}

/** Rows that stand where a list will be, shown when waiting has become noticeable. */
export function Waiting({ rows = 3 }: { rows?: number }) {
  return (
    <div className="late" role="status" aria-label={t("page.loading")}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows of a placeholder have no identity
        <div key={row} className="flex h-12 items-center border-line border-b">
          <div className="h-2.5 rounded-sm bg-hover" style={{ width: `${38 - row * 7}%` }} />
        </div>
      ))}
    </div>
  );
}

/** A query's data, or why there is none. */
export function Loaded<T>({
  query,
  children,
  rows,
}: {
  query: UseQueryResult<T, Error>;
  children: (data: T) => ReactNode;
  rows?: number;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <FailureNote failure={query.error} onRetry={() => query.refetch()} />;
  return <Waiting rows={rows} />;
}

/** A coloured dot that never stands without a word. */
export function Dot({ tone }: { tone: "alive" | "good" | "warn" | "bad" | "off" }) {
  const tones = { alive: "bg-ember", good: "bg-good", warn: "bg-warn", bad: "bg-bad", off: "bg-edge" };
  return (
    <span aria-hidden="true" className={cx("inline-block size-[7px] shrink-0 rounded-full", tones[tone])} />
  );
}
