import { Button, type ButtonProps } from '@mantine/core';

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
