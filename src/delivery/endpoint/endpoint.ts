import type { Uuid } from '../../base/id.ts';
import type { Filter } from '../../events/event-filter.ts';
import type { BREAKER_STATES } from './breaker.ts';
import type { ContentType } from './body-content-type.ts';
import type { RateLimit } from './send-rate.ts';

/** A webhook with its secrets opened: what the engine sends to. */
export interface Endpoint {
  workspaceId: Uuid;
  id: Uuid;
  /** The workspace's integer id. */
  clientNumber: number;
  version: number;
  name: string;
  url: string;
  format: string;
  /** The catalogue's names of event types, or `*`. */
  events: string[];
  state: 'active' | 'paused' | 'disabled' | 'deleted';
  /** Why it is disabled, or paused although nobody paused it; null otherwise. */
  reason: string | null;
  /** The signing secret, then the previous one while both sign; empty if unsigned. */
  secrets: string[];
  method: 'POST' | 'PUT' | 'PATCH';
  contentType: ContentType;
  headers: Record<string, string>;
  timeoutMs: number;
  retryMax: number;
  retryIntervalsS: number[];
  /** Failed attempts in a row after which it is disabled; null for never. */
  disableAfter: number | null;
  /** Whether a 410 disables it as well; in some formats it always does. */
  disableOnGone: boolean;
  /** Which events it wants, as entered; null for all of its types. */
  filter: Record<string, unknown> | null;
  payload: 'summary' | 'full';
  /** Whether its events have the names and integer ids of its format's system; see `Format.ownNames`. */
  ownNames: boolean;
  /** Most requests under way at once; 1 to 64. */
  maxInFlight: number;
  /** Most requests begun in a span of time; null for any number. */
  rateLimit: RateLimit | null;
  /** Whether events of one record are sent one after the other, in the order in which they happened. */
  ordering: 'none' | 'record';
  breaker: Breaker;
  createdAt: string;
  updatedAt: string;
}

/** The state of its breaker (breaker.ts); if open, until when, ISO 8601. */
export interface Breaker {
  state: (typeof BREAKER_STATES)[number];
  until: string | null;
}

export type NewEndpoint = Omit<
  Endpoint,
  | 'id'
  | 'clientNumber'
  | 'version'
  | 'state'
  | 'reason'
  | 'secrets'
  | 'filter'
  | 'breaker'
  | 'createdAt'
  | 'updatedAt'
> & {
  active: boolean;
  filter: Filter | null;
  secret: string | null;
  createdBy: string;
};

export type EndpointChange = Partial<
  Pick<
    Endpoint,
    | 'name'
    | 'url'
    | 'events'
    | 'method'
    | 'contentType'
    | 'headers'
    | 'timeoutMs'
    | 'retryMax'
    | 'retryIntervalsS'
    | 'disableAfter'
    | 'disableOnGone'
    | 'payload'
    | 'ownNames'
    | 'maxInFlight'
    | 'rateLimit'
    | 'ordering'
  >
> & { active?: boolean; filter?: Filter | null };
