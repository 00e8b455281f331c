import { forgetChecks, useChecks } from "@/api/checks";
import { useCommand } from "@/api/mutations";

/** A provider's test: its steps as they come, then its report. */
export function useTest(id: string) {
  const told = useChecks(id);
  const test = useCommand("provider.test");
  return {
    running: test.isPending,
    failure: test.error,
    /** Whether there is something to show. */
    begun: test.isPending || test.data !== undefined,
    checks: test.data?.checks ?? told,
    run: () => {
      forgetChecks(id);
      test.mutate({ id, model: null });
    },
  };
}
