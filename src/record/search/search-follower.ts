import type { Logger } from '../../base/log.ts';
import type { Database } from '../../db/pool.ts';
import type { SearchDocuments } from './search-document.ts';
import { searchStep, type SearchStep } from './search-step.ts';

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
/**
 * With more new events a second than this, the machine has no time to spare: search yields to the writes, and says that it
 * is behind. Documents are made once the writes have calmed down.
 */
const FULL_RATE = 2_500;
const PAUSE_AT_FULL_RATE = 40;
const MAX_PAUSE_AT_FULL_RATE_MS = 8_000;
/** Index entries are merged after this time without changes; until then, each search reads those that are new. */
const MERGE_AFTER_MS = 1_000;

const MERGE = `
select gin_clean_pending_list(c.oid) from pg_class c
where c.relname = 'search_document_text' and c.relkind = 'i' and c.relnamespace = current_schema()::regnamespace`;

export function makeSearchFollower(db: Database, documents: SearchDocuments, log: Logger): SearchFollower {
  const stopping = new AbortController();
  let isFailing = false;
  let running: Promise<void> | undefined;
  /** When documents were last made and not merged; Infinity: nothing to merge. */
  let changedAt = Infinity;
  let endPause = () => {};
  const rate = new EventRate();

  async function step(): Promise<SearchStep> {
    try {
      const outcome = await searchStep(db, documents);
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
      let isWoken = false;
      endPause = () => (isWoken = true);
      const started = performance.now();
      const outcome = await step();
      if (outcome.kind === 'done') changedAt = performance.now();
      else await mergeIndex();
      if (!isWoken && !stopping.signal.aborted)
        await pause(pauseMs(outcome, performance.now() - started, rate), (end) => (endPause = end));
    }
  }

  return {
    start() {
      running ??= follow();
    },
    wake: () => endPause(),
    async stop() {
      stopping.abort();
      endPause();
      await running;
    },
  };
}

/** How fast events are committed. */
class EventRate {
  #last: { backlog: number; at: number } | undefined;

  /** The new events a second since the last step; 0 at first. */
  after({ events, backlog }: { events: number; backlog: number }): number {
    const last = this.#last;
    const at = performance.now();
    this.#last = { backlog, at };
    return last ? ((backlog + events - last.backlog) * 1000) / Math.max(1, at - last.at) : 0;
  }
}

function pollMs(tookMs: number): number {
  return Math.min(MAX_POLL_MS, Math.max(POLL_MS, 10 * tookMs));
}

function pauseMs(outcome: SearchStep, tookMs: number, rate: EventRate): number {
  // Another process that is in a step knows the backlog.
  if (outcome.kind === 'busy') return pollMs(tookMs);
  const perSecond = rate.after(outcome.kind === 'done' ? outcome : { events: 0, backlog: 0 });
  if (outcome.kind === 'idle') return pollMs(tookMs);
  if (perSecond > FULL_RATE) return Math.min(MAX_PAUSE_AT_FULL_RATE_MS, tookMs * PAUSE_AT_FULL_RATE);
  return Math.min(MAX_PAUSE_MS, tookMs * (outcome.backlog > BACKLOG ? PAUSE_BEHIND : PAUSE));
}

/** Waits for `ms`, or until the function is called that `onPause` receives. */
function pause(ms: number, onPause: (end: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    onPause(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
