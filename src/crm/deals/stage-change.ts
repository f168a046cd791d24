import { z } from 'zod';
import { told } from '../../record/noun.ts';

/**
 * What deal.stage_changed tells beside the deal (contracts AN4): its stages and pipeline by name and its owner, as
 * they are when the move is written. `f` is the event: outbox.ts.
 */
export const MOVE_CONTEXT = `json_build_object(
    'previous_stage', ${nameOf('stage', "f.changed->>'stage_id'")},
    'new_stage', ${nameOf('stage', "f.record->>'stage_id'")},
    'pipeline', ${nameOf('pipeline', "f.record->>'pipeline_id'")},
    'owner', (select json_build_object('id', u.id, 'name', u.name) from app_user u
      where u.id = (f.record->>'owner_id')::uuid))`;

function nameOf(table: 'stage' | 'pipeline', id: string): string {
  return `(select t.name from ${table} t where t.workspace_id = f.workspace_id and t.id = (${id})::uuid)`;
}

export const moveSample = {
  previous_stage: 'Proposal',
  new_stage: 'Negotiation',
  pipeline: 'Sales pipeline',
  owner: { id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c71', name: 'Sam Seller' },
};

export const moveOutput = z.object({
  previous_stage: told('The name of the stage where the deal stood; null where that is gone.'),
  new_stage: told('The name of the stage where it stands now.'),
  pipeline: told('The name of its pipeline.'),
  owner: z
    .object({
      id: z.uuid().meta({ description: 'The member.' }),
      name: z.string().meta({ description: 'What they are called.' }),
    })
    .nullable()
    .meta({ description: 'The member who looks after it.' }),
});
