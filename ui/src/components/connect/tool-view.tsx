import { FilePen } from "lucide-react";
import { useState } from "react";
import type { ToolText } from "@/api/generated/types";
import { Button } from "@/components/button";
import { Code } from "@/components/code";
import { t } from "./words";
import { WriteFile } from "./write-file";

interface ToolViewProps {
  tool: ToolText;
  agent: string;
  /** What stands where a key belongs. */
  mark: string;
  /** Whether a key was chosen, though its secret may not be known any more. */
  chosen: boolean;
  secret: string | null;
}

/** One program's text, and its own file where that can be written. */
export function ToolView({ tool, agent, mark, chosen, secret }: ToolViewProps) {
  const [writing, setWriting] = useState(false);
  const note = secret !== null ? t("tools.made") : t(chosen ? "tools.unknown" : "tools.none", { key: mark });
  const wantsKey = tool.text.includes(mark);
  return (
    <>
      <div data-testid="snippet">
        <Code text={secret === null ? tool.text : tool.text.replaceAll(mark, secret)} name={tool.place} />
      </div>
      <div className="flex items-start justify-between gap-4">
        <p className="text-ink-3 text-xs" aria-live="polite">
          {wantsKey && note}
        </p>
        {tool.file !== null && (
          <Button small icon={FilePen} onClick={() => setWriting(true)}>
            {t("tools.write")}
          </Button>
        )}
      </div>
      {tool.file !== null && (
        <WriteFile
          open={writing}
          onClose={() => setWriting(false)}
          tool={tool}
          agent={agent}
          secret={secret}
        />
      )}
    </>
  );
}
