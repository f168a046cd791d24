import { use } from 'react';
import type { ObjectType } from '../api/object-queries.ts';
import { ObjectViews } from '../record/object-view.ts';
import { RecordPage } from '../record/record-page.tsx';
import { withTelephonyViews } from './telephony-views.ts';

/** The page of a message or a call, with its files or its recording. */
export function TelephonyRecordPage(props: { object: ObjectType; id: string }) {
  const views = use(ObjectViews);
  return (
    <ObjectViews value={withTelephonyViews(views)}>
      <RecordPage {...props} />
    </ObjectViews>
  );
}
