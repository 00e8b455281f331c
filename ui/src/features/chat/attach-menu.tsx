import { useQuery } from "@tanstack/react-query";
import { File as FileIcon, MessageSquareText, Paperclip, Server } from "lucide-react";
import { useState } from "react";
import { mcpServers } from "@/api/mcp";
import { IconButton } from "@/components/button";
import { Menu } from "@/components/menu";
import { PromptDialog } from "./prompt-dialog";
import { ResourceDialog } from "./resource-dialog";
import { t } from "./words";

interface AttachMenuProps {
  /** Chooses files. */
  onFiles: () => void;
  /** Takes a resource, as a file. */
  onResource: (file: File) => void;
  /** Takes the text of a prompt, and who wrote it. */
  onPrompt: (text: string, source: string) => void;
}

/** What goes with a message: files; and what approved servers have, where there are any. */
export function AttachMenu({ onFiles, onResource, onPrompt }: AttachMenuProps) {
  const servers = (useQuery(mcpServers).data ?? []).filter(({ consent }) => consent === "approved");
  const [open, setOpen] = useState<"resource" | "prompt" | null>(null);
  const close = () => setOpen(null);
  const button = { small: true, icon: Paperclip, label: t("attach") };
  if (servers.length === 0) return <IconButton {...button} onClick={onFiles} />;
  return (
    <>
      <Menu
        trigger={<IconButton {...button} />}
        entries={[
          { label: t("attachFiles"), icon: FileIcon, run: onFiles },
          { label: t("attachResource"), icon: Server, run: () => setOpen("resource") },
          { label: t("usePrompt"), icon: MessageSquareText, run: () => setOpen("prompt") },
        ]}
      />
      {open === "resource" && (
        <ResourceDialog
          servers={servers}
          onClose={close}
          onTake={(file) => {
            close();
            onResource(file);
          }}
        />
      )}
      {open === "prompt" && (
        <PromptDialog
          servers={servers}
          onClose={close}
          onTake={(text, source) => {
            close();
            onPrompt(text, source);
          }}
        />
      )}
    </>
  );
}
