import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { settings } from "@/api/queries";
import { speak } from "@/i18n";

/** Speaks what the setting says. */
export function useLanguageSetting(): void {
  const language = useQuery(settings).data?.language;
  useEffect(() => {
    if (language !== undefined) speak(language);
  }, [language]);
}
