import { lazy, Suspense } from 'react';
import type { components } from '../api/schema.d.ts';
import { viewOf } from '../record/object-view.ts';

type Template = components['schemas']['Template'];

/** Loaded on demand: lists do not need it. */
const TemplatePreview = lazy(async () => ({
  default: (await import('./template-preview.tsx')).TemplatePreview,
}));

const EmailList = lazy(async () => ({ default: (await import('./email-list.tsx')).EmailList }));

/** A template is edited in the form of records, next to what it becomes for a contact. */
export const templateView = viewOf<Template>({
  isNameEnough: false,
  emptyText: 'Texts for emails that you send often, with merge fields such as {{ contact.first_name }}.',
  formOrder: ['name', 'subject', 'html', 'text'],
  fields: {
    subject: { column: { width: '40%' } },
    html: { Cell: null, Value: null },
    text: { Cell: null, Value: null },
  },
  List: EmailList,
  Progress: ({ record }) => (
    <Suspense>
      <TemplatePreview template={record} />
    </Suspense>
  ),
});
