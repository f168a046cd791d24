import type { Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { Sealer } from '../../base/seal.ts';
import { BREAKER_STATE } from './breaker.ts';
import type { Breaker, Endpoint, EndpointChange } from './endpoint.ts';

/** The row as it is read, with columns of other tables. Times are ISO 8601. */
export interface EndpointRow {
  workspace_id: Uuid;
  id: Uuid;
  version: number;
  name: string;
  url: string;
  format: string;
  events: string[];
  state: 'active' | 'paused' | 'disabled' | 'deleted';
  reason: string | null;
  secret: Buffer | null;
  old_secret: Buffer | null;
  old_secret_until: string | null;
  method: 'POST' | 'PUT' | 'PATCH';
  content_type: 'application/json' | 'application/x-www-form-urlencoded';
  headers: Buffer | null;
  timeout_ms: number;
  retry_max: number;
  retry_intervals_s: number[];
  disable_after: number | null;
  disable_on_410: boolean;
  filter: Record<string, unknown> | null;
  payload: 'summary' | 'full';
  own_names: boolean;
  max_in_flight: number;
  rate_max: number | null;
  rate_per_s: number | null;
  ordering: 'none' | 'record';
  created_at: string;
  updated_at: string;
  client_number: number;
  breaker: Breaker | null;
}

/** SQL: the columns of an `EndpointRow`, of a statement on the table `endpoint`. */
export const ENDPOINT_COLUMNS = `
  endpoint.workspace_id, endpoint.id, endpoint.version, endpoint.name, endpoint.url, endpoint.format, endpoint.events,
  endpoint.state, endpoint.reason, endpoint.secret, endpoint.old_secret, endpoint.old_secret_until, endpoint.method,
  endpoint.content_type, endpoint.headers, endpoint.timeout_ms, endpoint.retry_max, endpoint.retry_intervals_s,
  endpoint.disable_after, endpoint.disable_on_410, endpoint.filter, endpoint.payload, endpoint.own_names, endpoint.max_in_flight,
  endpoint.rate_max, endpoint.rate_per_s, endpoint.ordering, endpoint.created_at, endpoint.updated_at,
  (select w.client_number from workspace w where w.id = endpoint.workspace_id) as client_number,
  (
    select json_build_object(
      'state', ${BREAKER_STATE},
      'until', case when ${BREAKER_STATE} = 'open'
        then to_char(l.not_before at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end)
    from lane l where l.workspace_id = endpoint.workspace_id and l.endpoint_id = endpoint.id
  ) as breaker`;

type Sealed = 'secret' | 'headers';

/** The settings of a webhook that its owners may change. */
type Options = Required<Omit<EndpointChange, 'active'>>;

type Defined<Some> = { [Name in keyof Some]: Exclude<Some[Name], undefined> };

/** Converts between a webhook and its row. Secrets and custom headers are sealed. */
export function endpointRows(sealer: Sealer, clock: Clock) {
  const placeOf = (workspaceId: Uuid, column: Sealed) => ({ workspaceId, table: 'endpoint', column });

  function sealed(workspaceId: Uuid, column: Sealed, plain: string | null): Buffer | null {
    return plain === null ? null : sealer.seal(placeOf(workspaceId, column), plain);
  }

  function opened(workspaceId: Uuid, column: Sealed, kept: Buffer | null): string | null {
    return kept && sealer.open(placeOf(workspaceId, column), kept);
  }

  /** The columns of the fields in `input`; columns of missing fields are undefined, and so stay unchanged. */
  function changedColumns(workspaceId: Uuid, input: Partial<Options>) {
    const { filter, rateLimit } = input;
    return {
      name: input.name,
      url: input.url,
      events: input.events,
      method: input.method,
      content_type: input.contentType,
      headers: input.headers && sealed(workspaceId, 'headers', JSON.stringify(input.headers)),
      timeout_ms: input.timeoutMs,
      retry_max: input.retryMax,
      retry_intervals_s: input.retryIntervalsS,
      disable_after: input.disableAfter,
      disable_on_410: input.disableOnGone,
      filter: filter && JSON.stringify(filter.input),
      filter_path: filter && filter.path,
      filter_on: filter && filter.on,
      filter_texts: filter === null ? [] : filter?.texts,
      filter_values: filter === null ? 0 : filter?.values,
      filter_bytes: filter === null ? 0 : filter?.bytes,
      payload: input.payload,
      own_names: input.ownNames,
      max_in_flight: input.maxInFlight,
      rate_max: rateLimit && rateLimit.max,
      rate_per_s: rateLimit && rateLimit.perMs / 1000,
      ordering: input.ordering,
    };
  }

  return {
    sealed,
    changedColumns,

    /** The columns of all settings. */
    optionColumns(workspaceId: Uuid, options: Options) {
      return changedColumns(workspaceId, options) as Defined<ReturnType<typeof changedColumns>>;
    },

    open(row: EndpointRow): Endpoint {
      const workspaceId = row.workspace_id;
      const current = opened(workspaceId, 'secret', row.secret);
      const overlaps = row.old_secret_until !== null && Date.parse(row.old_secret_until) > clock.now();
      const old = overlaps ? opened(workspaceId, 'secret', row.old_secret) : null;
      return {
        workspaceId,
        id: row.id,
        clientNumber: row.client_number,
        version: row.version,
        name: row.name,
        url: row.url,
        format: row.format,
        events: row.events,
        state: row.state,
        reason: row.reason,
        secrets: [current, old].filter((secret) => secret !== null),
        method: row.method,
        contentType: row.content_type,
        headers: JSON.parse(opened(workspaceId, 'headers', row.headers) ?? '{}') as Record<string, string>,
        timeoutMs: row.timeout_ms,
        retryMax: row.retry_max,
        retryIntervalsS: row.retry_intervals_s,
        disableAfter: row.disable_after,
        disableOnGone: row.disable_on_410,
        filter: row.filter,
        payload: row.payload,
        ownNames: row.own_names,
        maxInFlight: row.max_in_flight,
        rateLimit: row.rate_max === null ? null : { max: row.rate_max, perMs: row.rate_per_s! * 1000 },
        ordering: row.ordering,
        breaker: row.breaker ?? { state: 'closed', until: null },
        createdAt: row.created_at,
        updatedAt: row.updated_at,
      };
    },
  };
}

export type EndpointRows = ReturnType<typeof endpointRows>;
