import { useEffect, useState } from "react";
import { type Given, platform } from "@/platform";
import { type Attached, draftFiles, keepDraftFiles, readFiles } from "./attach";

/** The files of a draft, and whether some are held over the window right now. */
export function useFiles(draft: string) {
  const [files, setFiles] = useState(() => draftFiles(draft));
  const [refused, setRefused] = useState<readonly string[]>([]);
  const [over, setOver] = useState(false);

  const put = (next: readonly Attached[]) => {
    keepDraftFiles(draft, next);
    setFiles(next);
  };
  const add = async (chosen: readonly (File | Given)[]) => {
    const found = await readFiles(chosen, draftFiles(draft));
    setRefused(found.refused);
    if (found.added.length > 0) put([...draftFiles(draft), ...found.added]);
  };
  const remove = (id: string) => {
    setRefused([]);
    put(files.filter((file) => file.id !== id));
  };

  // wherever in the window they are dropped: beside the field, a browser would leave the page for them
  // biome-ignore lint/correctness/useExhaustiveDependencies: `add` reads the draft of the moment
  useEffect(() => {
    const types = (event: DragEvent) => event.dataTransfer?.types ?? [];
    // where the page is given no files, it is told of their addresses alone
    const carries = (event: DragEvent) =>
      types(event).includes("Files") ||
      (platform.onDrop !== undefined && types(event).includes("text/uri-list"));
    const onOver = (event: DragEvent) => {
      if (!carries(event)) return;
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
      setOver(true);
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent) => {
      if (!carries(event)) return;
      event.preventDefault();
      setOver(false);
      void add([...(event.dataTransfer?.files ?? [])]);
    };
    window.addEventListener("dragover", onOver);
    window.addEventListener("dragleave", onLeave);
    window.addEventListener("drop", onDrop);
    const silent = platform.onDrop?.((given) => {
      setOver(false);
      void add(given);
    });
    return () => {
      silent?.();
      window.removeEventListener("dragover", onOver);
      window.removeEventListener("dragleave", onLeave);
      window.removeEventListener("drop", onDrop);
    };
  }, [draft]);

  return { files, refused, over, add, remove, clear: () => put([]) };
}
