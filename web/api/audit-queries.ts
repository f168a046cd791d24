import { pagesOf } from './page.ts';

/** Somebody did something to the workspace's settings. */
export interface AuditEntry {
  id: string;
  at: string;
  actor: { type: 'user' | 'api_key' | 'system' | 'cli'; id: string | null; name: string | null };
  action: string;
  object_type: string;
  object_id: string | null;
  details: Record<string, unknown>;
}

export const auditQuery = pagesOf<AuditEntry>(['audit'], '/audit');
