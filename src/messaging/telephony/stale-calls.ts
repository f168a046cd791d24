import type { Uuid } from '../../base/id.ts';
import type { Logger } from '../../base/log.ts';
import type { Database } from '../../db/pool.ts';
import type { RecurringJob } from '../../jobs/recurring-job.ts';
import type { HttpClient } from '../../net/http-client.ts';
import type { PhoneAccounts } from './phone-accounts.ts';
import type { PhoneCalls } from './phone-call.ts';

/** A call whose first leg has ended waits this long for the report of the second. */
const OVER = "interval '10 minutes'";
/** Longer than providers let calls last, which is four hours. */
const SILENT = "interval '5 hours'";
const BATCH = 100;

const LIST = {
  name: 'call.list-stale',
  text: `select workspace_id, id, connection_id, external_id from call
         where status in ('queued', 'ringing', 'in_progress') and deleted_at is null and provider is not null
           and (updated_at < now() - ${SILENT} or (ended_at is not null and updated_at < now() - ${OVER}))
         order by updated_at, id limit ${BATCH}`,
};

export interface StaleCallParts {
  db: Database;
  log: Logger;
  http: HttpClient;
  baseUrl(): string;
  accounts: PhoneAccounts;
  calls: PhoneCalls;
}

interface StaleCall {
  workspace_id: Uuid;
  id: Uuid;
  connection_id: Uuid;
  external_id: string | null;
}

/** Ends calls whose last report never came: as the provider says, else by what is known. `call.completed` is then fired. */
export function staleCallJob(parts: StaleCallParts): RecurringJob {
  return {
    name: 'call.end_stale',
    everyMs: 10 * 60_000,
    async run(signal) {
      const stale = await parts.db.read<StaleCall>(LIST, []);
      for (const item of stale) {
        if (signal.aborted) break;
        await askProvider(parts, item);
        await parts.calls.abandon(item.workspace_id, item.id);
      }
      return stale.length;
    },
  };
}

async function askProvider(
  { accounts, calls, http, log, baseUrl }: StaleCallParts,
  item: StaleCall,
): Promise<void> {
  if (item.external_id === null) return;
  try {
    const { account, provider } = await accounts.open(item.workspace_id, item.connection_id);
    const report = await provider.lookUpCall?.(account, item.external_id, { http, baseUrl: baseUrl() });
    if (report) await calls.report(account, { callId: item.id, externalId: null }, report);
  } catch (error) {
    log.warn({ call: item.id, err: (error as Error).message }, 'a provider could not be asked about a call');
  }
}
