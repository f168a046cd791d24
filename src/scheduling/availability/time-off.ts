import { z } from 'zod';
import { isoTime } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import { text } from '../../base/values/text.ts';
import { instant } from '../../base/values/time.ts';
import { ignored } from '../../record/fields/field.ts';
import { recordId } from '../../record/fields/record.ts';

/** Time in which a member takes no appointments. */
export interface TimeOff {
  id: Uuid;
  version: number;
  user_id: Uuid;
  starts_at: string;
  ends_at: string;
  /** For colleagues who manage availability; guests never see it. */
  reason: string | null;
  created_by: string;
  created_at: string;
  updated_at: string;
}

const time = instant.transform((value) => isoTime(Date.parse(value)));

const own = {
  starts_at: time,
  ends_at: time.meta({ description: 'After starts_at.' }),
  reason: text(200).meta({
    description: 'Shown to the member and to those with `booking:manage`, never to guests.',
  }),
};

const readOnly = {
  id: ignored,
  version: ignored,
  created_by: ignored,
  created_at: ignored,
  updated_at: ignored,
};

export const timeOffCreateBody = z.strictObject({
  ...readOnly,
  user_id: recordId
    .optional()
    .meta({ description: 'The member; default: the member who calls, or who made the key.' }),
  ...own,
  reason: own.reason.default(null),
});

export const timeOffUpdateBody = z.strictObject({ ...readOnly, user_id: ignored, ...own }).partial();

export type TimeOffChange = Partial<Pick<TimeOff, 'starts_at' | 'ends_at' | 'reason'>>;

export const timeOffShape = z
  .object({
    id: z.uuid(),
    version: z.int(),
    user_id: z.uuid(),
    starts_at: z.iso.datetime(),
    ends_at: z.iso.datetime(),
    reason: z.string().nullable(),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'TimeOff' });
