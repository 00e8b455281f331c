import { useState } from "react";
import { questionKey, ShortcutList } from "@/app/shortcut-list";
import { Select } from "@/components/select";
import { Line, Part } from "./part";
import { t } from "./words";

/** The keys and what they do; and whether a bare sign is one of them. */
export function Shortcuts() {
  const [question, setQuestion] = useState(questionKey.isOn);
  return (
    <Part name="shortcuts">
      <Line label={t("questionKey")} hint={t("questionKeyHint", { keys: "Ctrl+/" })}>
        <Select
          label={t("questionKey")}
          className="w-full"
          value={question ? "on" : "off"}
          options={(["on", "off"] as const).map((value) => ({ value, label: t(value) }))}
          onChange={(next) => {
            questionKey.set(next === "on");
            setQuestion(next === "on");
          }}
        />
      </Line>
      <div className="border-line border-t pt-3">
        <ShortcutList question={question} />
      </div>
    </Part>
  );
}
