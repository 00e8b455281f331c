// What a server of tools wants to know in the middle of its work. All its words are the server's, and it always stands here
// which one asks.

import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { McpField, McpQuestion } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { FailureNote } from "@/components/failure";
import { fieldLook } from "@/components/field";
import { Revealed } from "@/components/revealed";
import { useArmed } from "@/lib/use-armed";
import { platform } from "@/platform";
import { Fact, Facts } from "./facts";
import { answerOf, type Filled, initially } from "./server-fields";
import { t } from "./words";

export function ServerQuestion({ question }: { question: McpQuestion }) {
  const { id, server, server_name: name, tools, message, fields, address } = question;
  const [filled, setFilled] = useState<Filled>(() => initially(fields));
  const armed = useArmed(id);
  const answer = useCommand("mcp.answer");
  const decline = useRef<HTMLButtonElement>(null);
  useEffect(() => decline.current?.focus(), []);
  const accept = () =>
    answer.mutate({ question: id, action: "accept", values: JSON.stringify(answerOf(fields, filled)) });
  // the server is told once it is open: a question that was answered is not there any more to say where it leads
  const visit = useMutation({
    mutationFn: (url: string) => platform.openAsked(id, new URL(url)),
    onSuccess: accept,
  });
  const failure = answer.error ?? visit.error;
  return (
    <>
      <div className="min-h-0 flex-1 overflow-y-auto px-5 pt-4 pb-4" data-testid="question">
        <h1 className="font-semibold text-lg">{t("asks.title")}</h1>
        <p className="mt-0.5 text-ink-2">{t(address === null ? "asks.goes" : "asks.visits")}</p>
        <Facts>
          <Fact name={t("asks.server")}>{`${name} (${server})`}</Fact>
          <Fact name={t("tool")}>{tools.join(", ")}</Fact>
        </Facts>
        <div className="my-4 rounded-md bg-canvas px-3 py-2">
          <Revealed text={message} />
        </div>
        {address !== null && (
          <>
            <p className="mb-1">{t("browser.opens")}</p>
            <div className="rounded-md bg-canvas px-3 py-2" data-testid="address">
              <Revealed text={address} />
            </div>
          </>
        )}
        {fields.map((field) => (
          <Row
            key={field.name}
            field={field}
            server={server}
            value={filled[field.name] ?? ""}
            onChange={(value) => setFilled((old) => ({ ...old, [field.name]: value }))}
          />
        ))}
      </div>
      <footer className="shrink-0 border-line border-t px-5 pt-3 pb-4">
        {failure && (
          <div className="mb-3">
            <FailureNote failure={failure} />
          </div>
        )}
        <div className="flex gap-2">
          <Button
            ref={decline}
            onClick={() => answer.mutate({ question: id, action: "decline", values: null })}
          >
            {t("asks.decline")}
          </Button>
          <Button onClick={() => answer.mutate({ question: id, action: "cancel", values: null })}>
            {t("asks.cancel")}
          </Button>
          <div className="flex flex-1 justify-end">
            <Button
              look="main"
              disabled={!armed}
              busy={answer.isPending || visit.isPending}
              onClick={() => (address === null ? accept() : visit.mutate(address))}
            >
              {t(address === null ? "asks.accept" : "browser.open")}
            </Button>
          </div>
        </div>
      </footer>
    </>
  );
}

interface RowProps {
  field: McpField;
  server: string;
  value: string;
  onChange: (value: string) => void;
}

/** A field. Its label is the server's, so it is shown with all that hides in it. */
function Row({ field, server, value, onChange }: RowProps) {
  const { name, title, description, required, like_a_secret: secret, kind } = field;
  const id = `field-${name}`;
  const label = title ?? name;
  return (
    <div className="mb-3">
      <p className="flex items-baseline gap-2">
        <span className="min-w-0 font-medium">
          <Revealed text={label} />
        </span>
        <span className="shrink-0 text-ink-3 text-xs">{t(required ? "asks.needed" : "asks.optional")}</span>
      </p>
      {description !== null && (
        <div className="text-ink-3 text-xs">
          <Revealed text={description} />
        </div>
      )}
      {secret && <p className="text-warn text-xs">{t("asks.secret", { server })}</p>}
      {kind.kind === "yes_no" || kind.kind === "choice" ? (
        <select
          id={id}
          aria-label={label}
          className={fieldLook}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        >
          <option value="">—</option>
          {kind.kind === "yes_no" ? (
            <>
              <option value="true">{t("asks.yes")}</option>
              <option value="false">{t("asks.no")}</option>
            </>
          ) : (
            kind.options.map((option) => (
              <option key={option.value} value={option.value}>
                {option.title}
              </option>
            ))
          )}
        </select>
      ) : kind.kind === "choices" ? (
        <select
          id={id}
          aria-label={label}
          multiple
          className={fieldLook}
          value={value === "" ? [] : value.split("\n")}
          onChange={(event) => onChange([...event.target.selectedOptions].map((one) => one.value).join("\n"))}
        >
          {kind.options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.title}
            </option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          aria-label={label}
          type={kind.kind === "number" ? "number" : secret ? "password" : "text"}
          step={kind.kind === "number" && !kind.whole ? "any" : undefined}
          autoComplete="off"
          spellCheck={false}
          className={`${fieldLook} h-8`}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </div>
  );
}
