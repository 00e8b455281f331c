import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { McpPrompt, McpPromptText, McpServerView } from "@/api/generated/types";
import { mcpPrompts } from "@/api/mcp";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { Cancel, Dialog } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { Field, Input } from "@/components/field";
import { revealed } from "@/lib/reveal";
import { Offers } from "./offers";
import { t } from "./words";

interface PromptDialogProps {
  servers: readonly McpServerView[];
  onTake: (text: string, source: string) => void;
  onClose: () => void;
}

/** Chooses a prompt of a server and fills it in. Its text goes into the field, where it is read before it is sent. */
export function PromptDialog({ servers, onTake, onClose }: PromptDialogProps) {
  const [find, setFind] = useState("");
  const [chosen, setChosen] = useState<{ server: string; prompt: McpPrompt } | null>(null);
  const use = useCommand("mcp.prompt");
  const fill = (server: string, prompt: McpPrompt, values: Record<string, string>) =>
    use.mutate(
      { id: server, name: prompt.name, arguments: JSON.stringify(values) },
      { onSuccess: (text) => onTake(said(text), `${server}/${prompt.name}`) },
    );
  const choose = (server: string, prompt: McpPrompt) => {
    if (prompt.arguments.length > 0) setChosen({ server, prompt });
    else fill(server, prompt, {});
  };
  if (chosen !== null) {
    return (
      <Filling
        prompt={chosen.prompt}
        busy={use.isPending}
        failure={use.error && <FailureNote failure={use.error} />}
        onFill={(values) => fill(chosen.server, chosen.prompt, values)}
        onClose={onClose}
      />
    );
  }
  return (
    <Dialog open wide onClose={onClose} title={t("usePrompt")} description={t("fromServers")}>
      <Input
        aria-label={t("findPrompt")}
        placeholder={t("findPrompt")}
        value={find}
        onChange={(event) => setFind(event.target.value)}
      />
      <div className="pt-3 pb-4">
        {use.error && <FailureNote failure={use.error} />}
        {servers.map((server) => (
          <PromptsOf key={server.id} server={server} find={find} busy={use.isPending} choose={choose} />
        ))}
      </div>
    </Dialog>
  );
}

/** What is said in it; what the assistant is made to have said is a quotation. Nothing hides in it. */
const said = ({ messages }: McpPromptText): string =>
  messages
    .map(({ role, text }) => {
      const plain = revealed(text.trim());
      return role === "user" ? plain : plain.replace(/^/gmu, "> ");
    })
    .join("\n\n");

interface PromptsOfProps {
  server: McpServerView;
  find: string;
  busy: boolean;
  choose: (server: string, prompt: McpPrompt) => void;
}

function PromptsOf({ server, find, busy, choose }: PromptsOfProps) {
  const query = useQuery(mcpPrompts(server.id));
  const all = query.data ?? [];
  const offers = all.map(({ name, title, description }) => ({
    id: name,
    name: title ?? name,
    about: description ?? "",
  }));
  const onChoose = (name: string) => {
    const prompt = all.find((one) => one.name === name);
    if (prompt !== undefined) choose(server.id, prompt);
  };
  return <Offers server={server} query={query} offers={offers} find={find} busy={busy} onChoose={onChoose} />;
}

interface FillingProps {
  prompt: McpPrompt;
  busy: boolean;
  failure: React.ReactNode;
  onFill: (values: Record<string, string>) => void;
  onClose: () => void;
}

/** What has to be filled in. */
function Filling({ prompt, busy, failure, onFill, onClose }: FillingProps) {
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const ready = prompt.arguments.every(({ name, required }) => !required || values[name]?.trim());
  const fill = () => {
    if (!ready || busy) return;
    // what was left empty is not there
    onFill(Object.fromEntries(Object.entries(values).filter(([, value]) => value.trim() !== "")));
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={prompt.title ?? prompt.name}
      description={prompt.description && <bdi>{prompt.description}</bdi>}
      foot={
        <>
          <Cancel onClick={onClose} />
          <Button look="main" busy={busy} disabled={!ready} onClick={fill}>
            {t("promptInsert")}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-3 pb-1"
        onSubmit={(event) => {
          event.preventDefault();
          fill();
        }}
      >
        {prompt.arguments.map(({ name, description, required }) => (
          <Field key={name} label={name} hint={description && <bdi>{description}</bdi>} optional={!required}>
            {(ids) => (
              <Input
                {...ids}
                value={values[name] ?? ""}
                onChange={(event) => setValues({ ...values, [name]: event.target.value })}
              />
            )}
          </Field>
        ))}
        {failure}
        <button type="submit" hidden tabIndex={-1} />
      </form>
    </Dialog>
  );
}
