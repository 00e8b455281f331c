import { Select } from "@/components/select";
import { platform } from "@/platform";
import { Line, Part, type PartProps, useChange } from "./part";
import { t } from "./words";

const SWITCH = ["on", "off"] as const;
type Switch = (typeof SWITCH)[number];
const options = () => SWITCH.map((value) => ({ value, label: t(value) }));

/** How the app behaves in the desktop session. */
export function General({ now }: PartProps) {
  const change = useChange();
  return (
    <Part name="general">
      {platform.notifies && (
        <Line label={t("notifications")} hint={t("notificationsHint")}>
          <Select<Switch>
            label={t("notifications")}
            className="w-full"
            value={now.notifications}
            options={options()}
            onChange={(notifications) => change({ notifications })}
          />
        </Line>
      )}
      <Line label={t("startAtLogin")} hint={t("startAtLoginHint")}>
        <Select<Switch>
          label={t("startAtLogin")}
          className="w-full"
          value={now.start_at_login ? "on" : "off"}
          options={options()}
          onChange={(start) => change({ start_at_login: start === "on" })}
        />
      </Line>
    </Part>
  );
}
