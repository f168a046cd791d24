import type { EventObject, EventType } from '../delivery/event.ts';
import type { Ledger } from '../http/ledger.ts';
import type { Route } from '../http/route.ts';
import { activityRoutes } from './activities/activity-routes.ts';
import { company } from './companies/company.ts';
import { contact } from './contacts/contact.ts';
import { employerName } from './contacts/employer.ts';
import { deal } from './deals/deal.ts';
import { FORM_EVENTS } from './forms/form-lead.ts';
import { makeForms, type FormParts, type Forms } from './forms/forms.ts';
import { leadCompletion } from './leads/lead-arrival.ts';
import { leadCreation } from './leads/lead-creation.ts';
import { leadIntake } from './leads/lead-intake.ts';
import { leadSettingsRoutes } from './leads/lead-settings.ts';
import { leadSubmissionRoutes } from './leads/lead-submission.ts';
import { makeLeadWords } from './leads/lead-word.ts';
import { leadWordRoutes } from './leads/lead-word-routes.ts';
import { lead } from './leads/lead.ts';
import { place, type Placement } from './pipelines/pipeline.ts';
import { pipelineRoutes } from './pipelines/pipeline-routes.ts';
import { makePipelines, type Pipelines } from './pipelines/pipeline-store.ts';
import { eventsOf } from './noun-events.ts';
import type { Noun } from './record.ts';
import { task } from './tasks/task.ts';
import { recordRoutes, type Completion, type Extras } from './record-routes.ts';
import type { StoreParts } from './record-store.ts';

/** The registry: every kind of record there is. A new noun is its folder, a migration, and a line here. */
const NOUNS = [contact, company, deal, task, lead] as const;

/** Plural names, from which the scopes come. */
export const RECORD_OBJECTS: readonly string[] = [
  ...NOUNS.map((noun) => noun.plural),
  'pipelines',
  'activities',
  'forms',
];

export const RECORD_EVENTS: readonly EventType[] = [
  ...NOUNS.flatMap((noun) => eventsOf(noun as Noun)),
  ...FORM_EVENTS,
];

export const EVENT_OBJECTS: readonly EventObject[] = NOUNS.map(({ name, summary }) => ({ name, summary }));

export interface CrmParts extends StoreParts {
  ledger: Ledger;
  /** Where people reach this installation. */
  baseUrl(): string;
  /** How many leads an hour a workspace takes that has set nothing; 0: any number. */
  leadsPerHour: number;
}

export function crmRoutes(parts: CrmParts): Route[] {
  const { db, ledger, leadsPerHour } = parts;
  const pipelines = makePipelines(parts);
  const sources = makeLeadWords(parts, 'lead_source', 'lead source');
  const eventTypes = makeLeadWords(parts, 'lead_event_type', 'lead event type');
  const extras: Partial<Record<string, Extras>> = {
    contact: { complete: employerName(db) },
    deal: { complete: placing(pipelines) },
    lead: {
      complete: leadCompletion({ sources, eventTypes, newId: parts.newId }),
      creation: leadCreation(parts.baseUrl),
      intake: leadIntake(leadsPerHour),
    },
  };
  return [
    ...NOUNS.flatMap((noun) => recordRoutes(noun as unknown as Noun, parts, extras[noun.name])),
    ...pipelineRoutes(pipelines, ledger),
    ...activityRoutes(db),
    ...leadSubmissionRoutes(db),
    ...leadWordRoutes(sources, ledger, { path: 'lead-sources', one: 'lead source' }),
    ...leadWordRoutes(eventTypes, ledger, { path: 'lead-event-types', one: 'lead event type' }),
    ...leadSettingsRoutes(db, ledger, leadsPerHour),
  ];
}

/** Public forms, with the words of the workspace's leads. */
export function crmForms(parts: Omit<FormParts, 'sources' | 'eventTypes'>): Forms {
  return makeForms({
    ...parts,
    sources: makeLeadWords(parts, 'lead_source', 'lead source'),
    eventTypes: makeLeadWords(parts, 'lead_event_type', 'lead event type'),
  });
}

/** Deals get their place in a pipeline; a change that names none leaves it. */
function placing(pipelines: Pipelines): Completion {
  return async ({ workspaceId }, input, kind) => {
    const asked = input as Placement;
    if (kind === 'change' && asked.pipeline_id === undefined && asked.stage_id === undefined) return input;
    const placed = place(await pipelines.of(workspaceId), asked);
    // To name the pipeline that a deal is in, and no stage, moves nothing: deal.ts knows where it is.
    return { ...input, ...placed, ...(kind === 'change' && { moves: Boolean(asked.stage_id) }) };
  };
}
