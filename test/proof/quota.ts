import { call } from '../../perf/api.mjs';
import { makeHome, startSecond, startProcess, type Process } from './processes.ts';
import type { Proof } from './proof.ts';

const CLIENTS = 8;

/** Two processes accept leads concurrently from clients that send until they are refused. */
export const quota: Proof<{ limit: [low: number, high: number] }> = {
  name: 'quota',
  promise: 'a workspace accepts exactly its hourly limit of leads, across all processes',
  sizes: { small: { limit: [50, 300] }, whole: { limit: [5_000, 10_000] } },
  async run({ size, random, log, defer }) {
    const limit = random.between(...size.limit);
    log(`${limit} leads are allowed`);
    const env = { FAIRLEAD_LEADS_PER_HOUR: String(limit) };
    const home = await makeHome(defer, { ...env, FAIRLEAD_SERVICES: 'api' });
    const first = await startProcess(home);
    const second = await startSecond(defer, home.dataDir, { key: first.key, services: 'api', env });

    const statuses = new Map<number, number>();
    let sent = 0;
    const send = async ({ url, key }: Process): Promise<void> => {
      // A refused lead does not count, so a later one may be accepted.
      for (let refusals = 0; refusals < 3;) {
        const { status } = await fetch(`${url}/api/v1/leads`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
          body: JSON.stringify({
            name: 'Jane Doe',
            email: `jane.doe.${sent++}@example.com`,
            phone: '+15551234567',
            event_date: '2026-08-15',
          }),
        });
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status !== 201) refusals += 1;
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, () => [send(first), send(second)]).flat());
    const { total_count: stored } = await call(first, 'GET', '/leads?count=exact&limit=1', undefined);
    for (const item of [second, first]) await item.stop();

    const accepted = statuses.get(201) ?? 0;
    const others = [...statuses.keys()].filter((status) => status !== 201 && status !== 429);
    const faults = [
      accepted === limit ? '' : `${accepted} were answered 201 where ${limit} are allowed`,
      stored === limit ? '' : `${stored} are stored where ${limit} are allowed`,
      others.length === 0 ? '' : `answered ${others.join(', ')}`,
    ];
    return {
      counts: `${limit} allowed, ${accepted} answered 201, ${stored} stored, ${statuses.get(429) ?? 0} refused`,
      faults: faults.filter(Boolean),
    };
  },
};
