/** What the connect screen says. */
export const WORDS = {
  title: "Connect",
  lead: "Every agent answers at this address, in the protocol that OpenAI's SDKs and most editors speak.",
  address: "Address",
  listening: "Listening, on this machine only",
  insteadOf: (wanted: number) => `Another program has port ${wanted}, so this one was taken.`,
  stopped: "The endpoint is not running.",
  copy: "Copy the address",
  port: "Port",
  snippets: "In your programs",
  agent: "Agent",
  keyNote: "Put a client key where it says YOUR_KEY.",
} as const;
