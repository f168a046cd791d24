import { Suspense } from 'react';
import { nounOf, type ObjectType } from '../api/object-queries.ts';
import type { ObjectRecord } from '../api/record-queries.ts';
import { paths } from '../paths.ts';
import { useObjectView } from '../record/object-view.ts';
import { recordTitle } from '../record/record-title.ts';
import { capitalised } from '../ui/capitalised.ts';
import { Moment } from '../ui/relative-time.tsx';
import { TextLink } from '../ui/router-links.tsx';
import classes from './home-page.module.css';
import { HomeSection } from './home-section.tsx';

const MAX_SHOWN = 8;

/** The records that were created or changed last, of all objects. */
export function RecentRecords({
  changed,
  isLoaded,
}: {
  changed: readonly { object: ObjectType; record: ObjectRecord }[];
  isLoaded: boolean;
}) {
  const newest = changed.toSorted((a, b) => (a.record.updated_at < b.record.updated_at ? 1 : -1));
  return (
    <HomeSection title="Recent activity" isLoaded={isLoaded} empty="Nothing has changed yet.">
      {newest.slice(0, MAX_SHOWN).map(({ object, record }) => (
        <li key={record.id}>
          <TextLink {...paths.record(object.plural, record.id)} className={classes.name}>
            {recordTitle(object, record)}
          </TextLink>
          <Suspense>
            <LastChange object={object} record={record} />
          </Suspense>
          <span className={classes.aside}>
            <Moment at={record.updated_at} />
          </span>
        </li>
      ))}
    </HomeSection>
  );
}

function LastChange({ object, record }: { object: ObjectType; record: ObjectRecord }) {
  const { lastChange } = useObjectView(object.key);
  const text =
    lastChange?.(record) ?? `${capitalised(nounOf(object))} ${record.version === 1 ? 'created' : 'changed'}`;
  return <span className={classes.aside}>{text}</span>;
}
