// Programs of others whose tools agents may use.

import { queryOptions } from "@tanstack/react-query";
import { run } from "./client";

export const mcpServers = queryOptions({ queryKey: ["mcp"], queryFn: () => run("mcp.list", {}) });

/** One server, with all that an approval covers. */
export const mcpServer = (id: string) =>
  queryOptions({ queryKey: ["mcp", "server", id], queryFn: () => run("mcp.get", { id }) });

/** What it said last. */
export const mcpLog = (id: string) =>
  queryOptions({
    queryKey: ["mcp", "log", id],
    queryFn: () => run("mcp.log", { id }),
    staleTime: 0,
    refetchInterval: 2_000,
  });

/** What it lets be read; asking starts it. */
export const mcpResources = (id: string) =>
  queryOptions({
    queryKey: ["mcp", "resources", id],
    queryFn: () => run("mcp.resources", { id }),
    retry: false,
  });

/** The prompts that it has ready; asking starts it. */
export const mcpPrompts = (id: string) =>
  queryOptions({ queryKey: ["mcp", "prompts", id], queryFn: () => run("mcp.prompts", { id }), retry: false });
