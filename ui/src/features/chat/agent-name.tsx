import { useQuery } from "@tanstack/react-query";
import { agents } from "@/api/queries";
import { AgentIcon } from "@/components/agent-icon";
import { cx } from "@/lib/cx";

/** Who answers, by its sign and name; a model of a provider, or an agent that is gone, by what it is called by. */
export function AgentName({ slug, className }: { slug: string; className?: string }) {
  const agent = useQuery(agents).data?.find((one) => one.slug === slug);
  return (
    <span className={cx("inline-flex min-w-0 items-center gap-1.5", className)}>
      {agent && <AgentIcon icon={agent.icon} name={agent.name} size="small" />}
      <span className="truncate">{agent?.name ?? slug}</span>
    </span>
  );
}
