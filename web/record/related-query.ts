import { useQuery } from '@tanstack/react-query';
import type { ObjectField, ObjectType } from '../api/object-queries.ts';
import { relatedQuery, type ObjectRecord } from '../api/record-queries.ts';
import { useObjectView } from './object-view.ts';
import { useExpansion } from './table-query.ts';

/** The records of `other` that reference a record by a field, and those that match it (`ObjectView.matchedBy`). */
export function useRelatedRecords({
  object,
  record,
  other,
  field,
}: {
  object: ObjectType;
  record: ObjectRecord;
  other: ObjectType;
  field: ObjectField;
}) {
  const expand = useExpansion(other);
  const filter = { [field.filter!.parameter]: record.id };
  const matchedBy = useObjectView(other.key).matchedBy?.({ object, record }) ?? null;
  const { data, error, refetch } = useQuery(relatedQuery(other, { ...filter, expand }));
  const { data: matched } = useQuery({
    ...relatedQuery(other, { ...matchedBy, expand }),
    enabled: matchedBy !== null,
  });
  // One that references a record belongs to that record.
  const further = (matchedBy && matched?.data.filter((item) => item[field.key] === null)) ?? [];
  return {
    records: data && [...further, ...data.data],
    count: data && data.count + further.length,
    /** The list of those that reference the record, if it has more than these. */
    all: data && data.count > data.data.length ? { filter, count: data.count } : null,
    error,
    refetch,
    /** Records can be created here, although they cannot reference the record themselves. */
    isMatched: matchedBy !== null,
  };
}
