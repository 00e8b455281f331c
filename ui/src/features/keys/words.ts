/** What the client keys say. */
import { words } from "@/i18n";
import type { Fault, KeyForm } from "./form";

export const t = words("keys");

/** What each part of a key's form is given. */
export interface PartProps {
  form: KeyForm;
  /** Empty until the form was sent once. */
  faults: ReadonlyMap<string, Fault>;
  set: (part: Partial<KeyForm>) => void;
}
