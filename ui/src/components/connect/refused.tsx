import { useQuery } from "@tanstack/react-query";
import type { FailureKind } from "@/api/generated/types";
import { attempts } from "@/api/queries";
import { Dot } from "@/components/page";
import { group } from "@/lib/format";
import { t } from "./words";

const KNOWN = [
  "client_key_missing",
  "client_key_invalid",
  "host_denied",
  "origin_denied",
  "unsupported_media_type",
] as const;

function why(kind: FailureKind): string {
  const known = KNOWN.find((one) => one === kind);
  return known ? t(`probe.why.${known}`) : t("probe.why.other", { kind: kind.replaceAll("_", " ") });
}

/** What was refused since a moment: why the last one was, and who it was. */
export function Refused({ since }: { since: number }) {
  const recent = (useQuery(attempts).data?.recent ?? []).filter((one) => one.at >= since);
  const last = recent[0];
  if (last === undefined) return null;
  return (
    <div className="mt-2" data-testid="refused" role="status">
      <p className="flex gap-2">
        <span className="flex h-5 items-center">
          <Dot tone="warn" />
        </span>
        <span>
          <span className="font-medium">
            {t("probe.refused", { count: recent.length, n: group(recent.length) })}
          </span>{" "}
          {why(last.kind)}
        </span>
      </p>
      <p className="truncate pl-[15px] font-mono text-ink-3 text-xs">
        {t("probe.who", { program: last.program ?? last.from ?? t("probe.aProgram"), route: last.route })}
      </p>
    </div>
  );
}
