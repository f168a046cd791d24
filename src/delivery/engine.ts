import { Client } from 'pg';
import type { Clock } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import type { Sealer } from '../base/seal.ts';
import type { Connection, Database } from '../db/pool.ts';
import { watchBacklog } from './queue/backlog.ts';
import { makeLanes } from './queue/claim.ts';
import { WEBHOOK_DISABLED, type Owners } from './endpoint/webhook-disabled-event.ts';
import { ENDPOINT_CHANNEL } from './endpoint/endpoint-change.ts';
import type { PlanRules } from './endpoint/endpoint-plan-limits.ts';
import { makeEndpoints, type Endpoints } from './endpoint/endpoint-store.ts';
import { startEngineTimers, type EngineTimers } from './engine-timers.ts';
import type { Catalogue } from '../events/event-type.ts';
import { formatsDocumenting, type Formats } from './endpoint/webhook-format.ts';
import { makeMetrics, type DeliveryMetrics } from './metrics.ts';
import type { Sender } from './sender/send.ts';
import { makeSettler } from './queue/settle.ts';
import { findOverdue } from './queue/sweep.ts';
import { parseNotification, LANE_CHANNEL, makeWaker, type Waker } from './queue/wake.ts';
import { Worker } from './worker/worker.ts';
import { addNumbers } from './sender/event-numbers.ts';
import type { RecordNumbers } from '../events/record-number.ts';

/** The delivery engine of a process: its entry points (waker, endpoints) and, if enabled, the worker. */
export interface Engine {
  readonly endpoints: Endpoints;
  readonly waker: Waker;
  readonly worker: Worker;
  readonly metrics: DeliveryMetrics;
  /** Starts the timers and, if this process is a worker, sending what is due. */
  start(options: { worker: boolean }): void;
  /**
   * Sends what is due now and returns when nothing is left: for cron, or a process without a worker. Also finds what
   * no wake announced.
   * @returns how many webhooks were processed
   */
  pass(workspaceId: Uuid | null): Promise<number>;
  stop(): Promise<void>;
}

export interface EngineParts {
  db: Database;
  sealer: Sealer;
  clock: Clock;
  newId: () => Uuid;
  log: Logger;
  catalogue: Catalogue;
  formats: Formats;
  numbers: RecordNumbers;
  sender: Sender;
  /** Random numbers from 0 up to 1, for jitter. */
  random: () => number;
  planRules: PlanRules;
  owners: Owners;
}

/** How long a stop waits for requests under way; the whole stop must be over within 30 s. */
const STOP_GRACE_MS = 15_000;

export function makeEngine(parts: EngineParts): Engine {
  const { db, log } = parts;
  const metrics = makeMetrics();
  watchBacklog(metrics.registry, db);
  const instance = parts.newId();
  const disabledWildcard = formatsDocumenting(parts.formats, WEBHOOK_DISABLED.name);
  const notify: Waker['notify'] = (lanes) => waker.notify(lanes);
  const endpoints = makeEndpoints({ ...parts, disabledWildcard, notify }, (workspaceId, id) => {
    worker.endpointChanged(id);
    // What was held while it was paused may be due now.
    waker.notify([[workspaceId, id]]);
  });
  const worker: Worker = new Worker({
    ...parts,
    endpoints,
    metrics,
    lanes: makeLanes(db),
    settler: makeSettler(db),
    addNumbers: (workspaceId, due) => addNumbers(parts, workspaceId, due),
  });
  const waker = makeWaker(db, log, instance, (ids) => worker.onNotify(ids));
  let timers: EngineTimers | undefined;
  let listener: { close(): Promise<void> } | undefined;

  return {
    endpoints,
    waker,
    worker,
    metrics,

    start(options) {
      timers = startEngineTimers({ ...parts, waker });
      if (!options.worker) return;
      listener = listen(db.connection, log, {
        [LANE_CHANNEL]: (payload) => {
          const ids = parseNotification(instance, payload);
          if (ids !== null) worker.onNotify(ids);
        },
        [ENDPOINT_CHANNEL]: (id) => worker.endpointChanged(id),
      });
      worker.start();
    },

    async pass(workspaceId) {
      await waker.notifyNow(await findOverdue(db.pool));
      return worker.pass(workspaceId);
    },

    async stop() {
      await listener?.close();
      await timers?.stop();
      await worker.stop(STOP_GRACE_MS);
    },
  };
}

/**
 * Listens for notifications of other processes. A lost connection is reopened. The worker's polling finds what was
 * missed, so listening only makes it faster.
 */
function listen(connection: Connection, log: Logger, on: Record<string, (payload: string) => void>) {
  let closed = false;
  let client: Client | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const fresh = new Client({ ...connection, application_name: 'fairlead listener', keepAlive: true });
    client = fresh;
    fresh.on('error', () => again(fresh));
    fresh.on('end', () => again(fresh));
    fresh.on('notification', ({ channel, payload }) => on[channel]?.(payload ?? ''));
    try {
      await fresh.connect();
      for (const channel of Object.keys(on)) await fresh.query(`listen ${channel}`);
    } catch (error) {
      log.debug({ err: (error as Error).message }, 'not listening');
      again(fresh);
    }
  }

  function again(lost: Client): void {
    if (closed || client !== lost) return;
    client = undefined;
    lost.end().catch(() => undefined);
    timer = setTimeout(() => void connect(), 1_000).unref();
  }

  void connect();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await client?.end().catch(() => undefined);
    },
  };
}
