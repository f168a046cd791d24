const SORTS = ['-created_at', 'created_at', '-updated_at', 'updated_at'] as const;

/** The order of a list, and whether its create form is open. */
export interface ListView {
  sort?: (typeof SORTS)[number] | undefined;
  create?: true | undefined;
}

/** The search parameters of a list: order, create form and filters. */
export type ListSearch<Filter extends string> = { [Name in Filter]?: string | undefined } & ListView;

/** Parses the search parameters of a list; drops unknown ones. */
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
