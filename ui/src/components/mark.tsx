/** The mark without its tile: an arch with an ember in it. */
export function Mark({ size = 20 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 1024 1024" aria-hidden="true">
      <path d="M192 896V512a320 320 0 0 1 640 0v384" fill="none" stroke="currentColor" strokeWidth="128" />
      <circle cx="512" cy="768" r="128" fill="var(--c-ember)" />
    </svg>
  );
}
