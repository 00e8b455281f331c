import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { status } from "@/api/queries";
import { Mark } from "@/components/mark";
import { Dot } from "@/components/page";
import { Tip } from "@/components/tip";
import { SCREENS } from "./screens";
import { t } from "./words";

export function Rail() {
  return (
    <nav
      aria-label={t("rail")}
      className="flex h-full w-max min-w-17 shrink-0 flex-col overflow-y-auto items-stretch border-line border-r bg-canvas px-1.5 pt-3.5 pb-2 low:pt-2 low:pb-1"
    >
      <div className="mb-3.5 flex justify-center low:hidden" title="Inglenook">
        <Mark size={22} />
      </div>
      {SCREENS.map(({ to, name, icon: Icon }, at) => (
        <Tip key={to} text={t(`screens.${name}`)} keys={`mod+${at + 1}`}>
          <Link
            to={to}
            aria-keyshortcuts={`Control+${at + 1}`}
            className="focus-inset group flex flex-col items-center gap-0.5 rounded-md py-1.5 low:gap-0 low:py-1 text-2xs text-ink-3 transition-colors duration-100 hover:bg-hover hover:text-ink data-[status=active]:text-ink"
          >
            <Icon
              size={18}
              strokeWidth={1.75}
              className="group-data-[status=active]:text-ember"
              aria-hidden="true"
            />
            <span className="whitespace-nowrap">{t(`screens.${name}`)}</span>
          </Link>
        </Tip>
      ))}
      <div className="flex-1" />
      <EndpointState />
    </nav>
  );
}

/** Whether programs can call, in a word and with the port. */
function EndpointState() {
  const endpoint = useQuery(status).data?.endpoint;
  if (endpoint === undefined) return null;
  const [tone, word, tip] =
    endpoint.state === "listening"
      ? (["alive", String(endpoint.port), t("endpoint.listening", { url: endpoint.base_url })] as const)
      : endpoint.state === "failed"
        ? (["bad", t("endpoint.failed"), endpoint.failure.message] as const)
        : (["off", t("endpoint.stopped"), t("endpoint.notRunning")] as const);
  return (
    <Tip text={tip}>
      <Link
        to="/connect"
        aria-label={tip}
        className="focus-inset flex flex-col items-center gap-1 rounded-md py-1.5 text-2xs text-ink-3 hover:bg-hover hover:text-ink"
      >
        <span className="flex items-center gap-1">
          <Dot tone={tone} />
          <span className="tnum">{word}</span>
        </span>
      </Link>
    </Tip>
  );
}
