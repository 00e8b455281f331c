import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import type { CreatedClientKey } from "@/api/generated/types";
import { keys } from "@/api/queries";
import { Button } from "@/components/button";
import { Code } from "@/components/code";
import { CopyButton } from "@/components/copy";
import { Dialog } from "@/components/dialog";
import { Empty, Loaded, Section } from "@/components/page";
import { useNow } from "@/lib/use-now";
import { KeyRow } from "./key-row";
import { NewKey } from "./new-key";
import { t } from "./words";

/** All client keys, and making another one. */
export function Keys({ creating, onCreating }: { creating: boolean; onCreating: (on: boolean) => void }) {
  const [created, setCreated] = useState<CreatedClientKey | null>(null);
  const query = useQuery(keys);
  const now = useNow();
  const create = (
    <Button icon={Plus} onClick={() => onCreating(true)}>
      {t("create")}
    </Button>
  );
  return (
    <Section title={t("title")} lead={t("lead")} actions={(query.data?.length ?? 0) > 0 && create}>
      <Loaded query={query}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t("none")} action={create}>
              {t("noneText")}
            </Empty>
          ) : (
            <div className="border-line border-t">
              {rows.map((row) => (
                <KeyRow key={row.id} row={row} now={now} />
              ))}
            </div>
          )
        }
      </Loaded>
      <NewKey
        open={creating}
        onClose={() => onCreating(false)}
        onCreated={(made) => {
          onCreating(false);
          setCreated(made);
        }}
      />
      <Dialog
        wide
        open={created !== null}
        onClose={() => setCreated(null)}
        title={t("shownTitle")}
        description={t("shownText")}
        foot={
          <>
            <Button onClick={() => setCreated(null)}>{t("done")}</Button>
            <CopyButton look="main" text={created?.secret ?? ""}>
              {t("copy")}
            </CopyButton>
          </>
        }
      >
        <div className="[&_pre]:whitespace-pre-wrap [&_pre]:break-all" data-testid="secret">
          <Code text={created?.secret ?? ""} name={created?.key.name ?? ""} />
        </div>
      </Dialog>
    </Section>
  );
}
