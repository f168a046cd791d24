import { createHmac } from 'node:crypto';
import { networkOf } from '../../account/sign-in-throttle.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { Logger } from '../../base/log.ts';
import type { Sealer } from '../../base/seal.ts';
import { failureKind } from '../../db/failure.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Transaction } from '../../db/query.ts';
import { sql } from '../../db/sql.ts';
import { append, type LaneKey } from '../../events/outbox.ts';
import type { RecordService } from '../../record/record-service.ts';
import type { Email } from '../emails/email-fields.ts';
import { writeHits, type HitEvent, type TakenHit } from './hit-batch.ts';
import { visitorKeyOf } from './hit-store.ts';
import { BURST_MS, type Hit } from './hit-verdict.ts';
import { HONEYPOT_LINK } from './tracked-html.ts';
import { WaitingHits } from './waiting-hits.ts';

export interface HitRecorderParts {
  db: Database;
  clock: Clock;
  log: Logger;
  newId: () => Uuid;
  sealer: Pick<Sealer, 'derive'>;
  emails: Pick<RecordService<Email, object>, 'store'>;
  notify(lanes: LaneKey[]): void;
  wildcardFormats(type: string): readonly string[];
}

/** A request for a pixel or a link, with a valid token. */
export interface NewHit extends Omit<Hit, 'at'> {
  emailId: Uuid;
  session: Buffer | null;
}

/** Hits are answered at once and written in batches. */
export interface HitRecorder {
  add(hit: NewHit): void;
  /** Writes what has not been written. */
  stop(): Promise<void>;
}

/** The actor of what recipients do. */
const RECIPIENT = 'system:email';
const MAX_BATCH = 500;
/** What is kept in memory while the database cannot be reached; beyond it, hits are lost. */
const MAX_WAITING = 50_000;
const INTERVAL_MS = 200;
/** A batch that fails for another reason than the database's state is not tried for ever. */
const MAX_FAILURES = 5;

/**
 * Writes hits a moment later: clicks after two seconds, since only the next click shows that a scanner follows all links.
 * A normal stop writes all; a crash loses those of the last three seconds.
 */
export function makeHitRecorder(parts: HitRecorderParts): HitRecorder {
  const { db, clock, log, newId, notify } = parts;
  const secret = parts.sealer.derive('email visitor');
  const opens = new WaitingHits();
  const clicks = new WaitingHits();
  let timer: NodeJS.Timeout | null = null;
  /** The flush under way. */
  let running: Promise<void> | null = null;
  let failures = 0;
  let isStopping = false;

  const waitingCount = () => opens.size + clicks.size;

  function schedule(): void {
    if (timer !== null || waitingCount() === 0 || isStopping) return;
    timer = setTimeout(() => {
      timer = null;
      void flush();
    }, INTERVAL_MS);
  }

  /** One at a time; the same promise for everyone who waits for it. */
  function flush(): Promise<void> {
    running ??= writeDue().finally(() => {
      running = null;
      schedule();
    });
    return running;
  }

  async function writeDue(): Promise<void> {
    while (await writeNext());
  }

  /** @returns whether another batch is due */
  async function writeNext(): Promise<boolean> {
    const due = isStopping ? Infinity : clock.now() - BURST_MS;
    const batch = [...opens.upTo(Infinity, MAX_BATCH), ...clicks.upTo(due, MAX_BATCH)]
      .toSorted((a, b) => a.at - b.at)
      .slice(0, MAX_BATCH);
    if (batch.length === 0) return false;
    const taken = new Set(batch);
    const held = [...new Set(batch.map(({ visitorKey }) => visitorKey))]
      .flatMap((key) => [...opens.listFor(key), ...clicks.listFor(key)])
      .filter((hit) => !taken.has(hit));
    try {
      const lanes = await db.transaction((trx) => write(trx, batch, held));
      notify(lanes);
      failures = 0;
    } catch (error) {
      failures += 1;
      const isLasting = failureKind(error) !== 'lost' && failures >= MAX_FAILURES;
      log.error({ err: (error as Error).message, hits: batch.length }, 'hits could not be written');
      if (!isLasting) return false;
      failures = 0;
    }
    for (const hit of batch) (hit.kind === 'open' ? opens : clicks).remove(hit);
    return opens.size > 0 || clicks.upTo(due, 1).length > 0;
  }

  async function write(trx: Transaction, batch: readonly TakenHit[], held: readonly TakenHit[]) {
    // After a lost connection, the batch may have been committed.
    const written = failures > 0 ? await listWritten(trx, batch) : new Set<Uuid>();
    const left = batch.filter(({ id }) => !written.has(id));
    if (left.length === 0) return [];
    const { events } = await writeHits(trx, left, held);
    return events.length > 0 ? fire(trx, events) : [];
  }

  /** Appends the events; each call takes one of each mail. */
  async function fire(trx: Transaction, events: readonly HitEvent[]): Promise<LaneKey[]> {
    const ids = [...new Set(events.map(({ emailId }) => emailId))];
    const rows = await query<Record<string, unknown>>(
      trx,
      sql`select * from email where (workspace_id, id) in
            (select workspace_id, email_id from email_tracking where email_id = any(${ids}::uuid[]))`,
    );
    const records = new Map(
      rows.map((row) => [
        row['id'] as Uuid,
        { workspaceId: row['workspace_id'] as Uuid, data: parts.emails.store.toRecord(row) },
      ]),
    );
    const lanes: LaneKey[] = [];
    for (let left = [...events]; left.length > 0;) {
      const round = new Map<Uuid, HitEvent>();
      for (const event of left) if (!round.has(event.emailId)) round.set(event.emailId, event);
      const appended = await append(
        trx,
        'email',
        [...round.values()].map(({ emailId, type, at, context }) => ({
          ...records.get(emailId)!,
          id: newId(),
          type,
          objectId: emailId,
          actor: RECIPIENT,
          at: isoTime(at),
          context: shownContext(records.get(emailId)!.data, context),
          wildcard: parts.wildcardFormats(type),
        })),
      );
      lanes.push(...appended.lanes);
      left = left.filter((event) => round.get(event.emailId) !== event);
    }
    return lanes;
  }

  return {
    add({ address, ...hit }) {
      if (waitingCount() >= MAX_WAITING) return;
      const visitor = createHmac('sha256', secret)
        .update(hit.emailId)
        .update(networkOf(address))
        .digest()
        .subarray(0, 8)
        .toString('base64');
      (hit.kind === 'open' ? opens : clicks).add({
        ...hit,
        address,
        id: newId(),
        at: clock.now(),
        visitor,
        visitorKey: visitorKeyOf(hit.emailId, visitor),
        isHoneypot: hit.link === HONEYPOT_LINK,
      });
      schedule();
    },

    async stop() {
      isStopping = true;
      if (timer !== null) clearTimeout(timer);
      timer = null;
      // The first may have begun before all hits were due, or fail.
      for (let tries = 0; tries < MAX_FAILURES; tries++) {
        await flush();
        if (waitingCount() === 0) return;
      }
    },
  };
}

/** The targets of links are a part of what a private mail says. */
function shownContext({ visibility }: Email, context: HitEvent['context']): HitEvent['context'] {
  return visibility === 'private' && context.link !== undefined ? { ...context, link: null } : context;
}

async function listWritten(trx: Transaction, batch: readonly TakenHit[]): Promise<ReadonlySet<Uuid>> {
  const ids = batch.map(({ id }) => id);
  const emailIds = [...new Set(batch.map(({ emailId }) => emailId))];
  const rows = await query<{ id: Uuid }>(
    trx,
    sql`select h.id from email_tracking t
        join email_hit h on h.workspace_id = t.workspace_id and h.email_id = t.email_id
        where t.email_id = any(${emailIds}::uuid[]) and h.id = any(${ids}::uuid[])`,
  );
  return new Set(rows.map(({ id }) => id));
}

/** Deletes the hashes by which hits of one visitor are recognised: they are needed for a minute. */
export async function forgetVisitors(db: Database): Promise<number | null> {
  const { rowCount } = await db.pool.query(
    `update email_hit set visitor = null where visitor is not null and at < now() - interval '1 hour'`,
  );
  return rowCount;
}
