import { Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { duplicatesQuery } from '../../api/merge-queries.ts';
import { useObject, type ObjectType } from '../../api/object-queries.ts';
import type { ObjectRecord } from '../../api/record-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { paths } from '../../paths.ts';
import { TextLink } from '../../ui/router-links.tsx';
import { recordTitle } from '../record-title.ts';
import classes from './record-duplicates.module.css';

/** Other records that may be the same, each with a link that compares the two. */
export function RecordDuplicates({ objectKey, record }: { objectKey: string; record: object }) {
  const object = useObject(objectKey);
  return object && <Duplicates object={object} record={record as ObjectRecord} />;
}

function Duplicates({ object, record }: { object: ObjectType; record: ObjectRecord }) {
  const { data: duplicates = [] } = useQuery(duplicatesQuery(object.plural, record.id));
  const mayMerge = useHasScope(`${object.plural}:write`);
  if (duplicates.length === 0) return null;
  return (
    <section className={classes.root} aria-labelledby="duplicates-title">
      <Title order={2} id="duplicates-title">
        Perhaps the same
      </Title>
      <ul className={classes.list} aria-labelledby="duplicates-title">
        {duplicates.map((other) => (
          <li key={other.id}>
            <TextLink {...paths.record(object.plural, other.id)}>{recordTitle(object, other)}</TextLink>
            <span className={classes.about}>{sharedValues(object, record, other)}</span>
            {mayMerge && (
              <TextLink {...paths.mergeOf(object.plural, record.id, other.id)}>Compare and merge</TextLink>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The values that the other record has and is recognised by. */
export function sharedValues(object: ObjectType, record: ObjectRecord, other: ObjectRecord): string {
  const title = recordTitle(object, other);
  const shown = object.match_fields
    .flatMap((field) => [other[field], other[`other_${field}s`]].flat())
    .filter((value): value is string => typeof value === 'string' && value !== title);
  const own = new Set(
    object.match_fields
      .flatMap((field) => [record[field], record[`other_${field}s`]].flat())
      .map((value) => comparable(value)),
  );
  const shared = shown.filter((value) => own.has(comparable(value)));
  return [...new Set(shared.length > 0 ? shared : shown)].slice(0, 2).join(' · ');
}

/** Numbers are compared by their digits. */
function comparable(value: unknown): string {
  if (typeof value !== 'string') return '';
  const digits = value.replaceAll(/[\s()./-]/g, '');
  return /^\+?\d+$/.test(digits) ? digits : value.toLowerCase();
}
