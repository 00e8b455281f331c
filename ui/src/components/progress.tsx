interface ProgressProps {
  /** What goes on. */
  label: string;
  have: number;
  /** Unknown until it is told. */
  total: number | null;
}

/** How far something has come. */
export function Progress({ label, have, total }: ProgressProps) {
  const share = total !== null && total > 0 ? Math.min(have / total, 1) : 0;
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={total ?? undefined}
      aria-valuenow={total === null ? undefined : have}
      className="h-1 overflow-hidden rounded-full bg-press"
    >
      <div className="h-full rounded-full bg-ember" style={{ width: `${share * 100}%` }} />
    </div>
  );
}
