import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { settings } from "@/api/queries";
import { Loaded } from "@/components/page";
import { Select } from "@/components/select";
import { cx } from "@/lib/cx";
import { About } from "./about";
import { Appearance } from "./appearance";
import { Data } from "./data";
import { Endpoint } from "./endpoint";
import { Exposure } from "./exposure";
import { General } from "./general";
import { Health } from "./health";
import { Keychain } from "./keychain";
import { Servers } from "./servers";
import { Shortcuts } from "./shortcuts";
import { SpecialModels } from "./special-models";
import { Spending } from "./spending";
import { Standing } from "./standing";
import { Updates } from "./updates";
import { WebSearch } from "./web-search";
import { t } from "./words";

const PARTS = [
  ["look", Appearance],
  ["general", General],
  ["shortcuts", Shortcuts],
  ["endpoint", Endpoint],
  ["exposure", Exposure],
  ["approvals", Standing],
  ["servers", Servers],
  ["search", WebSearch],
  ["models", SpecialModels],
  ["spending", Spending],
  ["vault", Keychain],
  ["data", Data],
  ["health", Health],
  ["updates", Updates],
  ["about", About],
] as const;

type PartName = (typeof PARTS)[number][0];

/** All settings on one page, with the names of its parts beside it. */
export function SettingsScreen() {
  const query = useQuery(settings);
  const page = useRef<HTMLElement>(null);
  const [here, setHere] = useState<PartName>("look");

  // the part whose title was passed last is where one is; at the end of the page it is the last one
  const follow = () => {
    const scroller = page.current;
    if (scroller === null) return;
    const { scrollTop, scrollHeight, clientHeight } = scroller;
    const top = scroller.getBoundingClientRect().top;
    const passed = PARTS.filter(([name]) => {
      const title = scroller.querySelector(`#settings-${name}`);
      return title !== null && title.getBoundingClientRect().top - top < 96;
    });
    const last = scrollTop > 0 && scrollTop + clientHeight >= scrollHeight - 2 ? PARTS.at(-1) : passed.at(-1);
    setHere(last?.[0] ?? "look");
  };
  const show = (name: PartName) => {
    page.current?.querySelector(`#settings-${name}`)?.scrollIntoView({ block: "start" });
    setHere(name);
  };

  return (
    <main ref={page} className="h-full overflow-y-auto" aria-label={t("title")} onScroll={follow}>
      <div className="px-5 pt-7 pb-16 lg:px-8">
        <h1 className="mb-6 font-semibold text-xl tracking-[-0.01em]">{t("title")}</h1>
        <div className="sticky top-0 z-10 -mt-2 mb-4 bg-paper py-2 lg:hidden">
          <Select
            label={t("parts")}
            className="w-full max-w-[36rem]"
            value={here}
            options={PARTS.map(([value]) => ({ value, label: t(value) }))}
            onChange={show}
          />
        </div>
        <div className="flex max-w-[50rem] gap-10">
          <nav
            aria-label={t("parts")}
            className="sticky top-7 -ml-2.5 hidden h-fit w-40 shrink-0 flex-col lg:flex"
          >
            {PARTS.map(([name]) => (
              <button
                key={name}
                type="button"
                aria-current={here === name ? "true" : undefined}
                onClick={() => show(name)}
                className={cx(
                  "h-8 rounded-md px-2.5 text-left transition-colors duration-100",
                  here === name ? "bg-press/80 font-medium" : "text-ink-2 hover:bg-hover hover:text-ink",
                )}
              >
                {t(name)}
              </button>
            ))}
          </nav>
          <div className="min-w-0 max-w-[36rem] flex-1">
            <Loaded query={query} rows={6}>
              {(now) => PARTS.map(([name, Part]) => <Part key={name} now={now} />)}
            </Loaded>
          </div>
        </div>
      </div>
    </main>
  );
}
