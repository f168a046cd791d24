import { z } from 'zod';
import type { Audit, AuditLine } from '../../account/audit.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import { pageQuery, pageShape, type PageQuery } from '../../http/paging.ts';
import { route, type Route } from '../../http/route.ts';

const lineShape = z
  .object({
    id: z.uuid(),
    at: z.iso.datetime(),
    actor: z.object({
      type: z.string().meta({ description: '`user`, `api_key`, `cli` or `system`.' }),
      id: z.uuid().nullable(),
      name: z.string().nullable(),
      is_agent: z.literal(true).optional().meta({ description: 'Only for the API key of an agent.' }),
    }),
    action: z.string().meta({ description: 'For example `webhook.created`.' }),
    object_type: z.string(),
    object_id: z.string(),
    details: z.record(z.string(), z.unknown()).nullable(),
  })
  .meta({ id: 'AuditLine' });

/** The audit log: changes of keys, webhooks, members and the workspace, with their actors. */
export function auditRoutes(audit: Audit): Route[] {
  return [
    route<undefined, PageQuery>({
      method: 'GET',
      path: '/api/v1/audit',
      scope: 'workspace:manage',
      tag: 'audit',
      summary: 'List audit log entries',
      description: 'Newest first. Changes of records are in their timelines.',
      query: pageQuery,
      answers: { 200: pageShape(lineShape) },
      async handle({ caller, query, url }) {
        const after = query.cursor ? decodeCursor(query.cursor, 'audit').id : null;
        const rows = await audit.list(caller.workspaceId, query.limit + 1, after);
        const cursorOf = (row: AuditLine) => encodeCursor({ sort: 'audit', value: row.at, id: row.id });
        return { status: 200, body: pageOf(rows, query.limit, url, cursorOf, (row) => row) };
      },
    }),
  ];
}
