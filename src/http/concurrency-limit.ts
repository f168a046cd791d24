import { ApiError, unavailable } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';

/** How many requests may wait for events at once, in this process: they hold a connection each, for long. */
export interface ConcurrencyMaxima {
  /** Of one key or person. */
  caller: number;
  /** Of all keys and persons of one workspace. */
  workspace: number;
  all: number;
}

/** Counts the requests that wait for events. */
export interface ConcurrencyLimit {
  /**
   * Takes a place for a request until it is given back. Throws `rate_limited` where the caller or the workspace has
   * its maximum already, `unavailable` where all together have.
   * @returns gives the place back; called twice, it does so once
   */
  enter(caller: { identity: Uuid; workspaceId: Uuid }): () => void;
}

export function makeConcurrencyLimit(max: ConcurrencyMaxima): ConcurrencyLimit {
  const ofCaller = new Map<Uuid, number>();
  const ofWorkspace = new Map<Uuid, number>();
  let all = 0;
  return {
    enter({ identity, workspaceId }) {
      refuseFull(ofCaller.get(identity), max.caller, 'of this key');
      refuseFull(ofWorkspace.get(workspaceId), max.workspace, 'of this workspace');
      if (all >= max.all) throw unavailable('Too many requests wait for events.');
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
  throw new ApiError('rate_limited', `${max} requests ${whose} wait for events already.`, { retryAfter: 1 });
}

function add(counts: Map<Uuid, number>, id: Uuid, change: number): void {
  const count = (counts.get(id) ?? 0) + change;
  if (count > 0) counts.set(id, count);
  else counts.delete(id);
}
