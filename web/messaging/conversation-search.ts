/** The thread that the page of conversations shows, and whether it lists only unread ones. */
export function conversationSearch({ thread, unread }: Record<string, unknown>): {
  thread?: string;
  unread?: true;
} {
  return {
    ...(typeof thread === 'string' && { thread }),
    ...((unread === true || unread === 'true') && { unread: true as const }),
  };
}
