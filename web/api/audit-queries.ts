import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';

/** One audit entry: a change to the settings of the workspace. */
export type AuditLine = components['schemas']['AuditLine'];

export const auditQuery = listQuery<AuditLine>(['audit'], '/audit');
