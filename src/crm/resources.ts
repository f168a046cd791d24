import type { EventObject, EventType } from '../delivery/event.ts';
import type { Ledger } from '../http/ledger.ts';
import type { Route } from '../http/route.ts';
import type { Logger } from '../base/log.ts';
import type { Database } from '../db/pool.ts';
import { activityRoutes } from './activities/activity-routes.ts';
import { company } from './companies/company.ts';
import { contact } from './contacts/contact.ts';
import { employerName } from './contacts/employer.ts';
import { deal } from './deals/deal.ts';
import { FORM_EVENTS, formLead } from './forms/form-lead.ts';
import { FORM_SUBMISSION_TELLING } from './forms/form-submission-routes.ts';
import { makeForms, type FormParts, type Forms } from './forms/forms.ts';
import { CRM_ACTIVITY_BESIDE, type CrmActivities } from './leads/crm-activity.ts';
import { crmActivityRoutes } from './leads/crm-activity-routes.ts';
import { leadCompletion } from './leads/lead-arrival.ts';
import { leadConversionRoutes } from './leads/lead-conversion-routes.ts';
import { leadCreation } from './leads/lead-creation.ts';
import { leadDuplicateRoutes } from './leads/lead-duplicate.ts';
import { leadIntake } from './leads/lead-intake.ts';
import { makeLeadReception, type LeadReception } from './leads/lead-reception.ts';
import { leadAnalyticsRoutes } from './leads/lead-analytics-routes.ts';
import { leadSettingsRoutes } from './leads/lead-settings.ts';
import { leadSubmissionRoutes, SUBMISSION_BESIDE } from './leads/lead-submission.ts';
import { makeLeadStatuses } from './leads/lead-status.ts';
import { holdingStatuses } from './leads/lead-status-hold.ts';
import { leadStatusRoutes } from './leads/lead-status-routes.ts';
import { leadStoryRoutes } from './leads/lead-story.ts';
import { makeLeadWords } from './leads/lead-word.ts';
import { leadWordRoutes } from './leads/lead-word-routes.ts';
import { lead } from './leads/lead.ts';
import { place, type Placement } from './pipelines/pipeline.ts';
import { pipelineRoutes } from './pipelines/pipeline-routes.ts';
import { makePipelines, type Pipelines } from './pipelines/pipeline-store.ts';
import { makeExpunger, type Expunger, type Traces } from './expunging.ts';
import { eventsOf } from './noun-events.ts';
import type { Noun } from './record.ts';
import { task } from './tasks/task.ts';
import { recordRoutes, type Completion } from './record-routes.ts';
import { makeRecordStore, type StoreParts } from './record-store.ts';

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

/** Where what is personal about a record is kept beside its own table and events, by noun. */
const TRACES: Readonly<Record<string, Traces>> = {
  lead: {
    beside: [SUBMISSION_BESIDE, CRM_ACTIVITY_BESIDE],
    kin: [formLead as unknown as Noun],
    tellings: [FORM_SUBMISSION_TELLING],
  },
};

/** Takes what is personal out of deleted records of every kind, one kind after the other. */
export function expungeDeleted(parts: { db: Database; log: Logger }): Expunger {
  const all = NOUNS.map((noun) => makeExpunger(noun as unknown as Noun, TRACES[noun.name] ?? {}, parts));
  return {
    async pass(stopped) {
      let done = 0;
      for (const expunger of all) done += await expunger.pass(stopped);
      return done;
    },
  };
}

export interface Crm {
  routes: Route[];
  /** Leads by other doors than the API, under the same rules. */
  reception: LeadReception;
  /** The public pages of forms. */
  mountForms: Forms['mountSite'];
}

export interface CrmParts extends StoreParts, Pick<FormParts, 'sealer' | 'publicUrl'> {
  ledger: Ledger;
  /** Where people reach this installation. */
  baseUrl(): string;
  /** How many leads an hour a workspace takes that has set nothing; 0: any number. */
  leadsPerHour: number;
  crmActivities: CrmActivities;
}

/** The records: one store of each kind, whoever writes to it, so that all of a workspace's writes ride together. */
export function makeCrm(parts: CrmParts): Crm {
  const { db, ledger, leadsPerHour, crmActivities } = parts;
  const pipelines = makePipelines(parts);
  const sources = makeLeadWords(parts, 'lead_source', 'lead source');
  const eventTypes = makeLeadWords(parts, 'lead_event_type', 'lead event type');
  const statuses = makeLeadStatuses(parts);
  const leads = holdingStatuses(makeRecordStore(lead, parts, leadIntake(leadsPerHour)), {
    ...parts,
    statuses,
  });
  const taking = { ...parts, leads };
  const contacts = makeRecordStore(contact, parts);
  const companies = makeRecordStore(company, parts);
  const deals = makeRecordStore(deal, parts);
  const complete = leadCompletion({ sources, eventTypes, statuses, newId: parts.newId });
  const forms = makeForms({ ...parts, sources, eventTypes });
  const routes = [
    ...recordRoutes(contact, contacts, parts, { complete: employerName(db) }),
    ...recordRoutes(company, companies, parts),
    ...recordRoutes(deal, deals, parts, { complete: placing(pipelines) }),
    ...recordRoutes(task, makeRecordStore(task, parts), parts),
    ...recordRoutes(lead, leads, parts, {
      complete,
      creation: leadCreation(parts.baseUrl, taking),
    }),
    ...pipelineRoutes(pipelines, ledger),
    ...activityRoutes(db),
    ...leadSubmissionRoutes(db),
    ...leadStoryRoutes(db, leads, crmActivities),
    ...leadConversionRoutes({ ...parts, pipelines, leads, contacts, companies, deals }),
    ...leadDuplicateRoutes(taking),
    ...leadAnalyticsRoutes(db, parts.clock, statuses),
    ...leadStatusRoutes(statuses, ledger),
    ...crmActivityRoutes(crmActivities, ledger),
    ...leadWordRoutes(sources, ledger, { path: 'lead-sources', one: 'lead source' }),
    ...leadWordRoutes(eventTypes, ledger, { path: 'lead-event-types', one: 'lead event type' }),
    ...leadSettingsRoutes(db, ledger, leadsPerHour),
    ...forms.routes,
  ];
  return { routes, reception: makeLeadReception({ ...parts, leads, complete }), mountForms: forms.mountSite };
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
