import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useObject, type ObjectType } from '../api/object-queries.ts';
import { queriesOf } from '../api/record-queries.ts';
import { paths } from '../paths.ts';
import { TextLink } from '../ui/router-links.tsx';
import { NO_RECORD, recordTitle } from './record-title.ts';

interface Reference {
  /** As in `contact`. */
  objectKey: string | undefined;
  id: string;
}

/** Links to a related record, showing its name. The reference remains after its record is deleted. */
export function RecordLink({ objectKey, id }: Reference) {
  const object = useObject(objectKey);
  return object ? <KnownRecord object={object} id={id} isLink /> : id;
}

/** The name of a related record. */
export function RecordName({ objectKey, id }: Reference) {
  const object = useObject(objectKey);
  return object ? <KnownRecord object={object} id={id} /> : id;
}

function KnownRecord({ object, id, isLink }: { object: ObjectType; id: string; isLink?: boolean }) {
  const { data, isLoading } = useQuery(queriesOf(object).detail(id));
  if (isLoading) return <Skeleton height={10} width={120} maw="100%" my={4} />;
  if (!data) return NO_RECORD;
  const title = recordTitle(object, data);
  return isLink ? <TextLink {...paths.record(object.plural, id)}>{title}</TextLink> : title;
}
