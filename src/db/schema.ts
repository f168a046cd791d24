import type { ColumnType } from 'kysely';

/** The tables for Kysely; migrations/ defines them. Times are ISO 8601 text. */
export interface Schema {
  workspace: WorkspaceRow;
  workspace_counter: { workspace_id: string; event_seq: number };
  api_key: ApiKeyRow;
  endpoint: EndpointRow;
  lane: { workspace_id: string; endpoint_id: string };
  contact: Record<string, unknown> & { workspace_id: string; id: string };
}

export interface WorkspaceRow {
  id: string;
  name: string;
  plan: string;
  is_default: boolean;
  created_at: string;
}

export interface ApiKeyRow {
  workspace_id: string;
  id: string;
  name: string;
  style: string;
  prefix: string;
  salt: Buffer;
  hash: Buffer;
  scopes: string[];
  created_by: string;
  maker_id: string | null;
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
  last_used_at: string | null;
}

export interface EndpointRow {
  workspace_id: string;
  id: string;
  version: ColumnType<number, number | undefined, number>;
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
  filter: ColumnType<Record<string, unknown> | null, string | null, string | null>;
  filter_path: string | null;
  filter_on: string | null;
  filter_texts: string[];
  filter_values: number;
  filter_bytes: number;
  payload: 'summary' | 'full';
  max_in_flight: number;
  rate_max: number | null;
  rate_per_s: number | null;
  ordering: 'none' | 'record';
  created_by: string;
  created_at: string;
  updated_at: string;
  deleted_at: string | null;
}
