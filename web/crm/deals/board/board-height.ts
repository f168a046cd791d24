import { useLayoutEffect, useRef, type RefObject } from 'react';

/** Space below the board, in pixels. */
const BELOW = 12;

/** Makes an element as high as the rest of the window, so that its columns scroll and not the page. */
export function useBoardHeight(): RefObject<HTMLDivElement | null> {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = ref.current!;
    const fit = () => {
      const top = element.getBoundingClientRect().top + window.scrollY;
      element.style.setProperty('--board-height', `${Math.floor(window.innerHeight - top - BELOW)}px`);
    };
    // What is above grows and shrinks with the window and with the filters.
    const observer = new ResizeObserver(fit);
    observer.observe(document.documentElement);
    for (const sibling of element.parentElement?.children ?? [])
      if (sibling !== element) observer.observe(sibling);
    fit();
    return () => observer.disconnect();
  }, []);
  return ref;
}
