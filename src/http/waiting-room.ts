import { ApiError, unavailable } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';

/** Keeps count of the requests that wait for events: they hold a connection each, for long. */
export interface WaitingRoom {
  /**
   * Takes a place for a request of a key or person, until it is given back.
   * Throws `rate_limited` where they have enough already, `unavailable` where everybody together has.
   * @returns gives the place back; called twice, it does so once
   */
  enter(identity: Uuid): () => void;
}

export function makeWaitingRoom(places: { each: number; all: number }): WaitingRoom {
  const taken = new Map<Uuid, number>();
  let all = 0;
  return {
    enter(identity) {
      const own = taken.get(identity) ?? 0;
      if (own >= places.each) {
        const message = `${places.each} requests of this key wait for events already.`;
        throw new ApiError('rate_limited', message, { retryAfter: 1 });
      }
      if (all >= places.all) throw unavailable('Too many requests wait for events.');
      taken.set(identity, own + 1);
      all += 1;
      let inside = true;
      return () => {
        if (!inside) return;
        inside = false;
        all -= 1;
        const left = taken.get(identity)! - 1;
        if (left > 0) taken.set(identity, left);
        else taken.delete(identity);
      };
    },
  };
}
