/** Runs works of one key one after the other in this process; other keys do not wait. */
export interface Turns {
  take<T>(key: string, work: () => Promise<T>): Promise<T>;
}

export function makeTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();

  return {
    async take(key, work) {
      const before = last.get(key) ?? Promise.resolve();
      const own = before.then(work, work);
      const settled = own.catch(() => undefined);
      last.set(key, settled);
      try {
        return await own;
      } finally {
        if (last.get(key) === settled) last.delete(key);
      }
    },
  };
}
