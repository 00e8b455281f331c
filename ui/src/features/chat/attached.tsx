import { useQuery } from "@tanstack/react-query";
import { FileText, Image as ImageIcon, type LucideIcon, Volume2 } from "lucide-react";
import type { Media } from "@/api/generated/types";
import { media as mediaQuery } from "@/api/queries";
import { offerLink } from "@/components/link-door";
import { RemoteImage } from "@/components/markdown/remote-image";
import { offeredUrl } from "@/lib/urls";
import { t } from "./words";

interface AttachedProps {
  kind: "image" | "file" | "sound";
  media: Media;
  /** Where its bytes are: a message and the number of its part. */
  message: string;
  part: number;
}

const ICONS: Record<AttachedProps["kind"], LucideIcon> = { image: ImageIcon, file: FileText, sound: Volume2 };
/** What an image may be: drawings in markup are not pictures to us. */
export const PICTURES = /^image\/(png|jpeg|webp|gif)$/;

/**
 * Something attached. An image whose bytes are in the message is ours and is drawn; what lies at an address is never
 * fetched by itself (SEC-27).
 */
export function AttachedPart({ kind, media, message, part }: AttachedProps) {
  const type = media.media_type ?? "";
  if (kind === "image" && media.source.kind === "base64" && PICTURES.test(type)) {
    return <Picture name={media.name ?? t("image")} type={type} message={message} part={part} />;
  }
  const url = media.source.kind === "url" ? media.source.url : null;
  if (kind === "image" && url !== null) return <RemoteImage src={url} alt={media.name ?? url} />;
  const Icon = ICONS[kind];
  const offered = offeredUrl(url);
  return (
    <p className="flex min-w-0 items-center gap-2 text-ink-2">
      <Icon size={16} strokeWidth={1.75} className="shrink-0 text-ink-3" aria-hidden="true" />
      <span className="min-w-0 truncate">{media.name ?? url ?? t(kind)}</span>
      <span className="shrink-0 text-ink-3 text-xs">{type}</span>
      {offered?.protocol === "https:" && (
        <button
          type="button"
          className="shrink-0 cursor-pointer text-xs underline underline-offset-2"
          onClick={() => offerLink(offered)}
        >
          {t("showAddress")}
        </button>
      )}
    </p>
  );
}

function Picture({
  name,
  type,
  message,
  part,
}: {
  name: string;
  type: string;
  message: string;
  part: number;
}) {
  const { data, error } = useQuery(mediaQuery(message, part));
  if (error) return <p className="text-ink-3 text-xs">{t("noImage", { name })}</p>;
  // its place is kept, so that the thread does not move when it comes
  if (data === undefined) return <div className="h-40 w-56 rounded-md bg-hover" />;
  return (
    <img
      src={`data:${type};base64,${data.data}`}
      alt={name}
      title={name}
      className="block max-h-80 max-w-full rounded-md border border-line object-contain"
    />
  );
}
