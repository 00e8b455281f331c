import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { approvals } from "@/api/approvals";
import { useLanguageSetting } from "@/app/language";
import { useTheme } from "@/app/theme";
import { FailureNote } from "@/components/failure";
import { platform } from "@/platform";
import { Question } from "./question";
import { t } from "./words";

/** What waits, one after the other, the oldest first. */
export function Approvals() {
  useTheme();
  useLanguageSetting();
  const { data, error, refetch } = useQuery(approvals);
  const [any, setAny] = useState(false);
  const first = data?.[0];
  if (first !== undefined && !any) setAny(true);
  useEffect(() => {
    document.title = t("window");
  }, []);
  useEffect(() => {
    if (any && first === undefined) platform.leave();
  }, [any, first]);
  return (
    <main aria-label={t("window")} className="flex h-full flex-col bg-paper">
      {error !== null && (
        <div className="p-5">
          <FailureNote failure={error} onRetry={() => refetch()} />
        </div>
      )}
      {data !== undefined && first === undefined && <p className="p-5 text-ink-2">{t("none")}</p>}
      {first !== undefined && <Question key={first.id} approval={first} waiting={data?.length ?? 1} />}
    </main>
  );
}
