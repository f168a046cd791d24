/** A least-recently-used cache for texts that are expensive to produce. */
export interface TextCache {
  get(key: string): string | undefined;
  /** @returns the text */
  put(key: string, text: string): string;
}

/** @param maxCharacters total characters of all texts; a larger text is not cached */
export function makeTextCache(maxCharacters: number): TextCache {
  // Least recently used first.
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
      if (text.length > maxCharacters) return text;
      texts.set(key, text);
      size += text.length;
      for (const oldest of texts.keys()) {
        if (size <= maxCharacters) break;
        drop(oldest);
      }
      return text;
    },
  };
}
