import { useLayoutEffect, useRef, useState, type RefObject } from 'react';

/** The first row to draw, and the row after the last one. */
interface Range {
  first: number;
  end: number;
}

/** Rows that are drawn beyond the visible ones: scrolling by a few rows draws nothing. */
const BEYOND = 6;
/** Before the height of the column is known. */
const FIRST_RANGE: Range = { first: 0, end: 14 };

/**
 * The rows of a scrolling column that are drawn: those in view and a few beyond. All rows have the same height, so that
 * a column of 500 cards costs as much as one of 20.
 * @param rowRem the height of a row with its gap, in rem
 */
export function useCardWindow(rowRem: number): {
  scroller: RefObject<HTMLDivElement | null>;
  range: Range;
  rowHeight: number;
} {
  const scroller = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState(FIRST_RANGE);
  // Once: it makes the browser calculate all styles, and each move of a card draws the columns again.
  const [rowHeight] = useState(() => rowRem * rootFontSize());

  useLayoutEffect(() => {
    const element = scroller.current!;
    const update = () => {
      const first = Math.max(0, Math.floor(element.scrollTop / rowHeight));
      const end = Math.ceil((element.scrollTop + element.clientHeight) / rowHeight);
      setRange((before) =>
        isCovered(before, first, end) ? before : { first: Math.max(0, first - BEYOND), end: end + BEYOND },
      );
    };
    const observer = new ResizeObserver(update);
    observer.observe(element);
    element.addEventListener('scroll', update, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', update);
    };
  }, [rowHeight]);
  return { scroller, range, rowHeight };
}

function isCovered(range: Range, first: number, end: number): boolean {
  return range.first <= first && range.end >= end && range.end - end <= 4 * BEYOND;
}

function rootFontSize(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}
