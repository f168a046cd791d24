import type { FastifyRequest } from 'fastify';
import {
  IN_PROGRESS,
  type Idempotency,
  type IdempotencyClaim,
  type StoredAnswer,
} from '../account/idempotency.ts';
import type { Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import { sha256 } from '../base/hmac.ts';
import type { Answer } from './route.ts';

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

  /** Claims the request's key. Returns the stored response if there is one. */
  async claim(request: FastifyRequest): Promise<Answer | null> {
    const key = request.headers['idempotency-key'];
    if (key === undefined) return null;
    if (typeof key !== 'string' || !/^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(key)) {
      throw new ApiError('validation_error', 'Idempotency-Key: must be 1 to 255 printable ASCII characters', {
        fields: [{ field: 'Idempotency-Key', message: 'must be 1 to 255 printable ASCII characters' }],
      });
    }
    const caller = request.caller!;
    const claim: IdempotencyClaim = {
      workspaceId: caller.workspaceId,
      identity: caller.identity,
      key,
      requestHash: sha256(request.method, '\n', request.url, '\n', request.rawBody ?? '').toString('hex'),
    };
    if (this.#inFlight.has(inFlightKey(claim)))
      throw new ApiError('conflict', IN_PROGRESS, { retryAfter: 1 });
    this.#inFlight.add(inFlightKey(claim));
    request.claim = claim;
    const stored = await this.#store.stored(claim, this.#clock.now());
    return stored && replayed(stored);
  }

  /** Runs the handler; if another process was first with the same key, returns its response. */
  async guard(request: FastifyRequest, work: () => Promise<Answer>): Promise<Answer> {
    if (!request.claim) return work();
    const result = await this.#store.once(request.claim, this.#clock.now(), work);
    return 'replay' in result ? replayed(result.replay) : result.answer;
  }

  leave(request: FastifyRequest): void {
    if (request.claim) this.#inFlight.delete(inFlightKey(request.claim));
  }
}

function replayed(stored: StoredAnswer): Answer {
  return {
    status: stored.status,
    body: stored.body === '' ? null : stored.body,
    headers: { 'idempotent-replayed': 'true' },
  };
}

function inFlightKey(claim: IdempotencyClaim): string {
  return `${claim.identity}/${claim.key}`;
}
