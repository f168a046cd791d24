import { objectOf, textField, timeField } from '../../events/event-schema.ts';
import type { EventObject, EventType } from '../../events/event-type.ts';

const sample = {
  id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7ca1',
  name: 'VIP',
  previous_name: 'Very important',
  created_by: 'user:01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c71',
  created_at: '2026-06-01T12:00:00.000Z',
  updated_at: '2026-06-02T09:00:00.000Z',
};

/** A renamed tag. Records get the new name in a job, and fire nothing (RC3). */
export const TAG_RENAMED: EventType = {
  name: 'tag.renamed',
  object: 'tag',
  description: 'A tag was renamed. Its records get the new name, and fire no events.',
  sample,
  schema: objectOf({
    id: textField('The id of the tag.'),
    name: textField('Its name.'),
    previous_name: textField('Its previous name.'),
    created_by: textField('Who created the tag, as in `api_key:<id>`.'),
    created_at: timeField('When the tag was created.'),
    updated_at: timeField('When the tag was last changed.'),
  }),
};

/** A name may be personal: the summary has none. */
export const TAG_OBJECT: EventObject = {
  name: 'tag',
  summary: ({ id, updated_at: at }) => ({ id, updated_at: at }),
};
