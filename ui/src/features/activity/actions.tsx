import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Columns2, Copy, MessageSquare, RotateCw } from "lucide-react";
import { useState } from "react";
import type { CallView } from "@/api/generated/types";
import { status } from "@/api/queries";
import { Button } from "@/components/button";
import { copyText } from "@/components/copy";
import { Menu } from "@/components/menu";
import { saySo } from "@/components/toasts";
import { Choose } from "./choose";
import { Replay } from "./replay";
import { type Request, requestOf, snippet } from "./snippets";
import { t } from "./words";

/** What can be done with a call. */
export function Actions({ view }: { view: CallView }) {
  const [open, setOpen] = useState<"replay" | "compare" | null>(null);
  const navigate = useNavigate();
  const endpoint = useQuery(status).data?.endpoint;
  const base = endpoint?.state === "listening" ? endpoint.base_url : "http://127.0.0.1:4645/v1";
  const request = requestOf(view, base);
  const copy = (text: string, what: string) => void copyText(text).then(() => saySo(t("copied", { what })));
  const as = (language: "curl" | "Python" | "Node", request: Request) => ({
    label: t("copyAs", { language }),
    run: () => copy(snippet(language, request), language),
  });
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
          ...(request === null ? [] : [as("curl", request), as("Python", request), as("Node", request)]),
          { label: t("copyId"), run: () => copy(view.id, t("theId")) },
        ]}
      />
      <Replay view={view} open={open === "replay"} onClose={() => setOpen(null)} />
      <Choose view={view} open={open === "compare"} onClose={() => setOpen(null)} />
    </div>
  );
}
