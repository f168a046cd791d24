import type { WorkspaceSettingsStore } from '../account/workspace-settings.ts';
import type { ErasureRules } from '../record/erasure.ts';
import type { MadeModule, Module, ModuleParts, PreparedModule } from '../record/module.ts';
import type { Noun } from '../record/noun.ts';
import { duplicatesExtension } from '../record/merge/duplicates.ts';
import type { MergedTable } from '../record/merge/moved-columns.ts';
import type { Records } from '../record/records.ts';
import { TIMELINE_SCOPES } from '../record/timeline-routes.ts';
import { agendaRoutes } from './agenda-routes.ts';
import { company } from './companies/company.ts';
import { COMPANY_ERASURE } from './companies/company-erasure.ts';
import { contact } from './contacts/contact.ts';
import { fillCompanyName } from './contacts/company-name.ts';
import { deal } from './deals/deal.ts';
import { dealBoardRoutes } from './deals/deal-board-routes.ts';
import { fillCurrency } from '../record/workspace-currency.ts';
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
import { makeLeadOptions, type LeadOptions } from './leads/options/lead-option.ts';
import { leadOptionRoutes } from './leads/options/lead-option-routes.ts';
import { leadSettingsRoutes } from './leads/lead-settings.ts';
import { makeLeadStatuses, type LeadStatuses } from './leads/options/lead-status.ts';
import { statusLock } from './leads/options/lead-status-lock.ts';
import { leadStatusRoutes } from './leads/options/lead-status-routes.ts';
import { leadSubmissionRoutes, SUBMISSION_TABLE } from './leads/lead-submission.ts';
import { leadTimelineRoutes } from './leads/lead-timeline.ts';
import { lead } from './leads/lead.ts';
import { eraseConnectionCopies } from './connection-copy.ts';
import { mentionNotices, type MentionParts } from './notes/mention-notice.ts';
import { eraseNotesOf } from './notes/note-erasure.ts';
import { NOUNS } from './nouns.ts';
import { expandedPlacement, placeDeal } from './pipelines/deal-placement.ts';
import { makeDealTransfer } from './pipelines/deal-transfer.ts';
import { PIPELINE_SCOPES, pipelineRoutes } from './pipelines/pipeline-routes.ts';
import { makePipelines, type Pipelines } from './pipelines/pipeline-store.ts';
import { task } from './tasks/task.ts';
import { taskAgendaRoutes } from './tasks/task-agenda-routes.ts';

/** Rows of other tables that follow a merged record (record/merge/moved-columns.ts). */
const MERGED_TABLES: readonly MergedTable[] = [
  { object: 'lead', table: 'lead_submission', column: 'lead_id', label: 'submissions' },
  { object: 'lead', table: 'crm_activity', column: 'lead_id', label: 'CRM reports' },
];

/** Where personal data of a record is stored besides its own table and events, by noun. */
const ERASURE_RULES: Readonly<Record<string, ErasureRules>> = {
  contact: {
    async eraseCopies(trx, row) {
      await eraseConnectionCopies(trx, row);
      await eraseNotesOf('contact_id')(trx, row);
    },
  },
  company: COMPANY_ERASURE,
  lead: {
    relatedTables: [SUBMISSION_TABLE, CRM_ACTIVITY_TABLE],
    variants: [formLead as unknown as Noun],
    embeddedCopies: [FORM_SUBMISSION_COPY],
    async eraseCopies(trx, row) {
      await eraseConnectionCopies(trx, row);
      await eraseNotesOf('lead_id')(trx, row);
    },
  },
};

export interface Crm extends MadeModule {
  /** Leads from other systems, under the same rules as the API's. */
  inboundLeads: InboundLeads;
  /** Reports of other CRMs about leads. */
  activities: CrmActivities;
  pipelinesOf: Pipelines['listFor'];
}

export interface CrmParts extends ModuleParts, MentionParts {
  workspaceSettings: WorkspaceSettingsStore;
  logoOf: LogoOf;
  /** Default limit of leads per workspace and hour; 0: no limit. */
  leadsPerHour: number;
  /** The schema of a new lead, by the style of the API key. */
  leadInputByKeyStyle: LeadInputByKeyStyle;
}

function prepareCrm(parts: CrmParts): PreparedModule<Crm> {
  const { db } = parts;
  const crmActivities = makeCrmActivities(parts);
  const pipelines = makePipelines(parts);
  const sources = makeLeadOptions(parts, 'lead_source', 'lead source');
  const eventTypes = makeLeadOptions(parts, 'lead_event_type', 'lead event type');
  const statuses = makeLeadStatuses(parts);
  const enrichParts = { sources, eventTypes, statuses, newId: parts.newId };
  const own = { crmActivities, pipelines, sources, eventTypes, statuses, enrichParts };
  return {
    records: {
      services: {
        contact: { enrich: [fillCompanyName(db)] },
        deal: { enrich: [placeDeal(pipelines), fillCurrency(parts.workspaceSettings)] },
        lead: {
          enrich: enrichLead(enrichParts),
          gate: leadInsertGate(parts.leadsPerHour),
          beforeChange: [statusLock(statuses), createSource(sources)],
        },
        note: mentionNotices(parts),
      },
      extensions: [
        leadExtension(parts.baseUrl, crmActivities),
        duplicatesExtension(contact),
        duplicatesExtension(company),
      ],
      optionLists: {
        lead_source: sources.options,
        lead_event_type: eventTypes.options,
        lead_status: statuses.options,
      },
      expandedKinds: expandedPlacement(pipelines),
      afterMerge: { lead: recountDays },
    },
    make: (records) => makeCrm(parts, records, own),
  };
}

/** What the services of the CRM's records are made with. */
interface CrmOptions {
  crmActivities: CrmActivities;
  pipelines: Pipelines;
  sources: LeadOptions;
  eventTypes: LeadOptions;
  statuses: LeadStatuses;
  enrichParts: Parameters<typeof enrichLead>[0];
}

function makeCrm(parts: CrmParts, records: Records, options: CrmOptions): Crm {
  const { db, recordChange, leadsPerHour } = parts;
  const { crmActivities, pipelines, sources, eventTypes, statuses, enrichParts } = options;
  const { serviceOf, shownAs, search } = records;
  const leads = serviceOf(lead);
  const writing = { ...parts, leads };
  const shown = shownAs(lead);
  const forms = makeForms({ ...parts, matchLeadOptions: matchLeadOptions(enrichParts) });
  const conversion = {
    ...writing,
    pipelines,
    statuses,
    contacts: serviceOf(contact),
    companies: serviceOf(company),
    deals: serviceOf(deal),
  };
  const routes = [
    ...dealBoardRoutes({ db, search }),
    ...taskAgendaRoutes({
      ...parts,
      search,
      settings: parts.workspaceSettings,
      store: serviceOf(task).store,
      nouns: NOUNS.filter(({ name }) => `${name}_id` in task.fields),
    }),
    ...pipelineRoutes(pipelines, recordChange, makeDealTransfer(db, serviceOf(deal))),
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
      appointments: records.named('appointment').store,
      shownAppointment: shownAs(records.named('appointment').noun),
    }),
    ...forms.routes,
  ];
  return {
    routes,
    jobTypes: [],
    createOptions: { lead: leadCreateOptions(writing, parts.leadInputByKeyStyle) },
    mountPages: forms.mountSite,
    inboundLeads: makeInboundLeads(writing),
    activities: crmActivities,
    pipelinesOf: pipelines.listFor,
  };
}

/** Contacts, companies, deals, tasks, leads and notes, with pipelines and forms. */
export const crm: Module<CrmParts, Crm> = {
  nouns: NOUNS,
  // In the order of 0.1.0.
  scopes: [...PIPELINE_SCOPES, ...TIMELINE_SCOPES, ...FORM_SCOPES, ...LEAD_CREATE_SCOPES],
  eventTypes: FORM_EVENTS,
  eventObjects: [],
  mergedTables: MERGED_TABLES,
  erasureRules: ERASURE_RULES,
  maintenance: ({ db }) => [
    { name: 'maintenance.form_spam', everyMs: 3_600_000, run: () => dropOldQuarantine(db) },
  ],
  prepare: prepareCrm,
};
