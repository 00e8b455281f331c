import { useQuery } from "@tanstack/react-query";
import { doctor, status } from "@/api/queries";
import { Button } from "@/components/button";
import { Checks } from "@/components/checks";
import { Loaded } from "@/components/page";
import { StarterPanel } from "@/components/starter";
import { Line, Part } from "./part";
import { t } from "./words";

/** Whether everything here works, and the model that comes with the app. */
export function Health() {
  const checks = useQuery(doctor);
  const app = useQuery(status).data;
  return (
    <Part
      name="health"
      actions={
        <Button small busy={checks.isFetching} onClick={() => checks.refetch()}>
          {t("checkAgain")}
        </Button>
      }
    >
      <div className="border-line border-t pt-1.5 pb-2">
        <Loaded query={checks}>{(list) => <Checks checks={list} />}</Loaded>
      </div>
      {app && app.starter.state !== "not_built" && (
        <>
          <Line label={t("starter")} />
          <StarterPanel starter={app.starter} label={app.starter_label} />
        </>
      )}
    </Part>
  );
}
