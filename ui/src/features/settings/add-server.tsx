import { type ReactNode, useState } from "react";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { Choice } from "@/components/choice";
import { Cancel, Dialog } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { Area, Field, Input } from "@/components/field";
import { platform } from "@/platform";
import { EMPTY, type ServerFields, serverOf } from "./server-form";
import { t } from "./words";

const KINDS = ["stdio", "http"] as const;

/** Adds a server of tools. Nothing of it is started: the next step is to look at it. */
export function AddServer({ onClose }: { onClose: () => void }) {
  const [fields, setFields] = useState(EMPTY);
  const [wrong, setWrong] = useState<ReadonlySet<keyof ServerFields>>(new Set());
  const add = useCommand("mcp.add", {
    onSuccess: ({ id }) => {
      onClose();
      platform.review(id);
    },
  });
  const set = (key: keyof ServerFields, value: string) => {
    setFields((old) => ({ ...old, [key]: value }));
    setWrong((old) => new Set([...old].filter((one) => one !== key)));
  };
  const submit = () => {
    const read = serverOf(fields);
    if ("wrong" in read) setWrong(read.wrong);
    else add.mutate(read.server);
  };
  const line = (key: "id" | "command" | "cwd" | "url", hint?: ReactNode) => (
    <Field
      label={t(`serverField.${key}`)}
      hint={hint}
      error={wrong.has(key) ? t(`serverWrong.${key as "id"}`) : null}
      optional={key === "cwd"}
    >
      {(ids) => (
        <Input {...ids} mono value={fields[key]} onChange={(event) => set(key, event.target.value)} />
      )}
    </Field>
  );
  const area = (key: "args" | "env" | "secrets", label: string, hint: string) => (
    <Field label={label} hint={hint} error={wrong.has(key) ? hint : null} optional>
      {(ids) => (
        <Area
          {...ids}
          mono
          rows={2}
          spellCheck={false}
          value={fields[key]}
          onChange={(event) => set(key, event.target.value)}
        />
      )}
    </Field>
  );
  const http = fields.kind === "http";
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("serverAddTitle")}
      description={t("serverAddText")}
      foot={
        <>
          <Cancel onClick={onClose} />
          <Button look="main" type="submit" form="add-server" busy={add.isPending}>
            {t("serverNext")}
          </Button>
        </>
      }
    >
      <form
        id="add-server"
        noValidate
        className="flex flex-col gap-3.5 pb-2"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {line("id", t("serverIdHint"))}
        <Choice
          label={t("serverKind")}
          value={fields.kind}
          options={KINDS.map((value) => ({ value, label: t(`serverKinds.${value}`) }))}
          onChange={(kind) => set("kind", kind)}
        />
        {http ? (
          <>
            {line("url")}
            {area("secrets", t("serverField.headers"), t("serverHint.headers"))}
          </>
        ) : (
          <>
            {line("command")}
            {area("args", t("serverField.args"), t("serverHint.args"))}
            {area("env", t("serverField.env"), t("serverHint.env"))}
            {area("secrets", t("serverField.secrets"), t("serverHint.secrets"))}
            {line("cwd")}
          </>
        )}
        {add.error && <FailureNote failure={add.error} />}
      </form>
    </Dialog>
  );
}
