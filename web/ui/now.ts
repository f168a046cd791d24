import { useSyncExternalStore } from 'react';

/** The resolution of the current time, in milliseconds. */
export const TICK_MS = 15_000;

/** The current time, updated on each tick; for relative times. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => Math.floor(Date.now() / TICK_MS) * TICK_MS);
}

function subscribe(changed: () => void): () => void {
  const timer = setInterval(changed, TICK_MS);
  return () => clearInterval(timer);
}
