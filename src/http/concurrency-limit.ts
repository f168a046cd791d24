import { ApiError, unavailable } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';

/**
 * Maximum numbers of requests in this process that wait for events; each of them holds a connection for a long
 * time.
 */
export interface ConcurrencyMaxima {
  /** Per API key or user. */
  caller: number;
  /** Per workspace. */
  workspace: number;
  all: number;
}

/** Limits the number of concurrent requests that wait for events. */
export interface ConcurrencyLimit {
  /**
   * Reserves a slot for a request. Throws `rate_limited` at the maximum of the caller or the workspace,
   * `unavailable` at the maximum of the process.
   * @returns releases the slot; further calls have no effect
   */
  acquire(caller: { identity: Uuid; workspaceId: Uuid }): () => void;
}

export function makeConcurrencyLimit(max: ConcurrencyMaxima): ConcurrencyLimit {
  const ofCaller = new Map<Uuid, number>();
  const ofWorkspace = new Map<Uuid, number>();
  let all = 0;
  return {
    acquire({ identity, workspaceId }) {
      refuseFull(ofCaller.get(identity), max.caller, 'of this key');
      refuseFull(ofWorkspace.get(workspaceId), max.workspace, 'of this workspace');
      if (all >= max.all) throw unavailable('Too many requests are waiting for events.');
      add(ofCaller, identity, 1);
      add(ofWorkspace, workspaceId, 1);
      all += 1;
      let inside = true;
      return () => {
        if (!inside) return;
        inside = false;
        all -= 1;
        add(ofCaller, identity, -1);
        add(ofWorkspace, workspaceId, -1);
      };
    },
  };
}

function refuseFull(taken: number | undefined, max: number, whose: string): void {
  if ((taken ?? 0) < max) return;
  throw new ApiError('rate_limited', `${max} requests ${whose} are waiting for events already.`, {
    retryAfter: 1,
  });
}

function add(counts: Map<Uuid, number>, id: Uuid, change: number): void {
  const count = (counts.get(id) ?? 0) + change;
  if (count > 0) counts.set(id, count);
  else counts.delete(id);
}
