import type { Uuid } from '../base/id.ts';

/**
 * `waiting`: no verified request yet. `failing`: the last request was refused. `disabled`: switched off, so that all
 * requests are refused.
 */
export type ConnectionState = 'waiting' | 'active' | 'failing' | 'disabled';
export const CONNECTION_STATES = ['waiting', 'active', 'failing', 'disabled'] as const;

/** A connection without its secrets. */
export interface Connection {
  workspaceId: Uuid;
  id: Uuid;
  /** The name of its kind. */
  kind: string;
  name: string;
  settings: Readonly<Record<string, unknown>>;
  active: boolean;
  state: ConnectionState;
  /** Until when the secrets before the last rotation are accepted; null if they are not. */
  oldSecretsUntil: string | null;
  lastEventAt: string | null;
  lastError: string | null;
  lastErrorAt: string | null;
  createdBy: string;
  createdAt: string;
  updatedAt: string;
}

/** A connection with the secrets that are accepted now: the current ones first. */
export interface OpenConnection extends Connection {
  secrets: readonly Readonly<Record<string, string>>[];
}

/** The columns that determine the state. */
export function stateOf(row: {
  active: boolean;
  failing: boolean;
  last_event_at: string | null;
}): ConnectionState {
  if (!row.active) return 'disabled';
  if (row.failing) return 'failing';
  return row.last_event_at === null ? 'waiting' : 'active';
}
