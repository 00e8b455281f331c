import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { status } from "@/api/queries";
import { Button } from "@/components/button";
import { Mark } from "@/components/mark";
import { Licences } from "./licences";
import { Line, Part } from "./part";
import { t } from "./words";

export function About() {
  const app = useQuery(status).data;
  const [reading, setReading] = useState(false);
  return (
    <Part name="about">
      <Line
        label={
          <span className="flex items-center gap-2.5">
            <Mark size={22} />
            <span>
              {t("name")} <span className="tnum text-ink-2">{app?.version}</span>
            </span>
          </span>
        }
        hint={t("reportsHint")}
      />
      <Line label={t("licences")} hint={t("licencesHint")}>
        <Button onClick={() => setReading(true)}>{t("licencesShow")}</Button>
      </Line>
      <p className="border-line border-t pt-3 text-ink-3">{t("keyboard")}</p>
      <Licences open={reading} onClose={() => setReading(false)} />
    </Part>
  );
}
