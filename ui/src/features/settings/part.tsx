import type { ReactNode } from "react";
import type { Settings, SettingsPatch } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { sayFailure } from "@/components/toasts";
import { t } from "./words";

/** What every part of the settings is given. */
export interface PartProps {
  now: Settings;
}

/** A titled part of the page. */
export function Part({
  name,
  lead,
  actions,
  children,
}: {
  name:
    | "look"
    | "general"
    | "shortcuts"
    | "endpoint"
    | "exposure"
    | "approvals"
    | "servers"
    | "search"
    | "models"
    | "spending"
    | "vault"
    | "data"
    | "health"
    | "updates"
    | "about";
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section
      className="mt-11 scroll-mt-16 first:mt-0 lg:scroll-mt-7"
      id={`settings-${name}`}
      aria-labelledby={`${name}-title`}
    >
      <header className="mb-2.5 flex items-end justify-between gap-4">
        <div>
          <h2 id={`${name}-title`} className="font-semibold text-base">
            {t(name)}
          </h2>
          {lead && <p className="text-ink-2">{lead}</p>}
        </div>
        {actions}
      </header>
      {children}
    </section>
  );
}

/** A setting: what it is at the left, its control at the right. */
export function Line({
  label,
  hint,
  bad,
  children,
}: {
  label: ReactNode;
  hint?: ReactNode;
  /** The hint says what is wrong. */
  bad?: boolean;
  children?: ReactNode;
}) {
  return (
    <div className="flex min-h-13 items-center justify-between gap-6 border-line border-t py-2.5">
      <div className="min-w-0">
        <div>{label}</div>
        {hint && <div className={bad ? "text-bad text-xs" : "text-ink-3 text-xs"}>{hint}</div>}
      </div>
      {children && <div className="flex w-60 shrink-0 justify-end gap-2">{children}</div>}
    </div>
  );
}

/** Changes settings; what is not given stays. A failure is said in a toast, for the control shows what holds. */
export function useChange() {
  const set = useCommand("settings.set", { onError: sayFailure });
  return (patch: SettingsPatch) => set.mutate(patch);
}
