import { z } from 'zod';

/** SQL: the context of a change of status. `f` is the event (events/outbox.ts). */
export const STATUS_CHANGE_CONTEXT = `json_build_object(
    'previous_status', f.changed->>'status', 'new_status', f.record->>'status')`;

export const statusChangeSample = { previous_status: 'enrolled', new_status: 'in_progress' };

export const statusChangeOutput = z.object({
  previous_status: z.string().meta({ description: 'The status before' }),
  new_status: z.string().meta({ description: 'The status after' }),
});
