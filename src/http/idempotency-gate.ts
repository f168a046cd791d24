import {
  IN_PROGRESS,
  type Idempotency,
  type IdempotencyClaim,
  type StoredAnswer,
} from '../account/idempotency.ts';
import type { Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import { sha256 } from '../base/hmac.ts';
import type { Answer, RouteRequest } from './route.ts';

/**
 * `Idempotency-Key` on POST and PATCH (docs/requirements.md, section 7). The response is stored in the same
 * statement or transaction as the change; this class looks it up first and returns it again.
 */
export class IdempotencyGate {
  readonly #store: Idempotency;
  readonly #clock: Clock;
  /** Keys whose first request is running in this process. */
  readonly #inFlight = new Set<string>();

  constructor(store: Idempotency, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * Runs `work` once per key: returns the stored response if there is one, also if another process was first.
   * @throws ApiError `conflict` while the first request with the key is running
   */
  async once(request: RouteRequest, work: () => Promise<Answer>): Promise<Answer> {
    const claim = claimOf(request);
    const inFlightKey = `${claim.identity}/${claim.key}`;
    if (this.#inFlight.has(inFlightKey)) throw new ApiError('conflict', IN_PROGRESS, { retryAfter: 1 });
    this.#inFlight.add(inFlightKey);
    try {
      const stored = await this.#store.stored(claim, this.#clock.now());
      if (stored) return replayed(stored);
      request.claim = claim;
      const result = await this.#store.once(claim, this.#clock.now(), work);
      return 'replay' in result ? replayed(result.replay) : result.answer;
    } finally {
      this.#inFlight.delete(inFlightKey);
    }
  }
}

function claimOf({ headers, caller, method, url, rawBody }: RouteRequest): IdempotencyClaim {
  const key = headers['idempotency-key'];
  if (typeof key !== 'string' || !/^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(key)) {
    throw new ApiError('validation_error', 'Idempotency-Key: must be 1 to 255 printable ASCII characters', {
      fields: [{ field: 'Idempotency-Key', message: 'must be 1 to 255 printable ASCII characters' }],
    });
  }
  return {
    workspaceId: caller!.workspaceId,
    identity: caller!.identity,
    key,
    requestHash: sha256(method, '\n', url, '\n', rawBody ?? '').toString('hex'),
  };
}

function replayed(stored: StoredAnswer): Answer {
  return {
    status: stored.status,
    body: stored.body === '' ? null : stored.body,
    headers: { 'idempotent-replayed': 'true' },
  };
}
