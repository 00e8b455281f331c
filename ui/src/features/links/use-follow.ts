// What comes of a link once the person wants it: commands of the window, as if they had been typed.

import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { run } from "@/api/client";
import { useCommand } from "@/api/mutations";
import { agents } from "@/api/queries";
import type { ProviderStart } from "@/components/provider-form";
import { sayFailure, saySo } from "@/components/toasts";
import { freeSlug } from "@/lib/slug";
import { recall, remember } from "@/lib/store";
import { failed } from "@/platform";
import type { Asked } from "./link-contents";
import { t } from "./words";

/** The message of a new chat, which a link adds to and never replaces. */
const DRAFT = "draft.new";

export function useFollow(content: Asked | null) {
  const navigate = useNavigate();
  const list = useQuery(agents).data;
  const create = useCommand("agent.create");
  const [provider, setProvider] = useState<ProviderStart | null>(null);
  const missing =
    content?.asks === "chat" &&
    content.agent !== null &&
    list?.every((one) => one.slug !== content.agent) === true;

  const makeAgent = async ({ draft }: Extract<Asked, { asks: "agent" }>) => {
    const slug = freeSlug(draft.slug, new Set(list?.map((one) => one.slug)));
    const agent = await create.mutateAsync({ ...draft, slug });
    navigate({ to: "/agents/$agent", params: { agent: agent.id } });
    saySo(t("agent.done", { name: agent.name }), () => {
      run("agent.delete", { agent: agent.id }).then(
        () => navigate({ to: "/agents" }),
        (error) => sayFailure(failed(error)),
      );
    });
  };

  /** Whether it is done; `failure` says what is wrong where it is not. */
  const follow = async (): Promise<boolean> => {
    switch (content?.asks) {
      case "agent":
        return makeAgent(content).then(
          () => true,
          () => false,
        );
      case "provider": {
        const { slug, name, wire, base_url } = content;
        setProvider({ slug, name, wire, baseUrl: base_url });
        return true;
      }
      case "chat": {
        const begun = recall(DRAFT);
        remember(DRAFT, begun === null ? content.text : `${begun}\n\n${content.text}`);
        navigate({ to: "/chat", search: { agent: content.agent ?? undefined, fresh: Date.now() } });
        return true;
      }
      case undefined:
        return false;
    }
  };
  return {
    follow,
    busy: create.isPending,
    failure: create.error,
    forget: create.reset,
    missing,
    provider,
    closeProvider: () => setProvider(null),
  };
}
