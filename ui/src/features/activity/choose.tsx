import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { similar } from "@/api/calls";
import type { CallView } from "@/api/generated/types";
import { Dialog } from "@/components/dialog";
import { Loaded } from "@/components/page";
import { moment } from "@/lib/format";
import { answerer, OutcomeWord } from "./row-words";
import { t } from "./words";

/** Which call to set beside this one: its replays first, then others of the same agent. */
export function Choose({ view, open, onClose }: { view: CallView; open: boolean; onClose: () => void }) {
  const query = useQuery({ ...similar(view.id, view.agent), enabled: open });
  const navigate = useNavigate();
  return (
    <Dialog wide open={open} onClose={onClose} title={t("compareTitle")} description={t("compareText")}>
      <Loaded query={query}>
        {(rows) =>
          rows.length === 0 ? (
            <p className="pb-4 text-ink-2">{t("compareNone")}</p>
          ) : (
            <ul className="pb-4">
              {rows.map((row) => (
                <li key={row.id} className="border-line border-t">
                  <button
                    type="button"
                    className="focus-inset tnum grid h-10 w-full grid-cols-[9rem_1fr_auto] items-center gap-3 rounded-sm px-1 text-left hover:bg-hover"
                    onClick={() => {
                      onClose();
                      navigate({
                        to: "/activity/$call",
                        params: { call: view.id },
                        search: { beside: row.id },
                      });
                    }}
                  >
                    <OutcomeWord outcome={row.outcome} />
                    <span className="truncate font-mono text-xs">
                      {row.replay_of === view.id ? `${t("itsReplay")} · ` : ""}
                      {answerer(row)} <span className="text-ink-3">{row.target}</span>
                    </span>
                    <span className="text-ink-3 text-xs">{moment(row.started_at)}</span>
                  </button>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Dialog>
  );
}
