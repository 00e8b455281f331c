import type { ErrorComponentProps } from "@tanstack/react-router";
import { Button } from "@/components/button";
import { FailureNote } from "@/components/failure";
import { t } from "./words";

/** A screen that broke; the others go on. */
export function Broken({ error, reset }: ErrorComponentProps) {
  return (
    <main className="mx-auto max-w-[35rem] px-5 pt-16">
      <h1 className="mb-3 font-semibold text-xl">{t("broken.title")}</h1>
      <FailureNote failure={error instanceof Error ? error : new Error(String(error))} />
      <div className="mt-4 flex gap-2">
        <Button look="main" onClick={reset}>
          {t("broken.again")}
        </Button>
        <Button onClick={() => location.reload()}>{t("broken.reload")}</Button>
      </div>
    </main>
  );
}

export function NotHere() {
  return (
    <main className="mx-auto max-w-[35rem] px-5 pt-16">
      <h1 className="mb-1 font-semibold text-xl">{t("notHere.title")}</h1>
      <p className="text-ink-2">{t("notHere.text")}</p>
    </main>
  );
}
