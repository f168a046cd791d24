// Long: it waits for measurements of 5 s.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROJECT, until } from '../kit/process.ts';
import { startReceiver, type Receiver } from '../kit/receiver.ts';
import { secondServer, startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let receiver: Receiver;
beforeAll(async () => {
  // No worker: what is due stays due.
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
  receiver = await startReceiver();
});
afterAll(async () => {
  await s.stop();
  await receiver.close();
});

async function metrics(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`)).text();
}
const value = (text: string, series: string) =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')[1],
  );
const read = (file: string) => readFileSync(path.join(PROJECT, file), 'utf8');

describe('the backlog in the database', () => {
  test('is reported at /metrics, with the same values by every process', async () => {
    const hook = async (name: string) => {
      const body = { name, url: receiver.url, events: ['contact.created'] };
      return (await s.ask('POST', '/api/v1/webhooks', { body })).json.id as string;
    };
    const [, resting, paused] = [await hook('due'), await hook('resting'), await hook('paused')];
    for (let more = 0; more < 3; more++)
      await s.ask('POST', '/api/v1/contacts', { body: { last_name: 'Doe' } });
    await s.ask('PATCH', `/api/v1/webhooks/${paused}`, { body: { active: false } });
    await s.db.pool.query(`update endpoint set state = 'disabled' where name = 'paused'`);
    await hook('sleeping');
    await s.db.pool.query(`update queue set due_at = now() - interval '90 seconds'`);
    await s.db.pool.query(
      `update lane set not_before = now() + interval '1 minute', slow_streak = 1
       where endpoint_id = (select id from endpoint where name = 'resting')`,
    );
    await s.db.pool.query(
      `update lane set slow_streak = 2 where endpoint_id = (select id from endpoint where name = 'sleeping')`,
    );
    expect(resting).toMatch(/^wh_/);

    const second = await secondServer(s);
    const rendered = await Promise.all([s.url, second.url].map(metrics));
    await second.stop();
    for (const text of rendered) {
      expect(value(text, 'fairlead_deliveries_due')).toBe(6);
      expect(value(text, 'fairlead_delivery_oldest_due_seconds')).toBeGreaterThan(89);
      expect(value(text, 'fairlead_delivery_oldest_due_seconds')).toBeLessThan(150);
      expect(value(text, 'fairlead_queue_deliveries')).toBe(9);
      const lanes = ['sleeping', 'due', 'leased', 'orphaned', 'resting'].map((state) =>
        value(text, `fairlead_lanes{state="${state}"}`),
      );
      expect(lanes.reduce((sum, item) => sum + item, 0)).toBe(4);
      expect(value(text, 'fairlead_lanes{state="resting"}')).toBe(1);
      expect(value(text, 'fairlead_lanes{state="sleeping"}')).toBe(1);
      const breakers = ['closed', 'open', 'half_open'].map((state) =>
        value(text, `fairlead_breakers{state="${state}"}`),
      );
      expect(breakers).toEqual([2, 1, 1]);
      const states = ['active', 'paused', 'disabled'].map((state) =>
        value(text, `fairlead_webhooks{state="${state}"}`),
      );
      expect(states).toEqual([3, 0, 1]);
    }
  });

  test('is measured again after five seconds, not at each scrape', async () => {
    await s.db.pool.query('delete from queue');
    expect(value(await metrics(s.url), 'fairlead_deliveries_due')).toBe(6);
    await until(async () => value(await metrics(s.url), 'fairlead_deliveries_due') === 0);
    expect(value(await metrics(s.url), 'fairlead_delivery_oldest_due_seconds')).toBe(0);
  });

  test('is NaN if it cannot be measured, and the other metrics are still reported', async () => {
    await s.db.pool.query('alter table lane rename to lane_away');
    await until(async () => Number.isNaN(value(await metrics(s.url), 'fairlead_deliveries_due')));
    expect(await metrics(s.url)).toContain('fairlead_delivery_in_flight 0');
    await s.db.pool.query('alter table lane_away rename to lane');
    await until(async () => value(await metrics(s.url), 'fairlead_deliveries_due') === 0);
  });
});

describe('every metric is documented', () => {
  const namesIn = (text: string) => new Set(text.match(/\bfairlead_[a-z_]+/g));
  const typed = async () => {
    const text = await metrics(s.url);
    return {
      all: new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!)),
      histograms: [...text.matchAll(/^# TYPE (\S+) histogram/gm)].map(([, name]) => name!),
    };
  };

  test('in the Grafana dashboard, whose panels show all of them', async () => {
    const { all, histograms } = await typed();
    const dashboard = JSON.parse(read('examples/grafana-dashboard.json')) as {
      panels: { id: number; targets: { expr: string }[] }[];
    };
    const named = dashboard.panels.flatMap(({ targets }) =>
      targets.flatMap(({ expr }) => [...namesIn(expr)]),
    );
    const series = new Set(histograms.map((name) => `${name}_bucket`));
    for (const name of named) expect(all.has(name) || series.has(name), name).toBe(true);
    expect(new Set(named.map((name) => name.replace(/_bucket$/, '')))).toEqual(all);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });

  test('in docs/webhook-operations.md, and each says whether it is per process or per database', async () => {
    const { all } = await typed();
    expect(namesIn(read('docs/webhook-operations.md'))).toEqual(all);
    const helps = (await metrics(s.url)).match(/^# HELP .+$/gm)!;
    for (const help of helps) expect(help).toMatch(/Per (process|database): /);
  });
});
