import { api } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';

/** One audit entry: a change to the settings of the workspace. */
export type AuditLine = components['schemas']['AuditLine'];

export const auditQuery = listQuery(['audit'], {}, (cursor, signal) =>
  api.GET('/api/v1/audit', { params: { query: cursor }, signal }),
);
