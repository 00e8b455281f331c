import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Columns2, Copy, MessageSquare, RotateCw } from "lucide-react";
import { useState } from "react";
import { run } from "@/api/client";
import type { CallView } from "@/api/generated/types";
import { status } from "@/api/queries";
import { Button } from "@/components/button";
import { copyText } from "@/components/copy";
import { Menu, type MenuEntry } from "@/components/menu";
import { saySo } from "@/components/toasts";
import { Choose } from "./choose";
import { Replay } from "./replay";
import { type Missing, type Request, requestOf, snippet } from "./snippets";
import { t } from "./words";

/** The request with all that was said before its question, which the session is asked for. */
async function whole(view: CallView, base: string): Promise<Request | Missing> {
  const { session, asked_id: until, client_request: client } = view;
  if (client !== null || session === null || until === null) return requestOf(view, base);
  const { messages } = await run("session.get", { session, until, without_media: true, known: [] });
  return requestOf(
    view,
    base,
    messages.map((one) => one.message),
  );
}

/** What can be done with a call. */
export function Actions({ view }: { view: CallView }) {
  const [open, setOpen] = useState<"replay" | "compare" | null>(null);
  const navigate = useNavigate();
  const endpoint = useQuery(status).data?.endpoint;
  const base = endpoint?.state === "listening" ? endpoint.base_url : "http://127.0.0.1:4645/v1";
  const copy = (text: string, what: string) => void copyText(text).then(() => saySo(t("copied", { what })));
  const request = requestOf(view, base);
  const as = (language: "curl" | "Python" | "Node"): MenuEntry =>
    typeof request === "string"
      ? {
          label: t("copyAsNot", { language, why: t(`notCopied.${request}`) }),
          off: true,
          run: () => undefined,
        }
      : {
          label: t("copyAs", { language }),
          run: () =>
            void whole(view, base)
              .catch(() => request)
              .then((found) =>
                copy(snippet(language, typeof found === "string" ? request : found), language),
              ),
        };
  const session = view.session;
  return (
    <div className="flex flex-wrap gap-2">
      <Button icon={RotateCw} onClick={() => setOpen("replay")} disabled={view.outcome === null}>
        {t("replay")}
      </Button>
      <Button icon={Columns2} onClick={() => setOpen("compare")}>
        {t("compare")}
      </Button>
      {session !== null && (
        <Button icon={MessageSquare} onClick={() => navigate({ to: "/chat/$session", params: { session } })}>
          {t("openChat")}
        </Button>
      )}
      <Menu
        trigger={<Button icon={Copy}>{t("copy")}</Button>}
        entries={[
          as("curl"),
          as("Python"),
          as("Node"),
          { label: t("copyId"), run: () => copy(view.id, t("theId")) },
        ]}
      />
      <Replay view={view} open={open === "replay"} onClose={() => setOpen(null)} />
      <Choose view={view} open={open === "compare"} onClose={() => setOpen(null)} />
    </div>
  );
}
