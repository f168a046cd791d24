import { useSyncExternalStore } from 'react';

/** How exact the present is, in milliseconds. */
export const TICK_MS = 15_000;

/** The present, for what says how long ago something was: it goes on while the page stands. */
export function useNow(): number {
  return useSyncExternalStore(everyTick, () => Math.floor(Date.now() / TICK_MS) * TICK_MS);
}

function everyTick(changed: () => void): () => void {
  const timer = setInterval(changed, TICK_MS);
  return () => clearInterval(timer);
}
