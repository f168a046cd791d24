/** The thread that the page of conversations shows. */
export function conversationSearch({ thread }: Record<string, unknown>): { thread?: string } {
  return typeof thread === 'string' ? { thread } : {};
}
