import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, IconButton } from "./button";
import { t } from "./words";

/** Puts text on the clipboard, also where the asynchronous interface is not allowed. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

function useCopied(): [boolean, (text: string) => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  return [copied, (text) => void copyText(text).then(() => setCopied(true))];
}

/** Copies; `label` says what. */
export function CopyIcon({
  text,
  label,
  small = true,
}: {
  text: string | (() => string);
  label: string;
  small?: boolean;
}) {
  const [copied, copy] = useCopied();
  return (
    <IconButton
      small={small}
      icon={copied ? Check : Copy}
      label={copied ? t("copy.copied") : label}
      onClick={() => copy(typeof text === "string" ? text : text())}
    />
  );
}

export function CopyButton({
  text,
  children,
  look,
}: {
  text: string;
  children: string;
  look?: "main" | "plain";
}) {
  const [copied, copy] = useCopied();
  return (
    <Button look={look} icon={copied ? Check : Copy} onClick={() => copy(text)}>
      {copied ? t("copy.copied") : children}
    </Button>
  );
}
