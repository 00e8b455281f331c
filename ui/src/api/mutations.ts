import { type UseMutationOptions, useMutation } from "@tanstack/react-query";
import type { CommandFailed } from "@/platform";
import { type Args, type CommandName, type Result, run } from "./client";
import { client } from "./queries";

/** What a command makes out of date at once; a notice says the same a moment later, also to other windows. */
const TOUCHES: Partial<Record<CommandName, string[]>> = {
  "agent.create": ["agents", "models", "providers", "status", "settings"],
  "agent.import": ["agents", "models", "providers", "status", "settings"],
  "agent.update": ["agents", "models", "providers"],
  "agent.delete": ["agents", "models", "status"],
  "agent.restore": ["agents", "models", "status"],
  "agent.rollback": ["agents", "models"],
  "agent.draft_save": ["agents"],
  "agent.draft_discard": ["agents"],
  "agent.publish": ["agents", "models", "providers", "status", "settings"],
  "provider.add": ["providers", "models", "status"],
  "provider.set_key": ["providers", "health"],
  "provider.remove_key": ["providers", "health"],
  "provider.test": ["health"],
  "price.set": ["prices", "providers", "usage", "calls"],
  "price.remove": ["prices", "providers", "usage", "calls"],
  "provider.remove": ["providers", "models", "status"],
  "key.create": ["keys"],
  "key.update": ["keys"],
  "key.revoke": ["keys"],
  "session.rename": ["sessions", "session"],
  "session.pin": ["sessions", "session"],
  "session.move": ["sessions", "session"],
  "session.delete": ["sessions"],
  "session.restore": ["sessions"],
  "endpoint.pause": ["status"],
  "endpoint.resume": ["status"],
  "endpoint.lan_open": ["status", "exposure"],
  "endpoint.lan_close": ["status", "exposure"],
  "link.answered": ["link"],
  "memory.add": ["memories"],
  "memory.edit": ["memories"],
  "memory.forget": ["memories"],
  "memory.restore": ["memories"],
  "knowledge.add": ["knowledge"],
  "knowledge.remove": ["knowledge"],
  "knowledge.rescan": ["knowledge"],
  "approval.answer": ["approvals"],
  "mcp.answer": ["approvals"],
  "mcp.add": ["mcp"],
  "mcp.update": ["mcp", "house-tools"],
  "mcp.remove": ["mcp", "house-tools"],
  "mcp.restart": ["mcp"],
  "mcp.approve": ["mcp", "house-tools"],
  "mcp.sign_in": ["mcp"],
  "mcp.sign_in_end": ["mcp", "house-tools"],
  "mcp.sign_in_cancel": ["mcp"],
  "mcp.sign_out": ["mcp"],
  "approval.revoke": ["approvals"],
  "data.erase": ["data"],
  "data.restore": ["data"],
  "data.keep": ["data"],
  "backup.create": ["backups", "data"],
  "settings.set": ["settings", "status", "keys", "exposure"],
  "vault.unlock": ["status", "providers"],
  "vault.lock": ["status"],
  "vault.change": ["status", "settings", "providers"],
  "starter.fetch": ["status"],
  "starter.cancel": ["status"],
};

/** A command as a mutation. */
export function useCommand<N extends CommandName>(
  name: N,
  options: Omit<UseMutationOptions<Result<N>, CommandFailed, Args<N>>, "mutationFn"> = {},
) {
  return useMutation<Result<N>, CommandFailed, Args<N>>({
    ...options,
    mutationFn: async (args) => {
      const result = await run(name, args);
      await Promise.all((TOUCHES[name] ?? []).map((key) => client.invalidateQueries({ queryKey: [key] })));
      return result;
    },
  });
}
