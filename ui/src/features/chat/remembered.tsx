import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "@/api/calls";
import { FailureNote } from "@/components/failure";
import { Recalled } from "@/components/recalled";
import { Fold } from "./fold";
import { t } from "./words";

/** How many memories an answer was given; opened, which and why. */
export function Remembered({ count, of }: { count: number; of: string }) {
  const [open, setOpen] = useState(false);
  const query = useQuery({ ...call(of), enabled: open });
  return (
    <div className="mt-2 text-base" data-testid="remembered">
      <Fold summary={t("remembered", { count })} onOpen={() => setOpen(true)}>
        {query.error && <FailureNote failure={query.error} onRetry={() => query.refetch()} />}
        {query.data && <Recalled all={query.data.recalled} />}
      </Fold>
    </div>
  );
}
