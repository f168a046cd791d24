import type { Logger } from '../../base/log.ts';
import type { Database } from '../../db/pool.ts';
import type { SearchDocuments } from './search-document.ts';
import { countEvents, hasWork, searchStep, type SearchStep } from './search-step.ts';

/**
 * Follows the event feed and keeps the search documents up to date. Every process with the service `worker` has one; a
 * lock lets one of them at a time do a step.
 */
export interface SearchFollower {
  start(): void;
  /** Ends the present pause: somebody waits for the documents. */
  wake(): void;
  /** Waits for the step that runs. */
  stop(): Promise<void>;
}

/** How late a change may be noticed, in milliseconds. A step that finds nothing takes less than one. */
const POLL_MS = 150;
/** With very many workspaces a step that finds nothing takes longer; it takes a tenth of the time at most. */
const MAX_POLL_MS = 500;
/** With more events than this to follow, pauses are short. */
const BACKLOG = 500;
/** Pauses as multiples of the time that the step took. */
const PAUSE_BEHIND = 0.1;
const PAUSE = 1;
const MAX_PAUSE_MS = 500;
/** With fewer new events a second than this, a backlog is followed without pauses. */
const CALM_RATE = 200;
/**
 * With more new events a second than this, the machine has no time to spare: search yields to the writes, and says that it
 * is behind. Documents are made once the writes have calmed down.
 */
const FULL_RATE = 2_500;
const PAUSE_AT_FULL_RATE = 40;
const MAX_PAUSE_AT_FULL_RATE_MS = 8_000;
/** How soon such a pause ends when the writes have calmed down. */
const LOOK_MS = 500;
/** The rate of a shorter time is that of a burst, which says nothing about the machine. */
const RATE_OVER_MS = 1_000;
/** Index entries are merged after this time without changes; until then, each search reads those that are new. */
const MERGE_AFTER_MS = 1_000;

const MERGE = `
select gin_clean_pending_list(c.oid) from pg_class c
where c.relname = 'search_document_text' and c.relkind = 'i' and c.relnamespace = current_schema()::regnamespace`;

export function makeSearchFollower(db: Database, documents: SearchDocuments, log: Logger): SearchFollower {
  const stopping = new AbortController();
  let isFailing = false;
  let hasStepped = false;
  let running: Promise<void> | undefined;
  /** When documents were last made and not merged; Infinity: nothing to merge. */
  let changedAt = Infinity;
  let endPause = () => {};
  /** Somebody waits for the documents. */
  let isWoken = false;
  const rate = new EventRate();

  async function step(): Promise<SearchStep> {
    try {
      // The first step requests documents of another form.
      const isNeeded = !hasStepped || (await hasWork(db));
      const isGivingWay = rate.perSecond() > FULL_RATE;
      const outcome: SearchStep = isNeeded
        ? await searchStep(db, documents, { isGivingWay })
        : { kind: 'idle' };
      hasStepped ||= outcome.kind !== 'busy';
      isFailing = false;
      return outcome;
    } catch (error) {
      if (!isFailing)
        log.warn({ err: (error as Error).message }, 'search documents cannot be made; trying again');
      isFailing = true;
      return { kind: 'busy' };
    }
  }

  async function mergeIndex(): Promise<void> {
    if (performance.now() - changedAt < MERGE_AFTER_MS) return;
    changedAt = Infinity;
    await db.side.query(MERGE).catch((error: Error) => log.debug({ err: error.message }, 'index not merged'));
  }

  async function follow(): Promise<void> {
    while (!stopping.signal.aborted) {
      isWoken = false;
      const started = performance.now();
      const outcome = await step();
      if (outcome.kind === 'done') changedAt = performance.now();
      else await mergeIndex();
      const tookMs = performance.now() - started;
      // Another process that is in a step knows the backlog.
      if (outcome.kind === 'done' && outcome.seen !== null) rate.add(outcome.seen, started);
      await (outcome.kind === 'done' && rate.perSecond() > FULL_RATE
        ? yieldToWrites(Math.min(MAX_PAUSE_AT_FULL_RATE_MS, tookMs * PAUSE_AT_FULL_RATE))
        : pause(pauseMs(outcome, tookMs, rate.perSecond() < CALM_RATE)));
    }
  }

  /** Pauses for `ms`, or until fewer events are committed. */
  async function yieldToWrites(ms: number): Promise<void> {
    const until = performance.now() + ms;
    for (let left = ms; left > 0; left = until - performance.now()) {
      await pause(Math.min(LOOK_MS, left));
      if (isWoken || stopping.signal.aborted) return;
      const at = performance.now();
      const seen = await countEvents(db).catch(() => null);
      if (seen !== null) rate.add(seen, at);
      if (rate.perSecond() <= FULL_RATE) return;
    }
  }

  /** Waits for `ms`, or until somebody waits for the documents. */
  async function pause(ms: number): Promise<void> {
    if (isWoken || stopping.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    endPause = () => {};
  }

  return {
    start() {
      running ??= follow();
    },
    wake() {
      isWoken = true;
      endPause();
    },
    async stop() {
      stopping.abort();
      endPause();
      await running;
    },
  };
}

/** How fast events are committed. */
class EventRate {
  /** Numbers of events so far, by the time at which they were read, of the last seconds. */
  #samples: { events: number; at: number }[] = [];

  /** @param events those of all workspaces so far. @param at when it was read */
  add(events: number, at: number): void {
    // The newest sample that is old enough stays.
    const old = this.#samples.findLastIndex((sample) => at - sample.at >= RATE_OVER_MS);
    this.#samples = [...this.#samples.slice(Math.max(0, old)), { events, at }];
  }

  /** 0 until it is known. */
  perSecond(): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || !last || last.at - first.at < RATE_OVER_MS) return 0;
    return ((last.events - first.events) * 1000) / (last.at - first.at);
  }
}

function pollMs(tookMs: number): number {
  return Math.min(MAX_POLL_MS, Math.max(POLL_MS, 10 * tookMs));
}

function pauseMs(outcome: SearchStep, tookMs: number, isCalm: boolean): number {
  if (outcome.kind !== 'done') return pollMs(tookMs);
  if (isCalm && outcome.backlog > BACKLOG) return 0;
  return Math.min(MAX_PAUSE_MS, tookMs * (outcome.backlog > BACKLOG ? PAUSE_BEHIND : PAUSE));
}
