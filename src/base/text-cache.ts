/** Texts that cost time to make, the ones that were asked for last. */
export interface TextCache {
  get(key: string): string | undefined;
  /** @returns the text */
  put(key: string, text: string): string;
}

/** @param most characters of all texts together; a larger text is not kept */
export function makeTextCache(most: number): TextCache {
  // In the order in which they were asked for.
  const texts = new Map<string, string>();
  let size = 0;

  function drop(key: string): void {
    size -= texts.get(key)?.length ?? 0;
    texts.delete(key);
  }

  return {
    get(key) {
      const text = texts.get(key);
      if (text === undefined) return undefined;
      texts.delete(key);
      texts.set(key, text);
      return text;
    },

    put(key, text) {
      drop(key);
      if (text.length > most) return text;
      texts.set(key, text);
      size += text.length;
      for (const oldest of texts.keys()) {
        if (size <= most) break;
        drop(oldest);
      }
      return text;
    },
  };
}
