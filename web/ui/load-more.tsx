import { Button, type ButtonProps } from '@mantine/core';
import { useEffect, useRef } from 'react';

/** A list that is read page by page. */
interface PagedList {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** The button that reads the next page of a list, if there is one. */
export function LoadMore({ list, ...props }: { list: PagedList } & ButtonProps) {
  if (!list.hasNextPage) return null;
  return (
    <Button
      variant="default"
      {...props}
      loading={list.isFetchingNextPage}
      onClick={() => void list.fetchNextPage()}
    >
      Load more
    </Button>
  );
}

/** How far below the view the end of a list is when the next page is read. */
const NEAR = '600px 0px';

/** The same, which reads the next page by itself where the end of the list comes near; after an error only by a click. */
export function LoadMoreNearby({ list: { error, ...list } }: { list: PagedList & { error: Error | null } }) {
  const box = useRef<HTMLDivElement>(null);
  const { fetchNextPage } = list;
  const isWaiting = list.hasNextPage && !list.isFetchingNextPage && error === null;
  useEffect(() => {
    if (!isWaiting) return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) void fetchNextPage();
      },
      { rootMargin: NEAR },
    );
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, [isWaiting, fetchNextPage]);
  return (
    <div ref={box}>
      <LoadMore list={list} />
    </div>
  );
}
