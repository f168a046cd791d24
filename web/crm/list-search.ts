const SORTS = ['-created_at', 'created_at', '-updated_at', 'updated_at'] as const;

/** How a list is ordered, and whether a new record is being made in it. */
export interface ListView {
  sort?: (typeof SORTS)[number] | undefined;
  create?: true | undefined;
}

/** All that the address of a list says: also how it is narrowed. */
export type ListSearch<Filter extends string> = { [Name in Filter]?: string | undefined } & ListView;

/** Reads a list's address; what it does not know is left out. */
export function listSearch<Filter extends string>(filters: readonly Filter[]) {
  return (input: Record<string, unknown>): ListSearch<Filter> => {
    const found = filters.flatMap((name) => {
      const value = input[name];
      return typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : [];
    });
    return {
      ...(Object.fromEntries(found) as { [Name in Filter]?: string }),
      sort: SORTS.find((sort) => sort === input['sort']),
      create: input['create'] === true ? true : undefined,
    } as ListSearch<Filter>;
  };
}
