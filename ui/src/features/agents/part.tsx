import { type ReactNode, useId } from "react";

/** A titled part of the form. */
export function Part({
  title,
  lead,
  actions,
  children,
}: {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="mt-7 border-line border-t pt-5">
      <header className="mb-3.5 flex items-start justify-between gap-4">
        <div className="min-w-0">
          <h3 id={id} className="font-semibold text-base">
            {title}
          </h3>
          {lead && <p className="text-ink-2">{lead}</p>}
        </div>
        {actions}
      </header>
      {children}
    </section>
  );
}
