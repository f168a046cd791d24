import type { Uuid } from '../base/id.ts';
import type { Filter } from '../events/event-filter.ts';
import type { BREAKER_STATES } from './breaker.ts';
import type { ContentType } from './form-body.ts';
import type { RateLimit } from './rate.ts';

/** A webhook with its secrets opened: what the engine sends to. */
export interface Endpoint {
  workspaceId: Uuid;
  id: Uuid;
  /** The workspace's integer. */
  clientNumber: number;
  version: number;
  name: string;
  url: string;
  format: string;
  /** Our names of event types, or `*`. */
  events: string[];
  state: 'active' | 'paused' | 'disabled' | 'deleted';
  /** Why it is disabled, or paused though nobody paused it; null otherwise. */
  reason: string | null;
  /** The signing secret, then the one before it while both sign; empty where unsigned. */
  secrets: string[];
  method: 'POST' | 'PUT' | 'PATCH';
  contentType: ContentType;
  headers: Record<string, string>;
  timeoutMs: number;
  retryMax: number;
  retryIntervalsS: number[];
  /** Failed attempts in a row after which it is taken out of service; null for never. */
  disableAfter: number | null;
  /** Whether a 410 does so too; in some formats it always does. */
  disableOnGone: boolean;
  /** Which events it wants, as it was written; null for all of its types. */
  filter: Record<string, unknown> | null;
  payload: 'summary' | 'full';
  /** Requests under way at once, at most; 1 to 64. */
  maxInFlight: number;
  /** Requests begun in a span of time, at most; null for any number. */
  rateLimit: RateLimit | null;
  /** Whether events of one record are sent one after the other, in the order in which they happened. */
  ordering: 'none' | 'record';
  breaker: Breaker;
  createdAt: string;
  updatedAt: string;
}

/** Whether its receiver is pressed (breaker.ts); open until then, ISO 8601. */
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
    | 'maxInFlight'
    | 'rateLimit'
    | 'ordering'
  >
> & { active?: boolean; filter?: Filter | null };
