import { RecordDuplicates } from '../../record/merge/record-duplicates.tsx';
import type { ObjectView } from '../../record/object-view.ts';

export const companyView: ObjectView = {
  emptyText: 'Add the companies that your contacts work for and that you sell to.',
  panels: { duplicates: ({ record }) => <RecordDuplicates objectKey="company" record={record} /> },
};
