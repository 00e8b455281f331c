import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { CallView } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { client, models } from "@/api/queries";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { Check, Field } from "@/components/field";
import { Suggest } from "@/components/suggest";
import { t } from "./words";

/** Sends the request again, to the same or to another target, and sets the answers beside each other. */
export function Replay({ view, open, onClose }: { view: CallView; open: boolean; onClose: () => void }) {
  const [model, setModel] = useState("");
  const [recorded, setRecorded] = useState(true);
  const used = view.tool_uses.length > 0;
  const choices = useQuery({ ...models, enabled: open }).data ?? [];
  const navigate = useNavigate();
  const replay = useCommand("call.replay", {
    onSuccess: (replayed) => {
      const { replay } = replayed;
      client.setQueryData(["replayed", replay.id], replayed);
      onClose();
      navigate({ to: "/activity/$call", params: { call: replay.id }, search: { beside: view.id } });
    },
  });
  return (
    <Dialog
      open={open}
      onClose={() => {
        replay.reset();
        onClose();
      }}
      title={t("replayTitle")}
      description={t("replayText")}
      foot={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button
            look="main"
            busy={replay.isPending}
            onClick={() =>
              replay.mutate({ call: view.id, model: model.trim() || null, recorded_tools: used && recorded })
            }
          >
            {t("replayNow")}
          </Button>
        </>
      }
    >
      <Field label={t("replayTo")} hint={t("replayHint", { name: view.agent_slug ?? view.requested_model })}>
        {(ids) => (
          <Suggest {...ids} value={model} onChange={setModel} options={choices.map(({ id }) => id)} />
        )}
      </Field>
      {used && (
        <div className="mt-3">
          <Check
            label={t("recordedTools")}
            hint={t("recordedToolsHint")}
            checked={recorded}
            onChange={(event) => setRecorded(event.target.checked)}
          />
        </div>
      )}
      {replay.isPending && (
        <p role="status" className="mt-3 text-ink-2">
          {t("replaying")}
        </p>
      )}
      {replay.error && (
        <div className="mt-3">
          <FailureNote failure={replay.error} />
        </div>
      )}
    </Dialog>
  );
}
