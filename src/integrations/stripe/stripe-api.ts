import { ApiError, unavailable } from '../../base/errors.ts';
import type { ConnectionValues } from '../../connections/connection-kind.ts';
import type { HttpClient } from '../../net/http-client.ts';
import { isObject, type StripeObject } from './stripe-object.ts';

const BASE_URL = 'https://api.stripe.com';

/** The version whose objects are read; both shapes are known. */
const API_VERSION = '2025-03-31.basil';

const MAX_BYTES = 8 * 1024 * 1024;
const TIMEOUT_MS = 20_000;

/** Reads objects of an account with its restricted key. */
export interface StripeApi {
  /**
   * @param path as in `/v1/charges/ch_1`
   * Throws `unavailable` where Stripe may answer later, `conflict` for a key that may not read it.
   */
  get(path: string): Promise<StripeObject>;
}

/** Null without a key. */
export function makeStripeApi(http: HttpClient, { settings, secrets }: ConnectionValues): StripeApi | null {
  const key = secrets['api_key'];
  if (key === undefined) return null;
  const base = typeof settings['base_url'] === 'string' ? settings['base_url'].replace(/\/+$/, '') : BASE_URL;
  return {
    async get(path) {
      if (!/^\/v[12]\/[\w./?&=%[\]-]*$/.test(path) || path.includes('..'))
        throw new ApiError('validation_error', 'The event has an address that is none of Stripe.');
      const { status, body } = await http(`${base}${path}`, {
        headers: { authorization: `Bearer ${key}`, 'stripe-version': API_VERSION },
        timeoutMs: TIMEOUT_MS,
        maxBytes: MAX_BYTES,
      }).catch((error: Error) => {
        throw unavailable(`Stripe could not be reached: ${error.message}`, 60);
      });
      if (status === 401 || status === 403)
        throw new ApiError(
          'conflict',
          `Stripe refused the restricted key (${status}); check what it may read.`,
        );
      if (status === 404) return {};
      if (status !== 200) throw unavailable(`Stripe answered ${status}.`, 60);
      return parsed(body);
    },
  };
}

function parsed(body: Buffer): StripeObject {
  try {
    const value: unknown = JSON.parse(body.toString());
    if (isObject(value)) return value;
  } catch {
    // Said below.
  }
  throw unavailable('Stripe answered with something that is no JSON object.', 60);
}
