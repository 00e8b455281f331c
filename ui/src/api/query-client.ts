// What was read, until a notice says that it is out of date.

import { QueryClient } from "@tanstack/react-query";

export const client = new QueryClient({
  defaultOptions: {
    // notices say when something changed, so nothing is read again for the sake of time or focus
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      retry: false,
    },
    mutations: { retry: false },
  },
});
