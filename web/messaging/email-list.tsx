import type { ObjectType } from '../api/object-queries.ts';
import { RecordList } from '../record/record-list.tsx';
import { EmailViews } from './email-views.tsx';

/** Emails or templates, which share an item of the navigation. */
export function EmailList({ object }: { object: ObjectType }) {
  return (
    <RecordList
      object={object}
      tools={<EmailViews value={object.key === 'email' ? 'emails' : 'templates'} />}
    />
  );
}
