import { type ReactNode, useState } from "react";
import type { McpServerView } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { Choice } from "@/components/choice";
import { Cancel, Dialog } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { Area, Field, Input } from "@/components/field";
import { platform } from "@/platform";
import { EMPTY, fieldsOf, type ServerFields, serverOf } from "./server-form";
import { t } from "./words";

const KINDS = ["stdio", "http"] as const;

interface AddServerProps {
  /** One that is there, to be changed. */
  server?: McpServerView;
  onClose: () => void;
}

/** Adds a server of tools, or changes one. Nothing of it is started: the next step is to look at it. */
export function AddServer({ server, onClose }: AddServerProps) {
  const [fields, setFields] = useState(() => (server === undefined ? EMPTY : fieldsOf(server)));
  const [wrong, setWrong] = useState<ReadonlySet<keyof ServerFields>>(new Set());
  const look = {
    onSuccess: ({ id, consent }: McpServerView) => {
      onClose();
      if (consent !== "approved") platform.review(id);
    },
  };
  const add = useCommand("mcp.add", look);
  const update = useCommand("mcp.update", look);
  const failure = add.error ?? update.error;
  const set = (key: keyof ServerFields, value: string) => {
    setFields((old) => ({ ...old, [key]: value }));
    setWrong((old) => new Set([...old].filter((one) => one !== key)));
  };
  const submit = () => {
    const read = serverOf(fields);
    if ("wrong" in read) setWrong(read.wrong);
    else if (server === undefined) add.mutate(read.server);
    else update.mutate(read.server);
  };
  const line = (key: "id" | "name" | "command" | "cwd" | "url", hint?: ReactNode) => (
    <Field
      label={t(`serverField.${key}`)}
      hint={hint}
      error={wrong.has(key) ? t(`serverWrong.${key as "id"}`) : null}
      optional={key === "cwd" || key === "name"}
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
      title={server === undefined ? t("serverAddTitle") : t("serverEditTitle", { name: server.name })}
      description={t(server === undefined ? "serverAddText" : "serverEditText")}
      foot={
        <>
          <Cancel onClick={onClose} />
          <Button look="main" type="submit" form="add-server" busy={add.isPending || update.isPending}>
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
        {server === undefined ? line("id", t("serverIdHint")) : line("name")}
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
        {failure && <FailureNote failure={failure} />}
      </form>
    </Dialog>
  );
}
