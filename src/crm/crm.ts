import type { WorkspaceSettingsStore } from '../account/workspace-settings.ts';
import { recordScopes, type Scope } from '../account/scope.ts';
import type { Logger } from '../base/log.ts';
import type { Database } from '../db/pool.ts';
import type { EventObject, EventType } from '../events/event-type.ts';
import { makeEraser, type Eraser, type ErasureRules } from '../record/erasure.ts';
import { makeExtensions } from '../record/extension.ts';
import { eventsOf } from '../record/noun-events.ts';
import type { MadeModule, Module, ModuleParts } from '../record/module.ts';
import type { BaseRecord, Noun } from '../record/noun.ts';
import { objectRoutes, type OptionLists } from '../record/object-routes.ts';
import type { CreateOptions } from '../record/record-create-routes.ts';
import { makeRecordAnswers } from '../record/record-answer.ts';
import { expandedMembers, expandedRecords } from '../record/record-expansion.ts';
import { recordRoutes } from '../record/record-routes.ts';
import { makeRecordService, type RecordService, type ServiceOptions } from '../record/record-service.ts';
import type { InsertGate } from '../record/insert-gate.ts';
import { makeRecordStore } from '../record/record-store.ts';
import { duplicatesExtension } from '../record/merge/duplicates.ts';
import { dropOldMerges, makeMerges } from '../record/merge/merges.ts';
import { makeRecordSearch } from '../record/search/record-search.ts';
import { searchRoutes } from '../record/search/search-routes.ts';
import { TIMELINE_SCOPES, timelineRoutes } from '../record/timeline-routes.ts';
import { TAG_OBJECT, TAG_RENAMED } from '../record/tags/tag-event.ts';
import { makeTagRegistry, type TagRegistry } from '../record/tags/tag-registry.ts';
import { makeTags, TAG_SCOPES } from '../record/tags/tags.ts';
import { agendaRoutes } from './agenda-routes.ts';
import { company } from './companies/company.ts';
import { contact } from './contacts/contact.ts';
import { fillCompanyName } from './contacts/company-name.ts';
import { deal } from './deals/deal.ts';
import { dealBoardRoutes } from './deals/deal-board-routes.ts';
import { fillCurrency } from './deals/deal-currency.ts';
import { FORM_EVENTS, formLead } from './forms/form-lead.ts';
import { FORM_SCOPES } from './forms/form-routes.ts';
import { FORM_SUBMISSION_COPY } from './forms/form-submission-routes.ts';
import { dropOldQuarantine } from './forms/form-quarantine.ts';
import type { LogoOf } from './forms/form-page.ts';
import { makeForms } from './forms/forms.ts';
import { CRM_ACTIVITY_TABLE, makeCrmActivities, type CrmActivities } from './leads/inbound/crm-activity.ts';
import { crmActivityRoutes } from './leads/inbound/crm-activity-routes.ts';
import { makeInboundLeads, type InboundLeads } from './leads/inbound/inbound-lead.ts';
import { recountDays } from './leads/analytics/lead-daily-rollup.ts';
import { leadAnalyticsRoutes } from './leads/analytics/lead-analytics-routes.ts';
import { leadConversionRoutes } from './leads/conversion/lead-conversion-routes.ts';
import { LEAD_CREATE_SCOPES, leadCreateOptions, type LeadInputByKeyStyle } from './leads/lead-create.ts';
import { leadDuplicateRoutes } from './leads/lead-duplicate.ts';
import { createSource, enrichLead, matchLeadOptions } from './leads/lead-enrich.ts';
import { leadExtension } from './leads/lead-extension.ts';
import { leadInsertGate } from './leads/lead-insert-gate.ts';
import { makeLeadOptions } from './leads/options/lead-option.ts';
import { leadOptionRoutes } from './leads/options/lead-option-routes.ts';
import { leadSettingsRoutes } from './leads/lead-settings.ts';
import { makeLeadStatuses } from './leads/options/lead-status.ts';
import { statusLock } from './leads/options/lead-status-lock.ts';
import { leadStatusRoutes } from './leads/options/lead-status-routes.ts';
import { leadSubmissionRoutes, SUBMISSION_TABLE } from './leads/lead-submission.ts';
import { leadTimelineRoutes } from './leads/lead-timeline.ts';
import { lead } from './leads/lead.ts';
import { eraseConnectionCopies } from './connection-copy.ts';
import { mentionNotices, type MentionParts } from './notes/mention-notice.ts';
import { NOUNS } from './nouns.ts';
import { expandedPlacement, placeDeal } from './pipelines/deal-placement.ts';
import { makeDealTransfer } from './pipelines/deal-transfer.ts';
import { PIPELINE_SCOPES, pipelineRoutes } from './pipelines/pipeline-routes.ts';
import { makePipelines, type Pipelines } from './pipelines/pipeline-store.ts';
import { task } from './tasks/task.ts';
import { taskAgendaRoutes } from './tasks/task-agenda-routes.ts';

const SCOPES: readonly Scope[] = [
  ...NOUNS.flatMap((noun) => recordScopes(noun)),
  ...PIPELINE_SCOPES,
  ...TIMELINE_SCOPES,
  ...FORM_SCOPES,
  ...LEAD_CREATE_SCOPES,
  ...TAG_SCOPES,
];

export const RECORD_EVENTS: readonly EventType[] = [...NOUNS.flatMap(eventsOf), ...FORM_EVENTS];

export const EVENT_OBJECTS: readonly EventObject[] = NOUNS.map(({ name, summary }) => ({ name, summary }));

/** Rows of other tables that follow a merged record (record/merge/moved-columns.ts). */
export const MERGED_TABLES = [
  { object: 'lead', table: 'lead_submission', column: 'lead_id', label: 'submissions' },
  { object: 'lead', table: 'crm_activity', column: 'lead_id', label: 'CRM reports' },
];

/** Where personal data of a record is stored besides its own table and events, by noun. */
const ERASURE_RULES: Readonly<Record<string, ErasureRules>> = {
  contact: { eraseCopies: eraseConnectionCopies },
  lead: {
    relatedTables: [SUBMISSION_TABLE, CRM_ACTIVITY_TABLE],
    variants: [formLead as unknown as Noun],
    embeddedCopies: [FORM_SUBMISSION_COPY],
    eraseCopies: eraseConnectionCopies,
  },
};

/** Erases personal data of deleted records, one kind after the other. */
export function eraseDeleted(parts: { db: Database; log: Logger }): Eraser {
  const tagged = NOUNS.filter(({ hasTags }) => hasTags).map(({ name }) => name);
  const erasers = NOUNS.map((noun) => makeEraser(noun, ERASURE_RULES[noun.name] ?? {}, { ...parts, tagged }));
  return {
    async pass(stopped) {
      let done = 0;
      for (const eraser of erasers) done += await eraser.pass(stopped);
      return done;
    },
  };
}

export interface Crm extends MadeModule {
  /** Leads from other systems, under the same rules as the API's. */
  inboundLeads: InboundLeads;
  /** Reports of other CRMs about leads. */
  activities: CrmActivities;
  pipelinesOf: Pipelines['listFor'];
}

export interface CrmParts extends ModuleParts, MentionParts {
  log: Logger;
  workspaceSettings: WorkspaceSettingsStore;
  logoOf: LogoOf;
  /** Default limit of leads per workspace and hour; 0: no limit. */
  leadsPerHour: number;
  /** The schema of a new lead, by the style of the API key. */
  leadInputByKeyStyle: LeadInputByKeyStyle;
}

/** What a noun needs besides its definition. */
interface NounOptions extends ServiceOptions {
  gate?: InsertGate;
}

/** The records: one service of each kind, so that all writes of a workspace share batches. */
function makeCrm(parts: CrmParts): Crm {
  const { db, recordChange, leadsPerHour } = parts;
  const crmActivities = makeCrmActivities(parts);
  const pipelines = makePipelines(parts);
  const sources = makeLeadOptions(parts, 'lead_source', 'lead source');
  const eventTypes = makeLeadOptions(parts, 'lead_event_type', 'lead event type');
  const statuses = makeLeadStatuses(parts);
  const enrichParts = { sources, eventTypes, statuses, newId: parts.newId };
  const registry = makeTagRegistry(parts);
  const serviceOf = makeServices(parts, registry, {
    contact: { enrich: [fillCompanyName(db)] },
    deal: { enrich: [placeDeal(pipelines), fillCurrency(parts.workspaceSettings)] },
    lead: {
      enrich: enrichLead(enrichParts),
      gate: leadInsertGate(leadsPerHour),
      beforeChange: [statusLock(statuses), createSource(sources)],
    },
    note: mentionNotices(parts),
  });
  const leads = serviceOf(lead);
  const writing = { ...parts, leads };
  const createOptions: Readonly<Record<string, CreateOptions<object>>> = {
    lead: leadCreateOptions(writing, parts.leadInputByKeyStyle),
  };
  const optionLists: OptionLists = {
    lead_source: sources.options,
    lead_event_type: eventTypes.options,
    lead_status: statuses.options,
  };
  const extensions = makeExtensions([
    leadExtension(parts.baseUrl, crmActivities),
    duplicatesExtension(contact),
    duplicatesExtension(company),
  ]);
  const shownAs = makeRecordAnswers(NOUNS, extensions, parts.log);
  const shown = shownAs(lead);
  const nouns = NOUNS.filter(({ hasTags }) => hasTags);
  const tags = makeTags({ ...parts, registry, nouns, serviceOf });
  const forms = makeForms({ ...parts, matchLeadOptions: matchLeadOptions(enrichParts) });
  const conversion = {
    ...writing,
    pipelines,
    statuses,
    contacts: serviceOf(contact),
    companies: serviceOf(company),
    deals: serviceOf(deal),
  };
  const merges = makeMerges({
    ...parts,
    nouns: NOUNS,
    serviceOf,
    shownAs,
    further: MERGED_TABLES,
    afterMerge: { lead: recountDays },
  });
  const search = makeRecordSearch({
    db,
    log: parts.log,
    nouns: NOUNS,
    storeOf: (noun) => serviceOf(noun).store,
  });
  const expandedKinds = {
    ...Object.fromEntries(
      NOUNS.map((noun) => [noun.name, expandedRecords(db, noun, serviceOf(noun).store, shownAs(noun))]),
    ),
    member: expandedMembers(db),
    ...expandedPlacement(pipelines),
  };
  const routes = [
    ...NOUNS.flatMap((noun) =>
      recordRoutes(
        { ...parts, search, expandedKinds },
        serviceOf(noun),
        shownAs(noun),
        createOptions[noun.name],
      ),
    ),
    ...merges.routes,
    ...searchRoutes(search, NOUNS),
    ...dealBoardRoutes({ db, search }),
    ...taskAgendaRoutes({
      ...parts,
      search,
      settings: parts.workspaceSettings,
      store: serviceOf(task).store,
      nouns: NOUNS.filter(({ name }) => `${name}_id` in task.fields),
    }),
    ...objectRoutes(NOUNS, extensions, optionLists),
    ...pipelineRoutes(pipelines, recordChange, makeDealTransfer(db, serviceOf(deal))),
    ...timelineRoutes(db, NOUNS, { extensions, log: parts.log, storeOf: (noun) => serviceOf(noun).store }),
    ...tags.routes,
    ...leadSubmissionRoutes(db),
    ...leadTimelineRoutes({ db, leads: leads.store, activities: crmActivities, shown }),
    ...leadConversionRoutes({ ...conversion, shown }),
    ...leadDuplicateRoutes({ ...writing, shown }),
    ...leadAnalyticsRoutes(db, parts.clock, statuses),
    ...leadStatusRoutes(statuses, recordChange),
    ...crmActivityRoutes(crmActivities, recordChange),
    ...leadOptionRoutes(sources, recordChange, { path: 'lead-sources', label: 'lead source' }),
    ...leadOptionRoutes(eventTypes, recordChange, { path: 'lead-event-types', label: 'lead event type' }),
    ...leadSettingsRoutes({ db, recordChange, statuses, leadsPerHour }),
    ...agendaRoutes({
      ...parts,
      tasks: serviceOf(task).store,
      deals: serviceOf(deal).store,
      shownTask: shownAs(task),
      shownDeal: shownAs(deal),
    }),
    ...forms.routes,
  ];
  return {
    routes,
    jobTypes: [...tags.jobTypes, ...merges.jobTypes],
    followers: [search.follower],
    mountPages: forms.mountSite,
    inboundLeads: makeInboundLeads(writing),
    activities: crmActivities,
    pipelinesOf: pipelines.listFor,
  };
}

/** One service of each noun. */
function makeServices(parts: CrmParts, tags: TagRegistry, options: Readonly<Record<string, NounOptions>>) {
  const services = new Map(
    NOUNS.map((noun) => {
      const { gate, ...own } = options[noun.name] ?? {};
      const serviceOptions = { ...own, ...(noun.hasTags && { tags }) };
      return [
        noun.name,
        makeRecordService(noun, makeRecordStore(noun, parts, gate), parts, serviceOptions),
      ] as const;
    }),
  );
  return <R extends BaseRecord, Input extends object>(noun: Noun<R, Input>) =>
    services.get(noun.name) as unknown as RecordService<R, Input>;
}

const MINUTE_MS = 60_000;

export const crm: Module<CrmParts, Crm> = {
  nouns: NOUNS,
  scopes: SCOPES,
  eventTypes: [...RECORD_EVENTS, TAG_RENAMED],
  eventObjects: [...EVENT_OBJECTS, TAG_OBJECT],
  maintenance: ({ db, log }) => [
    { name: 'maintenance.erasure', everyMs: MINUTE_MS, run: eraseDeleted({ db, log }).pass },
    { name: 'maintenance.merges', everyMs: 60 * MINUTE_MS, run: () => dropOldMerges(db) },
    { name: 'maintenance.form_spam', everyMs: 60 * MINUTE_MS, run: () => dropOldQuarantine(db) },
  ],
  make: makeCrm,
};
