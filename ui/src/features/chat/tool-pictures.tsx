import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Part } from "@/api/generated/types";
import { givenMedia } from "@/api/queries";
import { Dialog } from "@/components/dialog";
import { cx } from "@/lib/cx";
import { PICTURES } from "./attached";
import { t } from "./words";

interface ToolPicturesProps {
  /** The tool, as the model calls it. */
  tool: string;
  call: string;
  /** The message that holds what the tool gave. */
  message: string;
  parts: readonly Part[];
}

/** Whether it is drawn: its bytes are with us, and it is a picture and no drawing in markup. */
export const isPicture = (part: Part): boolean =>
  part.type === "image" && part.source.kind === "base64" && PICTURES.test(part.media_type ?? "");

/** Whose pictures are what was asked for, and not what an answer is made of. */
const MAKES = "make_image";

/** The pictures that a tool gave, small unless they were made; each opens. */
export function ToolPictures({ tool, call, message, parts }: ToolPicturesProps) {
  if (!parts.some(isPicture)) return null;
  return (
    <div className="flex flex-wrap gap-2 border-line border-t p-3">
      {parts.map((part, at) =>
        // biome-ignore lint/suspicious/noArrayIndexKey: parts of a result never move
        isPicture(part) ? <Thumbnail key={at} tool={tool} call={call} message={message} part={at} /> : null,
      )}
    </div>
  );
}

function Thumbnail({ tool, call, message, part }: Omit<ToolPicturesProps, "parts"> & { part: number }) {
  const [open, setOpen] = useState(false);
  const { data, error } = useQuery(givenMedia(message, call, part));
  const name = t("imageOfTool", { tool });
  const size = tool === MAKES ? "size-80 max-w-full" : "size-28";
  const type = data?.media_type ?? "";
  if (error || (data !== undefined && !PICTURES.test(type))) {
    return <p className="text-ink-3 text-xs">{t("noImage", { name })}</p>;
  }
  // its place is kept, so that the thread does not move when it comes
  if (data === undefined) return <div className={cx(size, "rounded-md bg-hover")} />;
  const src = `data:${type};base64,${data.data}`;
  return (
    <>
      <button
        type="button"
        aria-haspopup="dialog"
        className={cx(
          size,
          "cursor-pointer overflow-hidden rounded-md border border-line bg-canvas hover:border-ink-3",
        )}
        onClick={() => setOpen(true)}
      >
        <img src={src} alt={name} className="size-full object-contain" />
      </button>
      {open && (
        <Dialog open wide reading onClose={() => setOpen(false)} title={name}>
          <img src={src} alt={name} className="mx-auto mb-4 block max-w-full object-contain" />
        </Dialog>
      )}
    </>
  );
}
