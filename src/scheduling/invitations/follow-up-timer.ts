import type { Logger } from '../../base/log.ts';
import type { Follower } from '../../record/module.ts';
import type { FollowUp } from './follow-up.ts';

/** Between two looks, in milliseconds. One that finds nothing reads an empty index. */
const PAUSE_MS = 1_000;

/** Follows up appointments as long as the process runs. Several processes share the work row by row. */
export function makeFollowUpTimer(followUp: FollowUp, log: Logger): Follower {
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let isFailing = false;

  async function pass(): Promise<void> {
    try {
      await followUp.pass(stopping.signal);
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.warn({ err: (error as Error).message }, 'appointments are followed up later');
      isFailing = true;
    }
    if (!stopping.signal.aborted) timer = setTimeout(again, PAUSE_MS);
  }

  function again(): void {
    running = pass();
  }

  return {
    start() {
      running ??= pass();
    },
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
