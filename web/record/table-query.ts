import type { Query } from '../api/client.ts';
import { useObjects, type ObjectField, type ObjectType } from '../api/object-queries.ts';
import { queriesOf } from '../api/record-queries.ts';
import { useListSearch } from './list-search.ts';
import { listFields } from './object-fields.ts';
import { useObjectView } from './object-view.ts';

/** The query of the table on view. The records that its columns reference come with it, in one request. */
export function useTableQuery(object: ObjectType, filter: Query) {
  const [{ sort = '-created_at' }] = useListSearch();
  return queriesOf(object).list({ ...filter, sort, expand: useExpansion(object) });
}

/**
 * The parameter `expand` for the references that lists of an object show; undefined for none. References that the
 * session may not read are left out: the API refuses to expand them.
 */
export function useExpansion(object: ObjectType): string | undefined {
  const objects = useObjects();
  const isReadable = ({ kind, references }: ObjectField) =>
    kind === 'record' && objects.some(({ key }) => key === references);
  const names = listFields(object, useObjectView(object.key)).flatMap(({ field }) =>
    isReadable(field) ? [field.key] : [],
  );
  return names.length > 0 ? names.join(',') : undefined;
}
