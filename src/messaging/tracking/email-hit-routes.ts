import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import type { Database } from '../../db/pool.ts';
import { pageQuery, pageShape, type PageQuery } from '../../http/paging.ts';
import { route, type Route } from '../../http/route.ts';
import { HIT_REASONS, VERDICTS } from './hit-verdict.ts';
import { HONEYPOT_LINK } from './tracked-html.ts';

const hitShape = z
  .object({
    id: z.uuid(),
    kind: z.enum(['open', 'click']),
    url: z.string().nullable().meta({ description: 'The target of the link; null for opens.' }),
    at: z.iso.datetime(),
    verdict: z.enum(VERDICTS).meta({
      description:
        '`human`: a person. `machine`: a scanner or a proxy. `unknown`: either. `ignored`: a member of the workspace; not counted.',
    }),
    reason: z.enum(HIT_REASONS).meta({ description: 'The rule by which it was judged.' }),
    agent: z.string().meta({ description: 'The program, as in `Gmail`.' }),
  })
  .meta({ id: 'EmailHit' });
type EmailHit = z.output<typeof hitShape>;

const FIND_EMAIL = {
  name: 'email.find-readable',
  text: `select from email where workspace_id = $1 and id = $2 and deleted_at is null
           and (visibility = 'team' or user_id = $3)`,
};
const LIST = {
  name: 'email_hit.list',
  text: `
select h.id, h.kind, l.url, h.at, h.verdict, h.reason, h.agent from email_hit h
left join email_link l on l.email_id = h.email_id and l.link = h.link
where h.workspace_id = $1 and h.email_id = $2 and ($3::uuid is null or h.id < $3) and h.link <> ${HONEYPOT_LINK}
order by h.id desc limit $4`,
};

/** The route of the opens and clicks of a mail (EM2). */
export function emailHitRoutes({ db }: { db: Database }): Route[] {
  return [
    route<undefined, PageQuery>({
      method: 'GET',
      path: '/api/v1/emails/:id/hits',
      scope: 'emails:read',
      tag: 'emails',
      summary: 'List opens and clicks of an email',
      description:
        'Newest first, each with its verdict and the reason of it. The first 1,000 of an email are kept; `opens` and `clicks` of the email count all.',
      query: pageQuery,
      answers: { 200: pageShape(hitShape) },
      async handle({ caller: { workspaceId, makerId }, params, query, url }) {
        const id: Uuid = params['id']!;
        if ((await db.read(FIND_EMAIL, [workspaceId, id, makerId])).length === 0)
          throw new ApiError('not_found', 'There is no email with this id.');
        const after = query.cursor ? decodeCursor(query.cursor, 'email-hits').id : null;
        const rows = await db.read<EmailHit>(LIST, [workspaceId, id, after, query.limit + 1]);
        const cursorOf = (row: EmailHit) => encodeCursor({ sort: 'email-hits', value: row.at, id: row.id });
        return { status: 200, body: pageOf(rows, query.limit, url, cursorOf, (row) => row) };
      },
    }),
  ];
}
