/** Requests under way at once in a process. */
const MAX_SENDS = 1_000;
/** Requests that each lane may start whatever the others do: receivers that hang cannot block the rest. */
const MIN_LANE_SENDS = 2;

/** What all lanes of a process share. */
export interface SendBudget {
  /** Of deliveries that were read and not yet settled. */
  bytes: number;
  /** Deliveries that were read and not yet sent. */
  rows: number;
  /** Requests under way. */
  sends: number;
  /** Lanes that wait only for `MAX_SENDS`; the first is resumed when a request ends. */
  waiting: Set<{ resume(): void }>;
  /**
   * Resolves when the delivery that is sent alone is settled. Of all isolated lanes one delivery is sent at a time, so
   * that a crash can be counted against it.
   */
  isolatedTurn: Promise<unknown>;
}

export function makeSendBudget(): SendBudget {
  return { bytes: 0, rows: 0, sends: 0, waiting: new Set(), isolatedTurn: Promise.resolve() };
}

/** @param sending requests that the lane has under way */
export function mayStartSend({ sends }: SendBudget, sending: number): boolean {
  return sends < MAX_SENDS || sending < MIN_LANE_SENDS;
}

/** A request has ended: resumes a lane that waits. */
export function endSend(budget: SendBudget): void {
  budget.sends -= 1;
  const [next] = budget.waiting;
  if (!next) return;
  budget.waiting.delete(next);
  next.resume();
}
