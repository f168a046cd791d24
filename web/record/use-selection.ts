import { useState } from 'react';

interface Row {
  id: string;
}

/** The selected rows of a list. */
export interface Selection<T> {
  /** Those that are still in the list, in its order. */
  rows: readonly T[];
  isSelected(row: T): boolean;
  /** @param isRange also the rows between this one and the last one that was clicked */
  toggle(row: T, isRange: boolean): void;
  /** Selects all loaded rows, or none if all are selected. */
  toggleAll(): void;
  clear(): void;
}

interface State {
  list: string;
  ids: ReadonlySet<string>;
  /** The row of the last click. */
  anchor: string | null;
}

/**
 * The selection of a list.
 * @param loaded all rows that the list has read so far
 * @param list identifies filters and order: another one has nothing selected
 */
export function useSelection<T extends Row>(loaded: readonly T[], list: string): Selection<T> {
  const [state, setState] = useState<State>({ list, ids: new Set(), anchor: null });
  const { ids, anchor } = state.list === list ? state : { ids: new Set<string>(), anchor: null };
  const rows = loaded.filter(({ id }) => ids.has(id));
  const set = (changed: ReadonlySet<string>, at: string | null) =>
    setState({ list, ids: changed, anchor: at });
  return {
    rows,
    isSelected: ({ id }) => ids.has(id),
    toggle({ id }, isRange) {
      const isSelecting = !ids.has(id);
      const changed = new Set(ids);
      for (const changing of isRange ? between(loaded, anchor, id) : [id]) {
        if (isSelecting) changed.add(changing);
        else changed.delete(changing);
      }
      set(changed, id);
    },
    toggleAll: () => set(new Set(rows.length === loaded.length ? [] : loaded.map(({ id }) => id)), null),
    clear: () => set(new Set(), null),
  };
}

/** The ids from one row to another, both included; only the second one if the first is gone. */
function between(loaded: readonly Row[], from: string | null, to: string): string[] {
  const first = loaded.findIndex(({ id }) => id === from);
  const last = loaded.findIndex(({ id }) => id === to);
  if (first === -1) return [to];
  return loaded.slice(Math.min(first, last), Math.max(first, last) + 1).map(({ id }) => id);
}
