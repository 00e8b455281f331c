// A link that begins with `inglenook:` was opened, by the person or by whoever made them open it (SEC-28). It is shown
// whole, and nothing comes of it until a button is pressed that is not pressed by accident.

import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { OfferedLink } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { offeredLink } from "@/api/queries";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { sayFailure } from "@/components/toasts";
import { AddDialog } from "@/features/providers/add-dialog";
import { useArmed } from "@/lib/use-armed";
import { CommandFailed } from "@/platform";
import { type Asked, LinkContents } from "./link-contents";
import { useFollow } from "./use-follow";
import { t } from "./words";

export function LinkReview() {
  const link = useQuery(offeredLink).data ?? null;
  const { mutate: answer } = useCommand("link.answered");
  const [answered, setAnswered] = useState(0);
  useEffect(() => {
    if (link?.content.asks !== "unreadable") return;
    sayFailure(new CommandFailed(link.content.failure));
    answer({ id: link.id });
  }, [link, answer]);
  const content = link?.content;
  const open = link !== null && link.id > answered && content !== undefined && content.asks !== "unreadable";
  return (
    <Review
      link={open ? link : null}
      content={open ? content : null}
      onAnswer={(id) => {
        setAnswered(id);
        answer({ id });
      }}
    />
  );
}

interface ReviewProps {
  link: OfferedLink | null;
  content: Asked | null;
  onAnswer: (id: number) => void;
}

function Review({ link, content, onAnswer }: ReviewProps) {
  const id = link?.id ?? null;
  const armed = useArmed(id);
  const { follow, busy, failure, forget, provider, closeProvider, missing } = useFollow(content);
  const close = () => {
    forget();
    if (id !== null) onAnswer(id);
  };
  const press = async () => {
    if (await follow()) close();
  };
  return (
    <>
      <Dialog
        // a newer link is another question, whose focus is on "Cancel" again
        key={id ?? "none"}
        reading
        wide
        open={content !== null}
        onClose={close}
        title={content === null ? "" : t(`${content.asks}.title`)}
        description={t("from")}
        foot={
          <>
            <Button onClick={close}>{t("cancel")}</Button>
            {!missing && (
              <Button look="main" disabled={!armed} busy={busy} onClick={press}>
                {content === null ? "" : t(`${content.asks}.do`)}
              </Button>
            )}
          </>
        }
      >
        {content && <LinkContents content={content} />}
        {missing && <p className="mt-3 text-warn">{t("chat.missing")}</p>}
        {failure && <FailureNote failure={failure} />}
      </Dialog>
      {provider && <AddDialog open server={null} start={provider} onClose={closeProvider} />}
    </>
  );
}
