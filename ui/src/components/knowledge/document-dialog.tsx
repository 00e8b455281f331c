import { useQuery } from "@tanstack/react-query";
import type { PassageView, Place } from "@/api/generated/types";
import { cited } from "@/api/queries";
import { CopyButton } from "@/components/copy";
import { Dialog } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { cx } from "@/lib/cx";
import { t } from "../words";

interface DocumentDialogProps {
  citation: string;
  /** The collections it may be in; none: all. */
  names: readonly string[];
  onClose: () => void;
}

/** The place of a file that was cited, with what stands around it. */
export function DocumentDialog({ citation, names, onClose }: DocumentDialogProps) {
  const { data, error, refetch } = useQuery(cited(citation, names));
  return (
    <Dialog
      open
      wide
      reading
      onClose={onClose}
      title={citation}
      description={
        data && (
          <span className="font-mono text-xs [overflow-wrap:anywhere]">
            <bdi>{data.path}</bdi>
          </span>
        )
      }
      foot={data && <CopyButton text={data.path}>{t("document.copyPath")}</CopyButton>}
    >
      {error && <FailureNote failure={error} onRetry={() => refetch()} />}
      {data?.failure && <p className="pb-3 text-warn">{data.failure}</p>}
      {data && !data.failure && data.passages.length === 0 && (
        <p className="pb-3 text-ink-2">{t("document.gone")}</p>
      )}
      {data && data.passages.length > 0 && <Passages passages={data.passages} place={data.place} />}
    </Dialog>
  );
}

/** Lines of a file as they were read; those that were cited are marked, and the first of them is what is seen. */
function Passages({ passages, place }: { passages: readonly PassageView[]; place: Place | null }) {
  const first = passages.findIndex((passage) => linesOf(passage).some(({ n }) => isIn(place, passage, n)));
  return (
    <div className="pb-3" data-testid="document">
      {passages.map((passage, at) => {
        const lines = linesOf(passage);
        const begins = at === first ? lines.findIndex(({ n }) => isIn(place, passage, n)) : -1;
        return (
          <div key={`${passage.citation} ${passage.text}`} className="not-first:mt-2">
            {passage.place.page !== null && (
              <p className="text-2xs text-ink-3">{t("document.page", { n: passage.place.page })}</p>
            )}
            {lines.map(({ n, text }, line) => {
              const marked = isIn(place, passage, n);
              const Line = marked ? "mark" : "span";
              return (
                <div
                  // biome-ignore lint/suspicious/noArrayIndexKey: a long line is cut into pieces of one number
                  key={line}
                  ref={line === begins ? toView : undefined}
                  className={cx("flex gap-3 px-2 text-sm", marked && "bg-ember-wash")}
                >
                  {passage.place.page === null && (
                    <span
                      className="tnum w-8 shrink-0 select-none text-right text-ink-3 text-xs leading-5"
                      aria-hidden="true"
                    >
                      {n}
                    </span>
                  )}
                  <Line className="min-w-0 flex-1 whitespace-pre-wrap bg-transparent text-ink leading-5 [overflow-wrap:anywhere] [unicode-bidi:plaintext]">
                    {text === "" ? " " : text}
                  </Line>
                </div>
              );
            })}
          </div>
        );
      })}
    </div>
  );
}

const toView = (line: HTMLElement | null) => line?.scrollIntoView({ block: "center" });

/** A passage's lines with their numbers. It has whole lines, the empty ones between them too. */
const linesOf = ({ text, place }: PassageView) =>
  text.split("\n").map((line, at) => ({ n: Math.min(place.first_line + at, place.last_line), text: line }));

function isIn(place: Place | null, passage: PassageView, line: number): boolean {
  if (place === null) return false;
  if (place.page !== null) return passage.place.page === place.page;
  return line >= place.first_line && line <= place.last_line;
}
