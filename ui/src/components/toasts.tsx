import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import type { CommandFailed } from "@/platform";
import { Button, IconButton } from "./button";
import { t } from "./words";

const manager = Toast.createToastManager();

/** Says that something was done and offers to undo it. */
export function saySo(title: string, undo?: () => unknown): void {
  const id = manager.add({
    title,
    timeout: 8000,
    actionProps: undo && {
      children: t("toasts.undo"),
      onClick: () => {
        manager.close(id);
        undo();
      },
    },
  });
}

/** Says what happened and offers to go where it can be looked at. */
export function sayWith(title: string, text: string, action: string, run: () => unknown): void {
  const id = manager.add({
    title,
    description: text,
    timeout: 20_000,
    actionProps: {
      children: action,
      onClick: () => {
        manager.close(id);
        run();
      },
    },
  });
}

/** Says what went wrong with something that has no place of its own on the screen. */
export function sayFailure(failure: CommandFailed): void {
  manager.add({
    title: failure.view.message,
    description: failure.view.hint ?? undefined,
    timeout: 12_000,
    priority: "high",
  });
}

function List() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root
      key={toast.id}
      toast={toast}
      swipeDirection={[]}
      className="fade-in flex items-center gap-3 rounded-md bg-ink py-1.5 pr-1.5 pl-3 text-paper shadow-overlay"
    >
      <Toast.Content className="flex min-w-0 flex-1 items-center gap-3">
        <div className="min-w-0 flex-1">
          <Toast.Title
            className={toast.description === undefined ? "truncate" : "[overflow-wrap:anywhere]"}
          />
          <Toast.Description className="text-paper/75 text-xs" />
        </div>
        {toast.actionProps && (
          <Toast.Action
            render={
              <Button
                small
                look="quiet"
                className="text-paper! underline underline-offset-2 hover:bg-paper/15!"
              />
            }
          />
        )}
        <Toast.Close
          render={
            <IconButton
              small
              icon={X}
              label={t("toasts.dismiss")}
              className="text-paper/75! hover:bg-paper/15!"
            />
          }
        />
      </Toast.Content>
    </Toast.Root>
  ));
}

export function Toasts() {
  return (
    <Toast.Provider toastManager={manager} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className="fixed right-5 bottom-5 in-[body:has([data-foot])]:bottom-28 z-50 flex w-88 max-w-[calc(100vw-2.5rem)] flex-col gap-2">
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}
