import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useObject, type ObjectType } from '../api/object-queries.ts';
import { queriesOf, type ExpandedRecord, type ObjectRecord } from '../api/record-queries.ts';
import { paths } from '../paths.ts';
import { TextLink } from '../ui/router-links.tsx';
import { NO_RECORD, recordTitle } from './record-title.ts';

interface Reference {
  /** As in `contact`. */
  objectKey: string | undefined;
  id: string;
  /** The record as `expand` returned it, null if there is none. Without it, the record is read by a request. */
  expanded?: ExpandedRecord | null | undefined;
}

/** Links to a related record, showing its name. The reference remains after its record is deleted. */
export function RecordLink({ objectKey, ...reference }: Reference) {
  const object = useObject(objectKey);
  return object ? <KnownRecord object={object} {...reference} isLink /> : NO_RECORD;
}

/** The name of a related record. */
export function RecordName({ objectKey, ...reference }: Reference) {
  const object = useObject(objectKey);
  return object ? <KnownRecord object={object} {...reference} /> : NO_RECORD;
}

/** The newer of the record that came with a list and the one that a form or a page has cached since. */
function KnownRecord({
  object,
  id,
  expanded,
  isLink,
}: Omit<Reference, 'objectKey'> & { object: ObjectType; isLink?: boolean }) {
  const { data: cached, isLoading } = useQuery({
    ...queriesOf(object).detail(id),
    enabled: expanded === undefined,
  });
  const data = isDeleted(expanded) ? null : newest(expanded, cached);
  if (isLoading) return <Skeleton height={10} width={120} maw="100%" my={4} />;
  if (!data) return NO_RECORD;
  const title = recordTitle(object, data);
  return isLink ? <TextLink {...paths.record(object.plural, id)}>{title}</TextLink> : title;
}

/** A record that was expanded may have lost its values: of a deleted one, only its id is left. */
function isDeleted(expanded: ExpandedRecord | null | undefined): boolean {
  return expanded !== undefined && expanded?.version === undefined;
}

function newest(expanded: ExpandedRecord | null | undefined, cached: ObjectRecord | undefined) {
  if (!expanded?.version) return cached;
  return cached && cached.version > expanded.version ? cached : expanded;
}
