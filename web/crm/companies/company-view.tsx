import { lazy, Suspense } from 'react';
import type { ObjectView } from '../../record/object-view.ts';

/** Loaded on demand: lists do not need it. */
const RecordDuplicates = lazy(async () => ({
  default: (await import('../../record/merge/record-duplicates.tsx')).RecordDuplicates,
}));

export const companyView: ObjectView = {
  emptyText: 'Add the companies that your contacts work for and that you sell to.',
  panels: {
    duplicates: ({ record }) => (
      <Suspense>
        <RecordDuplicates objectKey="company" record={record} />
      </Suspense>
    ),
  },
};
