import { useNavigate, useSearch } from '@tanstack/react-router';

/** A sort of the API; the list itself refuses a field that it cannot be sorted by. */
const SORT = /^-?[\w.]{1,80}$/;

/** The search parameters of a list: filters by their parameters, order, layout, and whether its create form is open. */
export interface ListSearch {
  [filter: string]: string | true | undefined;
  sort?: string | undefined;
  create?: true | undefined;
  /** The layout; a table by default. */
  view?: string | undefined;
}

/** Parses the search parameters of a list. */
export function listSearch(input: Record<string, unknown>): ListSearch {
  const texts = Object.entries(input).flatMap(([name, value]) =>
    ['string', 'number', 'boolean'].includes(typeof value) || value === null ? [[name, String(value)]] : [],
  );
  return {
    ...(Object.fromEntries(texts) as Record<string, string>),
    sort: typeof input['sort'] === 'string' && SORT.test(input['sort']) ? input['sort'] : undefined,
    create: input['create'] === true ? true : undefined,
  };
}

/** The search parameters of the list on view, and how to change them. */
export function useListSearch(): [ListSearch, (change: ListSearch) => void] {
  const search = useSearch({ from: '/inside/$plural' });
  const navigate = useNavigate({ from: '/$plural' });
  const onSearch = (change: ListSearch) =>
    void navigate({ search: (before: ListSearch) => ({ ...before, ...change }), replace: true });
  return [search, onSearch];
}
