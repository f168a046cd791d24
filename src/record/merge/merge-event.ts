import { z } from 'zod';

/** Of this many moved records an event has the ids; of more, only their number. */
export const MAX_MOVED_IDS = 1000;

const contextOutput = z.object({
  merged_ids: z.array(z.string()).meta({ description: 'Ids of the records that were merged into it.' }),
  moved: z
    .array(
      z.object({
        object: z.string().meta({ description: 'Object of the moved records, as in `deal`.' }),
        count: z.int().meta({ description: 'How many of them were moved.' }),
        ids: z
          .array(z.string())
          .optional()
          .meta({ description: `Their ids; left out if more than ${MAX_MOVED_IDS} records were moved.` }),
      }),
    )
    .meta({ description: 'Records that referenced a merged record and now reference this one.' }),
});

/** The context of a merge event. */
export type MergeContext = z.infer<typeof contextOutput>;

const context: MergeContext = {
  merged_ids: ['01976d3c-2f80-7c4e-9d0a-5b1f0e3a7cb1'],
  moved: [{ object: 'deal', count: 1, ids: ['01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c41'] }],
};

/** The definition of the merge event of a noun (AN2, RC5). @param subject as in `a contact` */
export function mergeEvent(subject: string) {
  return {
    merged: {
      sample: {},
      description: `Other records were merged into ${subject}. Fires alone: neither the change nor moved records fire events.`,
      context,
      contextOutput,
      contextInRecord: true,
      isBeyondChange: true,
    },
  } as const;
}
