import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { type ReactNode, useRef } from "react";
import { cx } from "@/lib/cx";
import type { CommandFailed } from "@/platform";
import { Button } from "./button";
import { FailureNote } from "./failure";
import { t } from "./words";

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: ReactNode;
  children?: ReactNode;
  /** Buttons at the foot. */
  foot?: ReactNode;
  wide?: boolean;
  /** There is nothing in it but text, which the keyboard must be able to scroll. */
  reading?: boolean;
}

export function Dialog({ open, onClose, title, description, children, foot, wide, reading }: DialogProps) {
  const popup = useRef<HTMLDivElement>(null);
  // the first field, else the first button at the foot: in a question that is "Cancel"
  const first = () =>
    popup.current?.querySelector<HTMLElement>(
      "input:not([disabled]), textarea:not([disabled]), footer button",
    ) ?? true;
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="fade-in fixed inset-0 z-40 bg-scrim" />
        <Base.Popup
          ref={popup}
          data-over
          initialFocus={first}
          className={cx(
            "fade-in fixed top-[12vh] left-1/2 z-40 flex max-h-[80vh] w-[calc(100vw-3rem)] -translate-x-1/2 flex-col rounded-lg border border-line bg-raised shadow-overlay outline-none",
            wide ? "max-w-[40rem]" : "max-w-[29rem]",
          )}
        >
          <header className="relative flex items-start justify-between gap-4 px-5 pt-4">
            <Base.Title className="font-semibold text-lg">{title}</Base.Title>
            {/* no tooltip: it would take the Esc that closes the dialog */}
            <Base.Close
              aria-label={t("dialog.close")}
              className="-mr-1.5 flex size-7 shrink-0 items-center justify-center rounded-md text-ink-3 hover:bg-hover hover:text-ink"
            >
              <X size={16} strokeWidth={1.75} aria-hidden="true" />
            </Base.Close>
          </header>
          {description && <Base.Description className="px-5 pt-1 text-ink-2">{description}</Base.Description>}
          {children && (
            <div
              tabIndex={reading ? 0 : undefined}
              className="edges min-h-0 last:rounded-b-lg overflow-y-auto px-5 pt-4 pb-1"
            >
              {children}
            </div>
          )}
          {foot && <footer className="flex justify-end gap-2 px-5 py-4">{foot}</footer>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** Leaves a dialog as if it had not been opened; the first button at its foot. */
export function Cancel({ onClick }: { onClick: () => void }) {
  return <Button onClick={onClick}>{t("dialog.cancel")}</Button>;
}

interface ConfirmProps {
  open: boolean;
  onClose: () => void;
  title: string;
  text: ReactNode;
  /** What the button does. */
  action: string;
  onConfirm: () => void;
  busy?: boolean;
  failure?: CommandFailed | null;
}

/** Asks before something that cannot be undone. */
export function Confirm({ open, onClose, title, text, action, onConfirm, busy, failure }: ConfirmProps) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={title}
      description={text}
      foot={
        <>
          <Cancel onClick={onClose} />
          <Button look="bad" busy={busy} onClick={onConfirm}>
            {action}
          </Button>
        </>
      }
    >
      {failure && <FailureNote failure={failure} />}
    </Dialog>
  );
}
