import type { EventObject, EventType } from '../delivery/event.ts';
import type { Ledger } from '../http/ledger.ts';
import type { Route } from '../http/route.ts';
import { activityRoutes } from './activities/activity-routes.ts';
import { company } from './companies/company.ts';
import { contact } from './contacts/contact.ts';
import { employerName } from './contacts/employer.ts';
import { deal } from './deals/deal.ts';
import { place, type Placement } from './pipelines/pipeline.ts';
import { pipelineRoutes } from './pipelines/pipeline-routes.ts';
import { makePipelines, type Pipelines } from './pipelines/pipeline-store.ts';
import { eventsOf } from './noun-events.ts';
import type { Noun } from './record.ts';
import { task } from './tasks/task.ts';
import { recordRoutes, type Completion } from './record-routes.ts';
import type { StoreParts } from './record-store.ts';

/** The registry: every kind of record there is. A new noun is its folder, a migration, and a line here. */
const NOUNS = [contact, company, deal, task] as const;

/** Plural names, from which the scopes come. */
export const RECORD_OBJECTS: readonly string[] = [
  ...NOUNS.map((noun) => noun.plural),
  'pipelines',
  'activities',
];

export const RECORD_EVENTS: readonly EventType[] = NOUNS.flatMap((noun) => eventsOf(noun as Noun));

export const EVENT_OBJECTS: readonly EventObject[] = NOUNS.map(({ name, summary }) => ({ name, summary }));

export function crmRoutes(parts: StoreParts, ledger: Ledger): Route[] {
  const pipelines = makePipelines(parts);
  const completions: Partial<Record<string, Completion>> = {
    contact: employerName(parts.db),
    deal: placing(pipelines),
  };
  return [
    ...NOUNS.flatMap((noun) => recordRoutes(noun as Noun, parts, completions[noun.name])),
    ...pipelineRoutes(pipelines, ledger),
    ...activityRoutes(parts.db),
  ];
}

/** Deals get their place in a pipeline; a change that names none leaves it. */
function placing(pipelines: Pipelines): Completion {
  return async (workspaceId, input, kind) => {
    const asked = input as Placement;
    if (kind === 'change' && asked.pipeline_id === undefined && asked.stage_id === undefined) return input;
    const placed = place(await pipelines.of(workspaceId), asked);
    // To name the pipeline that a deal is in, and no stage, moves nothing: deal.ts knows where it is.
    return { ...input, ...placed, ...(kind === 'change' && { moves: Boolean(asked.stage_id) }) };
  };
}
