import { Table } from '@mantine/core';
import { useEffect, useRef, useState, type ReactNode } from 'react';

/** Rows that are drawn together, as many as a page of the API has. */
export const CHUNK_ROWS = 50;

/** How far above and below the view rows are drawn. */
const NEAR = '600px 0px';

/**
 * Consecutive rows of a long table. Far from the view they are left out, and one row as high as they were takes their
 * place: a table of 5,000 rows costs as much as one of 150.
 * @param isAlone the table has no other rows: they are always drawn
 */
export function RowChunk({
  columnCount,
  isAlone,
  children,
}: {
  columnCount: number;
  isAlone: boolean;
  children: () => ReactNode;
}) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [farHeight, setHeight] = useState<number | null>(null);
  const height = isAlone ? null : farHeight;
  useEffect(() => {
    if (isAlone) return undefined;
    const element = body.current!;
    const observer = new IntersectionObserver(
      (entries) => {
        const { isIntersecting, boundingClientRect } = entries.at(-1)!;
        if (isIntersecting) setHeight(null);
        // What has the focus stays: leaving it out would lose the place of the keyboard.
        else if (!element.contains(document.activeElement)) setHeight(boundingClientRect.height);
      },
      { rootMargin: NEAR },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [isAlone]);
  return (
    <Table.Tbody ref={body} aria-hidden={height === null ? undefined : true}>
      {height === null ? (
        children()
      ) : (
        <Table.Tr style={{ height }}>
          <Table.Td colSpan={columnCount} style={{ height, padding: 0 }} />
        </Table.Tr>
      )}
    </Table.Tbody>
  );
}
