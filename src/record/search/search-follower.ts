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
/** With more events than this to follow, writes yield to search; with fewer, search yields to writes. */
const BACKLOG = 500;
/** Pauses are a part of the time that the step took. */
const PAUSE_BEHIND = 0.1;
const PAUSE = 1;
const MAX_PAUSE_MS = 500;
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
        await pause(pauseMs(outcome, performance.now() - started), (end) => (endPause = end));
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

function pauseMs(outcome: SearchStep, tookMs: number): number {
  if (outcome.kind !== 'done') return Math.min(MAX_POLL_MS, Math.max(POLL_MS, 10 * tookMs));
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
