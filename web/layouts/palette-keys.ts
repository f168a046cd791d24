import { useSyncExternalStore } from 'react';

// The palette is loaded when it is opened for the first time. What is typed before its input has the focus is kept here,
// so that a search that begins with Ctrl-K loses no key.

/** After this time, keys go to the page again: the palette could not be loaded. */
const MAX_WAIT_MS = 10_000;

let requests = 0;
const listeners = new Set<() => void>();
/** What was typed since the request; null once the input has the focus. */
let typed: string | null = null;
let waiting: ReturnType<typeof setTimeout> | undefined;
/** Closes the palette if it is open. */
let closeOpened: () => boolean = () => false;

/** Opens the palette, and keeps what is typed until `takeTyped`. */
export function openPalette(): void {
  if (typed === null) {
    typed = '';
    window.addEventListener('keydown', keepKey, true);
    waiting = setTimeout(takeTyped, MAX_WAIT_MS);
  }
  requests += 1;
  for (const listener of listeners) listener();
}

/** What was typed before the input had the focus. The keys are its own from now on. */
export function takeTyped(): string {
  const taken = typed ?? '';
  typed = null;
  clearTimeout(waiting);
  window.removeEventListener('keydown', keepKey, true);
  return taken;
}

/** How often the palette was requested; 0: never. */
export function usePaletteRequests(): number {
  return useSyncExternalStore(subscribe, () => requests);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** @param close closes the palette and returns true, if it is open */
export function setPaletteCloser(close: () => boolean): void {
  closeOpened = close;
}

/** Opens the palette by its key, or closes it. For `keydown` of the window. */
export function onPaletteKey(event: KeyboardEvent): void {
  if (!isPaletteKey(event)) return;
  // Browsers have a search of their own on this key.
  event.preventDefault();
  if (!closeOpened()) openPalette();
}

/** Ctrl-K, or Cmd-K on a Mac; also from within a text field, where people are when they look something up. */
function isPaletteKey({ key, code, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): boolean {
  return (ctrlKey || metaKey) && !altKey && !shiftKey && (key.toLowerCase() === 'k' || code === 'KeyK');
}

/** Enter and the arrow keys would act on the page behind the palette. */
const ACTING_KEYS = new Set(['Enter', 'Tab', 'ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight']);

function keepKey(event: KeyboardEvent): void {
  const { key, ctrlKey, metaKey, isComposing } = event;
  if (typed === null || isComposing || ctrlKey || metaKey) return;
  if (key === 'Escape') {
    takeTyped();
    return;
  }
  if (Array.from(key).length === 1) typed += key;
  else if (key === 'Backspace') typed = Array.from(typed).slice(0, -1).join('');
  else if (!ACTING_KEYS.has(key)) return;
  event.preventDefault();
  event.stopPropagation();
}
