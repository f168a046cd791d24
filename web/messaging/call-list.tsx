import { use } from 'react';
import type { ObjectType } from '../api/object-queries.ts';
import { ObjectViews } from '../record/object-view.ts';
import { RecordList } from '../record/record-list.tsx';
import { withTelephonyViews } from './telephony-views.ts';

/** Calls, with the columns and the form that they need. */
export function CallList({ object }: { object: ObjectType }) {
  const views = use(ObjectViews);
  return (
    <ObjectViews value={withTelephonyViews(views)}>
      <RecordList object={object} />
    </ObjectViews>
  );
}
