import { z } from 'zod';

/**
 * The context of deal.stage_changed (AN4): names of the stages and the pipeline, and the owner, at the time of
 * the write. `f` is the event (events/outbox.ts).
 */
export const STAGE_CHANGE_CONTEXT = `json_build_object(
    'previous_stage', ${nameOf('stage', "f.changed->>'stage_id'")},
    'new_stage', ${nameOf('stage', "f.record->>'stage_id'")},
    'pipeline', ${nameOf('pipeline', "f.record->>'pipeline_id'")},
    'owner', (select json_build_object('id', u.id, 'name', u.name) from app_user u
      where u.id = (f.record->>'owner_id')::uuid))`;

function nameOf(table: 'stage' | 'pipeline', id: string): string {
  return `(select t.name from ${table} t where t.workspace_id = f.workspace_id and t.id = (${id})::uuid)`;
}

export const stageChangeSample = {
  previous_stage: 'Proposal',
  new_stage: 'Negotiation',
  pipeline: 'Sales pipeline',
  owner: { id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c71', name: 'Sam Seller' },
};

export const stageChangeOutput = z.object({
  previous_stage: z
    .string()
    .nullable()
    .meta({ description: 'Name of the previous stage; null if it was deleted' }),
  new_stage: z.string().nullable().meta({ description: 'Name of the new stage' }),
  pipeline: z.string().nullable().meta({ description: 'Name of the pipeline' }),
  owner: z
    .object({
      id: z.uuid().meta({ description: 'User id' }),
      name: z.string().meta({ description: 'Name' }),
    })
    .nullable()
    .meta({ description: 'Owner of the deal' }),
});
