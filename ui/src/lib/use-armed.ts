import { useEffect, useState } from "react";

const DELAY = 1_500;

/**
 * Whether a button may be pressed: not before its question has been on the screen for a while. What opens a question
 * under a finger that is about to press gets no answer from it; nor does what brings the window back to the front.
 */
export function useArmed(question: number | string | null): boolean {
  const [armed, setArmed] = useState<number | string | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const wait = () => {
      clearTimeout(timer);
      setArmed(null);
      timer = setTimeout(() => setArmed(question), DELAY);
    };
    wait();
    window.addEventListener("focus", wait);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("focus", wait);
    };
  }, [question]);
  return question !== null && armed === question;
}
