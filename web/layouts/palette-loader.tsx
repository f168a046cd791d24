import { lazy, Suspense, useEffect } from 'react';
import { onPaletteKey, usePaletteRequests } from './palette-keys.ts';

const Palette = lazy(async () => ({ default: (await import('./command-palette.tsx')).Palette }));

/** Loads the command palette when it is first opened, by Ctrl-K or the button of the sidebar. */
export function PaletteLoader() {
  const requests = usePaletteRequests();
  useEffect(() => {
    window.addEventListener('keydown', onPaletteKey);
    return () => window.removeEventListener('keydown', onPaletteKey);
  }, []);
  if (requests === 0) return null;
  return (
    <Suspense>
      <Palette requests={requests} />
    </Suspense>
  );
}
