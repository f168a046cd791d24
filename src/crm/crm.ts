import type { EventObject, EventType } from '../events/event-type.ts';
import type { RecordChange } from '../http/record-change.ts';
import type { Route } from '../http/route.ts';
import type { Logger } from '../base/log.ts';
import type { Database } from '../db/pool.ts';
import { activityRoutes } from '../record/timeline-routes.ts';
import { company } from './companies/company.ts';
import { contact } from './contacts/contact.ts';
import { employerName } from './contacts/company-name.ts';
import { deal } from './deals/deal.ts';
import { FORM_EVENTS, formLead } from './forms/form-lead.ts';
import { FORM_SUBMISSION_COPY } from './forms/form-submission-routes.ts';
import { makeForms, type FormParts, type Forms } from './forms/forms.ts';
import { CRM_ACTIVITY_TABLE, type CrmActivities } from './leads/crm-activity.ts';
import { crmActivityRoutes } from './leads/crm-activity-routes.ts';
import { enrichLead } from './leads/lead-enrich.ts';
import { leadConversionRoutes } from './leads/lead-conversion-routes.ts';
import { leadApiAdapter } from './leads/lead-api-adapter.ts';
import { leadDuplicateRoutes } from './leads/lead-duplicate.ts';
import { leadInsertGate } from './leads/lead-insert-gate.ts';
import { makeInboundLeads, type InboundLeads } from './leads/inbound-lead.ts';
import { leadAnalyticsRoutes } from './leads/lead-analytics-routes.ts';
import { leadSettingsRoutes } from './leads/lead-settings.ts';
import { leadSubmissionRoutes, SUBMISSION_TABLE } from './leads/lead-submission.ts';
import { makeLeadStatuses } from './leads/lead-status.ts';
import { holdingStatuses } from './leads/lead-status-lock.ts';
import { leadStatusRoutes } from './leads/lead-status-routes.ts';
import { leadStoryRoutes } from './leads/lead-timeline.ts';
import { makeLeadOptions } from './leads/lead-option.ts';
import { leadOptionRoutes } from './leads/lead-option-routes.ts';
import { lead } from './leads/lead.ts';
import { place, type Placement } from './pipelines/pipeline.ts';
import { pipelineRoutes } from './pipelines/pipeline-routes.ts';
import { makePipelines, type Pipelines } from './pipelines/pipeline-store.ts';
import { makeEraser, type Eraser, type ErasureRules } from '../record/erasure.ts';
import { eventsOf } from '../record/noun-events.ts';
import type { Noun } from '../record/noun.ts';
import { task } from './tasks/task.ts';
import { recordRoutes, type Enrich } from '../record/record-routes.ts';
import { makeRecordStore, type StoreParts } from '../record/record-store.ts';

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
const ERASURE_RULES: Readonly<Record<string, ErasureRules>> = {
  lead: {
    relatedTables: [SUBMISSION_TABLE, CRM_ACTIVITY_TABLE],
    variants: [formLead as unknown as Noun],
    embeddedCopies: [FORM_SUBMISSION_COPY],
  },
};

/** Takes what is personal out of deleted records of every kind, one kind after the other. */
export function eraseDeleted(parts: { db: Database; log: Logger }): Eraser {
  const all = NOUNS.map((noun) => makeEraser(noun as unknown as Noun, ERASURE_RULES[noun.name] ?? {}, parts));
  return {
    async pass(stopped) {
      let done = 0;
      for (const eraser of all) done += await eraser.pass(stopped);
      return done;
    },
  };
}

export interface Crm {
  routes: Route[];
  /** Leads by other doors than the API, under the same rules. */
  inboundLeads: InboundLeads;
  /** The public pages of forms. */
  mountForms: Forms['mountSite'];
}

export interface CrmParts extends StoreParts, Pick<FormParts, 'sealer' | 'publicUrl'> {
  recordChange: RecordChange;
  /** Where people reach this installation. */
  baseUrl(): string;
  /** How many leads an hour a workspace takes that has set nothing; 0: any number. */
  leadsPerHour: number;
  crmActivities: CrmActivities;
}

/** The records: one store of each kind, whoever writes to it, so that all of a workspace's writes ride together. */
export function makeCrm(parts: CrmParts): Crm {
  const { db, recordChange, leadsPerHour, crmActivities } = parts;
  const pipelines = makePipelines(parts);
  const sources = makeLeadOptions(parts, 'lead_source', 'lead source');
  const eventTypes = makeLeadOptions(parts, 'lead_event_type', 'lead event type');
  const statuses = makeLeadStatuses(parts);
  const leads = holdingStatuses(makeRecordStore(lead, parts, leadInsertGate(leadsPerHour)), {
    ...parts,
    statuses,
  });
  const taking = { ...parts, leads };
  const contacts = makeRecordStore(contact, parts);
  const companies = makeRecordStore(company, parts);
  const deals = makeRecordStore(deal, parts);
  const enrich = enrichLead({ sources, eventTypes, statuses, newId: parts.newId });
  const forms = makeForms({ ...parts, sources, eventTypes });
  const routes = [
    ...recordRoutes(contact, contacts, parts, { enrich: employerName(db) }),
    ...recordRoutes(company, companies, parts),
    ...recordRoutes(deal, deals, parts, { enrich: placing(pipelines) }),
    ...recordRoutes(task, makeRecordStore(task, parts), parts),
    ...recordRoutes(lead, leads, parts, {
      enrich,
      adapter: leadApiAdapter(parts.baseUrl, taking),
    }),
    ...pipelineRoutes(pipelines, recordChange),
    ...activityRoutes(db),
    ...leadSubmissionRoutes(db),
    ...leadStoryRoutes(db, leads, crmActivities),
    ...leadConversionRoutes({ ...parts, pipelines, leads, contacts, companies, deals }),
    ...leadDuplicateRoutes(taking),
    ...leadAnalyticsRoutes(db, parts.clock, statuses),
    ...leadStatusRoutes(statuses, recordChange),
    ...crmActivityRoutes(crmActivities, recordChange),
    ...leadOptionRoutes(sources, recordChange, { path: 'lead-sources', one: 'lead source' }),
    ...leadOptionRoutes(eventTypes, recordChange, { path: 'lead-event-types', one: 'lead event type' }),
    ...leadSettingsRoutes(db, recordChange, leadsPerHour),
    ...forms.routes,
  ];
  return {
    routes,
    inboundLeads: makeInboundLeads({ ...parts, leads, enrich }),
    mountForms: forms.mountSite,
  };
}

/** Deals get their place in a pipeline; a change that names none leaves it. */
function placing(pipelines: Pipelines): Enrich {
  return async ({ workspaceId }, input, kind) => {
    const requested = input as Placement;
    if (kind === 'change' && requested.pipeline_id === undefined && requested.stage_id === undefined)
      return input;
    const placed = place(await pipelines.of(workspaceId), requested);
    // To name the pipeline that a deal is in, and no stage, moves nothing: deal.ts knows where it is.
    return { ...input, ...placed, ...(kind === 'change' && { moves: Boolean(requested.stage_id) }) };
  };
}
