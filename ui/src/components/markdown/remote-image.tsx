import { Image as ImageIcon, ImageOff } from "lucide-react";
import { useState } from "react";
import { run } from "@/api/client";
import type { FetchedImage } from "@/api/generated/types";
import { bytes } from "@/lib/format";
import { offeredUrl } from "@/lib/urls";
import { type CommandFailed, failed } from "@/platform";
import { Button } from "../button";
import { CopyButton } from "../copy";
import { Dialog } from "../dialog";
import { FailureNote } from "../failure";
import { offerLink } from "../link-door";
import { t } from "./words";

/**
 * An image that lies elsewhere. Its words stand in its place; nothing is asked of anybody until a person has seen the whole
 * address and says so, and then the core asks, under its own rules (SEC-27, SEC-33).
 */
export function RemoteImage({ src, alt }: { src: unknown; alt: string }) {
  const url = offeredUrl(src);
  const [asked, setAsked] = useState(false);
  const [image, setImage] = useState<FetchedImage | null>(null);
  if (image !== null) {
    return (
      <span className="my-1 block">
        <img
          src={image.data_url}
          alt={alt}
          className="block max-h-[30rem] max-w-full rounded-md border border-line object-contain"
        />
        <span className="mt-1 block truncate text-ink-3 text-xs">
          {[alt, url?.host, bytes(image.bytes)].filter(Boolean).join(" · ")}
        </span>
      </span>
    );
  }
  const offered = url?.protocol === "https:" ? url : null;
  const Icon = offered === null ? ImageOff : ImageIcon;
  return (
    <span className="inline-flex max-w-full items-center gap-1.5 rounded-sm bg-canvas px-1.5 text-ink-2 text-sm">
      <Icon size={14} strokeWidth={1.75} className="shrink-0" aria-hidden="true" />
      <span className="truncate">{alt ? t("imageOf", { alt }) : t("image")}</span>
      {offered !== null && (
        <button
          type="button"
          className="shrink-0 cursor-pointer underline underline-offset-2"
          onClick={() => setAsked(true)}
        >
          {t("showAddress")}
        </button>
      )}
      {offered !== null && asked && (
        <Ask
          url={offered}
          onClose={() => setAsked(false)}
          onImage={(next) => {
            setAsked(false);
            setImage(next);
          }}
        />
      )}
    </span>
  );
}

interface AskProps {
  url: URL;
  onClose: () => void;
  onImage: (image: FetchedImage) => void;
}

function Ask({ url, onClose, onImage }: AskProps) {
  const [loading, setLoading] = useState(false);
  const [failure, setFailure] = useState<CommandFailed | null>(null);
  const load = () => {
    setLoading(true);
    setFailure(null);
    run("image.fetch", { url: url.href })
      .then(onImage, (error) => setFailure(failed(error)))
      .finally(() => setLoading(false));
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("loadTitle")}
      description={t("loadText")}
      foot={
        <>
          <CopyButton text={url.href}>{t("copyAddress")}</CopyButton>
          <Button
            onClick={() => {
              onClose();
              offerLink(url);
            }}
          >
            {t("openOutside")}
          </Button>
          <Button look="main" busy={loading} onClick={load}>
            {failure ? t("loadAgain") : t("load")}
          </Button>
        </>
      }
    >
      {failure && (
        <div className="mb-2">
          <FailureNote failure={failure} />
        </div>
      )}
      <p
        className="selectable mb-1 break-all rounded-md bg-canvas px-3 py-2 font-mono text-xs"
        data-testid="image-address"
      >
        {url.href}
      </p>
    </Dialog>
  );
}
