import type { WorkspaceSettingsStore } from '../account/workspace-settings.ts';
import type { Connections } from '../connections/connection-store.ts';
import type { Database } from '../db/pool.ts';
import type { HttpClient } from '../net/http-client.ts';
import type { JobType } from '../jobs/job.ts';
import type { ErasureRules } from '../record/erasure.ts';
import type { MergedTable } from '../record/merge/moved-columns.ts';
import type { MadeModule, Module, ModuleParts, PreparedModule } from '../record/module.ts';
import type { Noun } from '../record/noun.ts';
import type { Records } from '../record/records.ts';
import { fillCurrency } from '../record/workspace-currency.ts';
import { assignCustomer, customerAssignmentJob } from './customer-assignment.ts';
import { erasePayer, PAYMENT_RELATED } from './payment-erasure.ts';
import { fillCompany } from './payment-company.ts';
import { paymentPartRoutes } from './payment-part-routes.ts';
import { paymentSummaryRoutes } from './payment-summary-routes.ts';
import { paymentTotals } from './payment-totals.ts';
import { payment } from './payment.ts';
import type { ProviderPayments } from './provider-fact.ts';
import { makeProviderPayments } from './provider-payments.ts';
import type { ProviderSource } from './provider-source.ts';
import { reconciliationJob, reconciliationSchedule } from './reconciliation-job.ts';
import { reconciliationRoutes } from './reconciliation-routes.ts';
import { dropOldReconciliations, makeReconciliations } from './reconciliation-store.ts';
import { subscription } from './subscription.ts';

const NOUNS = [payment, subscription] as unknown as readonly Noun[];

/** A customer of a provider follows its contact. */
const MERGED_TABLES: readonly MergedTable[] = [
  {
    object: 'contact',
    table: 'provider_object',
    column: 'contact_id',
    label: 'customers of payment providers',
  },
];

const ERASURE_RULES: Readonly<Record<string, ErasureRules>> = {
  contact: { eraseCopies: erasePayer },
  payment: PAYMENT_RELATED,
  subscription: {},
};

export interface Payments extends MadeModule {
  providers: ProviderPayments;
}

export interface PaymentsParts extends ModuleParts {
  workspaceSettings: WorkspaceSettingsStore;
  connections: Pick<Connections, 'open' | 'get'>;
  /** Requests to providers. */
  http: HttpClient;
  paymentSources: readonly ProviderSource[];
}

function preparePayments(parts: PaymentsParts): PreparedModule<Payments> {
  const { db, workspaceSettings } = parts;
  let made: Records | undefined;
  const job = customerAssignmentJob({
    ...parts,
    services: () => ({
      payment: made!.serviceOf(payment),
      subscription: made!.serviceOf(subscription),
    }),
  });
  const enrich = [fillCompany(db), fillCurrency(workspaceSettings)];
  return {
    records: {
      services: {
        payment: { enrich, beforeChange: [assignCustomer('payment', parts, job)] },
        subscription: { enrich, beforeChange: [assignCustomer('subscription', parts, job)] },
      },
      extensions: [
        ...paymentTotals(db),
        {
          object: 'payment',
          panels: [
            { key: 'refunds', label: 'Refunds', path: '/payments/{id}/refunds' },
            { key: 'disputes', label: 'Disputes', path: '/payments/{id}/disputes' },
          ],
        },
      ],
    },
    make(records) {
      made = records;
      return makePayments(parts, records, job);
    },
  };
}

function makePayments(parts: PaymentsParts, records: Records, assignment: JobType): Payments {
  const services = {
    payments: records.serviceOf(payment),
    subscriptions: records.serviceOf(subscription),
    contacts: records.named('contact'),
    leads: records.named('lead'),
  };
  const providers = makeProviderPayments({
    ...parts,
    ...services,
    currencyOf: async (workspaceId) => (await parts.workspaceSettings.recent(workspaceId)).currency,
  });
  const reconciliations = makeReconciliations(parts);
  const reading = { ...parts, reconciliations, sources: parts.paymentSources, providers };
  const job = reconciliationJob(reading);
  return {
    routes: [
      ...paymentSummaryRoutes(parts),
      ...paymentPartRoutes({ ...parts, ...services }),
      ...reconciliationRoutes({ ...reading, job }),
    ],
    jobTypes: [assignment, job],
    recurring: [reconciliationSchedule(reading, job)],
    providers,
  };
}

const DAY_MS = 86_400_000;

const DROP_OLD_EVENTS = {
  name: 'provider_event.drop-old',
  text: `delete from provider_event where received_at < now() - interval '90 days'`,
};

/** Providers send an event again for a few days; what comes later changes nothing either, since facts are kept. */
async function dropOldEvents(db: Database): Promise<number | null> {
  const { rowCount } = await db.pool.query({ ...DROP_OLD_EVENTS, values: [] });
  return rowCount;
}

/** Payments and subscriptions, by hand and of providers, which src/integrations knows. */
export const payments: Module<PaymentsParts, Payments> = {
  nouns: NOUNS,
  scopes: [],
  eventTypes: [],
  eventObjects: [],
  mergedTables: MERGED_TABLES,
  erasureRules: ERASURE_RULES,
  maintenance: ({ db }) => [
    { name: 'maintenance.provider_events', everyMs: DAY_MS, run: () => dropOldEvents(db) },
    { name: 'maintenance.reconciliations', everyMs: DAY_MS, run: () => dropOldReconciliations(db) },
  ],
  prepare: preparePayments,
};
