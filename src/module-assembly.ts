import type { Accounts } from './accounts.ts';
import type { Notices } from './account/notice.ts';
import { FORMATS, LEAD_INPUTS, PROVIDERS } from './catalogue.ts';
import type { Delivery } from './delivery-assembly.ts';
import type { LaneKey } from './events/outbox.ts';
import type { RecordNumbers } from './events/record-number.ts';
import type { StoredFiles } from './file-assembly.ts';
import type { Foundation } from './foundation.ts';
import type { RecordChange } from './http/record-change.ts';
import type { Connections } from './connections/connection-store.ts';
import type { JobQueue } from './jobs/job-queue.ts';
import type { MailQueue } from './mail/mail-queue.ts';
import { makeModules, MODULE_NOUNS, type Modules } from './modules.ts';
import { makeReferences } from './record/reference.ts';

export interface ModuleAssemblyParts extends Foundation, StoredFiles, Delivery {
  accounts: Accounts;
  connections: Connections;
  jobs: JobQueue;
  mail: MailQueue;
  notices: Notices;
  numbers: RecordNumbers;
  recordChange: RecordChange;
  /** Wakes the lanes of webhooks. */
  notify(lanes: LaneKey[]): void;
  /** Formats whose webhooks for all events receive the type. */
  wildcardFormats(type: string): string[];
}

/** The modules, with what they need of settings, accounts, deliveries and integrations. */
export function assembleModules({ accounts, logos, ...parts }: ModuleAssemblyParts): Modules {
  const { mail, mailDomain, smtpListen, leadsPerHour, publicUrl } = parts.config;
  const { idempotency, workspaceSettings } = accounts;
  return makeModules({
    ...parts,
    ...PROVIDERS,
    idempotency,
    workspaceSettings,
    references: makeReferences(parts.db, MODULE_NOUNS),
    oneEventFormats: [...FORMATS.values()].filter(({ oneEvent }) => oneEvent).map(({ name }) => name),
    leadInputByKeyStyle: LEAD_INPUTS,
    leadsPerHour,
    logoOf: async (workspaceId) => (await logos.list([workspaceId])).get(workspaceId),
    mailDomain,
    mailFrom: mail?.from ?? null,
    publicUrl,
    smtpListener: smtpListen && { port: smtpListen.port, hasTls: smtpListen.certFile !== '' },
  });
}
