// A provider's test: its steps as they come, then its report.

import { forgetChecks, useChecks } from "./checks";
import type { ProviderReport } from "./generated/types";
import { useCommand } from "./mutations";

/** The test of one provider. */
export function useTest(id: string) {
  const told = useChecks(id);
  const test = useCommand("provider.test");
  return {
    running: test.isPending,
    failure: test.error,
    /** Whether there is something to show. */
    begun: test.isPending || test.data !== undefined,
    checks: test.data?.checks ?? told,
    run: (): Promise<ProviderReport> => {
      forgetChecks(id);
      return test.mutateAsync({ id, model: null });
    },
  };
}
