import type { RecalledView } from "@/api/generated/types";
import { percent } from "@/lib/format";
import { t } from "./words";

/** What an agent recalled for an answer, and why: by which words, and how alike in meaning. */
export function Recalled({ all }: { all: readonly RecalledView[] }) {
  return (
    <ul className="flex flex-col gap-2">
      {all.map(({ id, memory, words, likeness }) => (
        <li key={id} className="[overflow-wrap:anywhere]">
          {memory === null ? (
            <span className="text-ink-3">{t("recalled.forgotten")}</span>
          ) : (
            <bdi>{memory.text}</bdi>
          )}
          <span className="block text-ink-3 text-xs">
            {[
              words.length > 0 && t("recalled.words", { words: words.join(", ") }),
              likeness !== null && t("recalled.likeness", { share: percent(Math.max(0, likeness)) }),
            ]
              .filter(Boolean)
              .join(" · ")}
          </span>
        </li>
      ))}
    </ul>
  );
}
