import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { approvals, questions } from "@/api/approvals";
import { useLanguageSetting } from "@/app/language";
import { useTheme } from "@/app/theme";
import { FailureNote } from "@/components/failure";
import { platform } from "@/platform";
import { Question } from "./question";
import { ServerQuestion } from "./server-question";
import { t } from "./words";

/** What waits, one after the other, the oldest first. */
export function Approvals() {
  useTheme();
  useLanguageSetting();
  const { data, error, refetch } = useQuery(approvals);
  const asked = useQuery(questions).data;
  const [any, setAny] = useState(false);
  const first = data?.[0];
  // what an agent wants to do comes before what a server wants to know
  const question = data !== undefined && first === undefined ? asked?.[0] : undefined;
  const none = data !== undefined && asked !== undefined && first === undefined && question === undefined;
  if ((first ?? question) !== undefined && !any) setAny(true);
  useEffect(() => {
    document.title = t("window");
  }, []);
  useEffect(() => {
    if (any && none) platform.leave();
  }, [any, none]);
  return (
    <main aria-label={t("window")} className="flex h-full flex-col bg-paper">
      {error !== null && (
        <div className="p-5">
          <FailureNote failure={error} onRetry={() => refetch()} />
        </div>
      )}
      {none && <p className="p-5 text-ink-2">{t("none")}</p>}
      {first !== undefined && <Question key={first.id} approval={first} waiting={data?.length ?? 1} />}
      {question !== undefined && <ServerQuestion key={question.id} question={question} />}
    </main>
  );
}
