import { type FormEvent, useEffect, useState } from "react";
import type { VaultChanged, VaultKind } from "@/api/generated/types";
import { takeMoving, useMoving } from "@/api/moving";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { Choice } from "@/components/choice";
import { Dialog } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { Field, Input } from "@/components/field";
import { t } from "./words";

type Kept = Exclude<VaultKind, "memory">;
const KEPT: readonly Kept[] = ["os", "passphrase"];

interface MoveKeysProps {
  open: boolean;
  onClose: () => void;
  /** Where the keys are. */
  from: VaultKind;
  onMoved: (moved: VaultChanged) => void;
}

/** Asks where the provider keys shall go, and shows how far they are. */
export function MoveKeys({ open, onClose, from, onMoved }: MoveKeysProps) {
  const ways = KEPT.filter((kind) => kind !== from);
  const [chosen, setChosen] = useState<Kept>("os");
  const [words, setWords] = useState("");
  const [again, setAgain] = useState("");
  const moving = useMoving();
  const move = useCommand("vault.change", {
    onSuccess: (moved) => {
      onMoved(moved);
      onClose();
    },
    onSettled: () => takeMoving(null),
  });
  const { reset } = move;
  useEffect(() => {
    if (!open) return;
    setWords("");
    setAgain("");
    reset();
  }, [open, reset]);
  const to = ways.includes(chosen) ? chosen : (ways[0] ?? "os");
  const needsWords = to === "passphrase";
  const differs = again !== "" && words !== again;
  const good = !needsWords || (words !== "" && words === again);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!good || move.isPending) return;
    takeMoving(null);
    move.mutate({ kind: to, passphrase: needsWords ? words : null });
  };
  return (
    <Dialog
      open={open}
      // what runs is not broken off by closing
      onClose={() => !move.isPending && onClose()}
      title={t("moveTitle")}
      description={t("moveText")}
      foot={
        <>
          <Button disabled={move.isPending} onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button look="main" type="submit" form="move-keys" disabled={!good} busy={move.isPending}>
            {t("moveDo")}
          </Button>
        </>
      }
    >
      <form id="move-keys" onSubmit={submit} noValidate className="flex flex-col gap-3 pb-1">
        <div>
          <div className="mb-1 font-medium">{t("moveTo")}</div>
          <Choice
            label={t("moveTo")}
            value={to}
            options={ways.map((value) => ({ value, label: t(`kinds.${value}`) }))}
            onChange={setChosen}
          />
        </div>
        {needsWords && (
          <>
            <Field label={t("moveNew")} hint={t("moveNoWay")}>
              {(ids) => (
                <Input
                  {...ids}
                  type="password"
                  autoComplete="new-password"
                  value={words}
                  onChange={(event) => setWords(event.target.value)}
                />
              )}
            </Field>
            <Field label={t("moveAgain")} error={differs ? t("moveDiffers") : null}>
              {(ids) => (
                <Input
                  {...ids}
                  type="password"
                  autoComplete="new-password"
                  value={again}
                  onChange={(event) => setAgain(event.target.value)}
                />
              )}
            </Field>
          </>
        )}
        {move.isPending && (
          <p role="status" className="text-ink-2">
            {moving ? t("moving", { moved: moving.moved, of: moving.of }) : to === "os" && t("movingAsk")}
          </p>
        )}
        {move.error && <FailureNote failure={move.error} />}
      </form>
    </Dialog>
  );
}
