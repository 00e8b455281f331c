import { type FormEvent, useEffect, useRef, useState } from "react";
import type { Agent, SavedDraft } from "@/api/generated/types";
import { Button } from "@/components/button";
import { FailureNote } from "@/components/failure";
import { cx } from "@/lib/cx";
import { recall, remember } from "@/lib/store";
import { Contract } from "./contract";
import type { Fields } from "./draft";
import { DraftLine } from "./draft-line";
import { FormHead } from "./form-head";
import { History } from "./history";
import { Identity } from "./identity";
import { Instructions } from "./instructions";
import { Knowledge } from "./knowledge";
import { Limits } from "./limits";
import { Memory } from "./memory";
import { ModelPart } from "./model-part";
import { Parameters } from "./parameters";
import { Part } from "./part";
import { TestPane } from "./test-pane";
import { Tools } from "./tools";
import { type Editor, useEditor } from "./use-editor";
import { t } from "./words";

interface AgentFormProps {
  agent: Agent | null;
  /** The draft that is saved beside it, or before there is one. */
  draft?: SavedDraft | null;
  all: readonly Agent[];
  /** What a new agent begins with. */
  start?: Fields | null;
  /** The model of a new agent that has none yet. */
  target?: string;
  /** Leaves a form whose agent is not there. */
  onLeave?: () => void;
}

const PANE = "agent-test";

/** Makes or changes an agent; beside it, the agent can be tried out as it is so far. */
export function AgentForm({ agent, draft = null, all, start = null, target = "", onLeave }: AgentFormProps) {
  const editor = useEditor({ agent, draft, all, start, target });
  const [testing, setTesting] = useState(() => recall(PANE) !== "closed" && window.innerWidth >= 1100);
  const form = useRef<HTMLFormElement>(null);
  const show = (on: boolean) => {
    setTesting(on);
    remember(PANE, on ? null : "closed");
  };
  useSaveKey(editor);
  // what is wrong may be far from the button that was pressed
  useEffect(() => {
    if (Object.keys(editor.faults).length > 0)
      form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [editor.faults]);

  const leave = () => {
    editor.discard();
    if (editor.base === null && editor.saved === null) onLeave?.();
  };
  return (
    <div className="flex h-full min-w-0">
      <div
        className={cx(
          "h-full min-w-0 flex-1 scroll-pt-4 scroll-pb-20 overflow-y-auto",
          testing && "max-md:hidden",
        )}
      >
        <form
          ref={form}
          noValidate
          onSubmit={(event: FormEvent) => {
            event.preventDefault();
            toWhereItLies(editor);
          }}
          // a browser shows the caret of a long text, and not the rest of it
          onKeyUp={({ key, target }) => {
            if (key === "Tab" && target instanceof Element) target.scrollIntoView({ block: "nearest" });
          }}
          className="mx-auto max-w-[42rem] px-5 pt-6 lg:px-8"
        >
          <FormHead editor={editor} all={all} testing={testing} onTest={() => show(!testing)} />
          <DraftLine editor={editor} agent={agent} />
          {editor.restored && !editor.clean && (
            <p className="mb-4 text-ink-2 text-xs" role="status">
              {t("restored")}
            </p>
          )}
          <Identity editor={editor} />
          <Part title={t("parts.instructions")}>
            <Instructions editor={editor} />
          </Part>
          <Part title={t("parts.model")}>
            <ModelPart editor={editor} />
          </Part>
          <Part title={t("parts.parameters")} lead={t("parts.parametersLead")}>
            <Parameters editor={editor} />
          </Part>
          <Part title={t("parts.tools")} lead={t("parts.toolsLead")}>
            <Tools editor={editor} />
          </Part>
          <Part title={t("parts.memory")} lead={t("parts.memoryLead")}>
            <Memory editor={editor} />
          </Part>
          <Part title={t("parts.knowledge")} lead={t("parts.knowledgeLead")}>
            <Knowledge editor={editor} />
          </Part>
          <Part title={t("parts.contract")} lead={t("parts.contractLead")}>
            <Contract editor={editor} />
          </Part>
          <Part title={t("parts.limits")}>
            <Limits editor={editor} />
          </Part>
          {editor.base && <History agent={agent ?? editor.base} onRolledBack={editor.rolledBack} />}
          <div className="h-8" />
          <Trouble editor={editor} />
          <Foot editor={editor} onCancel={leave} />
        </form>
      </div>
      {testing && (
        <TestPane agent={editor.base?.id ?? null} draft={editor.trial} onClose={() => show(false)} />
      )}
    </div>
  );
}

function Trouble({ editor }: { editor: Editor }) {
  if (editor.conflict) {
    return (
      <div className="pb-3">
        <FailureNote failure={{ message: t("conflict"), hint: t("conflictHint") }}>
          <span className="mt-2 flex gap-2">
            <Button small onClick={editor.load}>
              {t("load")}
            </Button>
            <Button small onClick={editor.overwrite}>
              {t("overwrite")}
            </Button>
          </span>
        </FailureNote>
      </div>
    );
  }
  if (editor.failure === null) return null;
  return (
    <div className="pb-3">
      <FailureNote failure={editor.failure} />
    </div>
  );
}

function Foot({ editor, onCancel }: { editor: Editor; onCancel: () => void }) {
  const { base, saved, clean, faults } = editor;
  const wrong = Object.keys(faults).length;
  const unchanged = clean && (base ?? saved) !== null;
  return (
    <footer
      data-foot
      className="sticky bottom-0 -mx-1 flex flex-wrap items-center gap-2 border-line border-t bg-paper px-1 py-3"
    >
      {saved ? (
        <Button look="main" busy={editor.busy} onClick={editor.save}>
          {t("publish")}
        </Button>
      ) : (
        <Button look="main" type="submit" busy={editor.busy} disabled={unchanged}>
          {t(base ? "save" : "make")}
        </Button>
      )}
      <Button
        type={saved ? "submit" : "button"}
        disabled={unchanged || editor.busy}
        onClick={saved ? undefined : editor.saveDraft}
      >
        {t("saveDraft")}
      </Button>
      <Button disabled={unchanged || editor.busy} onClick={onCancel}>
        {t(base || saved ? "discard" : "cancel")}
      </Button>
      <span role="status" className="text-ink-3 text-xs">
        {wrong > 0 ? (
          <span className="text-bad">{t("wrong", { count: wrong })}</span>
        ) : (
          !clean && t("unsaved")
        )}
      </span>
    </footer>
  );
}

/** Enter and Ctrl+S save what is open, and never give programs a draft. */
function toWhereItLies(editor: Editor): void {
  if (editor.saved === null) editor.save();
  else if (!editor.clean) editor.saveDraft();
}

/** Ctrl+S saves from anywhere on the screen. */
function useSaveKey(editor: Editor): void {
  const latest = useRef(editor);
  latest.current = editor;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "s") return;
      event.preventDefault();
      if (latest.current.base === null || !latest.current.clean) toWhereItLies(latest.current);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
