import type { Uuid } from '../../base/id.ts';

/** A mail as it was received, not parsed. */
export interface ReceivedEmail {
  workspaceId: Uuid;
  /** The connection that received it; null for the listener of the installation. */
  connectionId: Uuid | null;
  /** Headers and body in MIME. */
  raw: Buffer;
  envelope: { from: string; to: readonly string[] };
}
