import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';

/** Somebody did something to the workspace's settings. */
export type AuditLine = components['schemas']['AuditLine'];

export const auditQuery = listQuery<AuditLine>(['audit'], '/audit');
