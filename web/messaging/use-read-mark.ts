import { useEffect, useRef } from 'react';
import { useHasScope } from '../api/session-queries.ts';

/**
 * Marks what is open as read, once: what is marked as unread while it is open stays unread.
 * @param key what is open, as its id; undefined while nothing of it is unread
 */
export function useReadMark(key: string | undefined, markRead: () => void): void {
  const mayWrite = useHasScope('emails:write');
  const marked = useRef<string>(undefined);
  useEffect(() => {
    if (key === undefined || !mayWrite || marked.current === key) return;
    marked.current = key;
    markRead();
  }, [key, mayWrite, markRead]);
}
