import type { DetectedServer } from "@/api/generated/types";
import { Button } from "@/components/button";
import { Section } from "@/components/page";
import { t } from "./words";

/** Model servers that run on this machine and are not added yet. */
export function Detected({
  servers,
  onAdd,
}: {
  servers: readonly DetectedServer[];
  onAdd: (server: DetectedServer) => void;
}) {
  return (
    <div className="mt-9">
      <Section title={t("detected")} lead={t("detectedLead")}>
        <div className="border-line border-t">
          {servers.map((server) => (
            <div
              key={server.base_url}
              className="flex min-h-13 items-center gap-3 border-line border-b py-2"
              data-detected={server.kind}
            >
              <div className="min-w-0 flex-1">
                <p className="font-medium">{server.name}</p>
                <p className="truncate font-mono text-2xs text-ink-3">
                  {server.base_url}
                  {server.models.length > 0 && ` · ${server.models.slice(0, 3).join(", ")}`}
                </p>
              </div>
              <Button small onClick={() => onAdd(server)}>
                {t("addThis")}
              </Button>
            </div>
          ))}
        </div>
      </Section>
    </div>
  );
}
