import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { LinkContent } from "@/api/generated/types";
import { agents } from "@/api/queries";
import { Revealed } from "@/components/revealed";
import { freeSlug } from "@/lib/slug";
import { t } from "./words";

/** What a link asks for, when it could be read. */
export type Asked = Exclude<LinkContent, { asks: "unreadable" }>;

/** All of it. */
export function LinkContents({ content }: { content: Asked }) {
  const known = useQuery(agents).data ?? [];
  switch (content.asks) {
    case "agent": {
      const { draft, file } = content;
      const slug = freeSlug(draft.slug, new Set(known.map((one) => one.slug)));
      return (
        <>
          <Facts>
            <Fact name={t("name")} text={draft.name} />
            <Fact name={t("slug")} text={slug}>
              {slug !== draft.slug && t("agent.taken", { slug: draft.slug })}
            </Fact>
            <Fact name={t("model")} text={draft.target} />
          </Facts>
          <Whole name={t("agent.whole")} text={file} />
        </>
      );
    }
    case "provider":
      return (
        <>
          <Facts>
            {content.name !== null && <Fact name={t("name")} text={content.name} />}
            {content.slug !== null && <Fact name={t("slug")} text={content.slug} />}
            <Fact name={t("provider.protocol")} text={content.wire} />
            <Fact name={t("provider.baseUrl")} text={content.base_url} />
          </Facts>
          <p className="mt-3 text-ink-2">{t("provider.next")}</p>
        </>
      );
    case "chat":
      return (
        <>
          {content.agent !== null && (
            <Facts>
              <Fact name={t("chat.agent")} text={content.agent} />
            </Facts>
          )}
          <Whole name={t("chat.message")} text={content.text} />
          <p className="mt-3 text-ink-2">{t("chat.next")}</p>
        </>
      );
  }
}

const Facts = ({ children }: { children: ReactNode }) => (
  <dl className="grid grid-cols-[8rem_1fr] gap-x-4 gap-y-1">{children}</dl>
);

function Fact({ name, text, children }: { name: string; text: string; children?: ReactNode }) {
  return (
    <>
      <dt className="text-ink-3">{name}</dt>
      <dd className="min-w-0">
        <Revealed text={text} />
        {children && <span className="text-ink-3 text-xs">{children}</span>}
      </dd>
    </>
  );
}

function Whole({ name, text }: { name: string; text: string }) {
  return (
    <section aria-label={name} className="mt-3">
      <h3 className="mb-1 text-ink-3">{name}</h3>
      <div className="rounded-md bg-canvas px-3 py-2" data-testid="link-whole">
        <Revealed text={text} />
      </div>
    </section>
  );
}
