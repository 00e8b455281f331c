// The secrets of keys made on this screen: known until it is left, then gone for good. Never stored.

import { useCallback, useState } from "react";

export interface Secrets {
  /** The secret of a key, by the key's id. */
  known: ReadonlyMap<string, string>;
  learn: (key: string, secret: string) => void;
}

export function useSecrets(): Secrets {
  const [known, setKnown] = useState<ReadonlyMap<string, string>>(new Map());
  const learn = useCallback(
    (key: string, secret: string) => setKnown((old) => new Map(old).set(key, secret)),
    [],
  );
  return { known, learn };
}
