import { z } from 'zod';
import { invalid } from '../../base/errors.ts';
import { emailAddress, emailFilter } from '../../base/values/email-address.ts';
import { plainText } from '../../base/values/text.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import { makeChangeRecorder, type ChangeRecorder } from '../../http/change-recorder.ts';
import { pageQuery, pageShape } from '../../http/paging.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Route } from '../../http/route.ts';
import { recordId } from '../../record/fields/record.ts';
import type { EmailTopics } from './email-topic-store.ts';
import { suppressionShape, SUPPRESSION_REASONS, type Suppression } from './suppression.ts';
import type { Suppressions } from './suppression-store.ts';

const PATH = '/api/v1/suppressions';
const tag = 'suppressions';

const listQuery = pageQuery.extend({
  email: emailFilter.optional(),
  reason: z.enum(SUPPRESSION_REASONS).optional(),
  topic_id: recordId.optional(),
});

const createBody = z.strictObject({
  email: emailAddress,
  topic_id: recordId
    .nullable()
    .default(null)
    .meta({ description: 'Only mails of this topic; default: all mails.' }),
  note: plainText(500).nullable().default(null),
});

export interface SuppressionRouteParts {
  suppressions: Suppressions;
  topics: Pick<EmailTopics, 'get'>;
  recordChange: RecordChange;
}

/** Routes of the addresses that get no mail (EM3). */
export function suppressionRoutes(parts: SuppressionRouteParts): Route[] {
  const recorder = makeChangeRecorder<Suppression>(parts.recordChange, {
    objectType: 'suppression',
    detailsOf: ({ reason, topic_id }) => ({ reason, topic_id }),
  });
  return [listRoute(parts), createRoute(parts, recorder), deleteRoute(parts, recorder)];
}

function listRoute({ suppressions }: SuppressionRouteParts): Route {
  return route<undefined, z.output<typeof listQuery>>({
    method: 'GET',
    path: PATH,
    scope: 'suppressions:read',
    tag,
    summary: 'List suppressed addresses',
    description: 'Newest first. No mail is sent to them, unless the sender insists.',
    query: listQuery,
    answers: { 200: pageShape(suppressionShape) },
    async handle({ caller: { workspaceId }, query, url }) {
      const { email = null, reason = null, topic_id: topicId = null, cursor, limit } = query;
      const after = cursor ? decodeCursor(cursor, 'suppressions').id : null;
      const rows = await suppressions.list(workspaceId, { email, reason, topicId }, limit + 1, after);
      const cursorOf = (row: Suppression) =>
        encodeCursor({ sort: 'suppressions', value: row.created_at, id: row.id });
      return { status: 200, body: pageOf(rows, limit, url, cursorOf, (row) => row) };
    },
  });
}

function createRoute(
  { suppressions, topics }: SuppressionRouteParts,
  recorder: ChangeRecorder<Suppression>,
): Route {
  return route<z.output<typeof createBody>>({
    method: 'POST',
    path: PATH,
    scope: 'suppressions:manage',
    tag,
    summary: 'Suppress an address',
    description: 'With the reason `manual`. An address that has one already is answered with it.',
    body: createBody,
    answers: { 201: suppressionShape },
    async handle(ctx) {
      const { workspaceId, actor } = ctx.caller;
      const { email: address, topic_id: topicId, note } = ctx.body;
      if (address === null) throw invalid('email', 'is required');
      if (topicId !== null) await topics.get(workspaceId, topicId, 'topic_id');
      const created = await suppressions.create(
        { workspaceId, actor },
        { address, topicId, note, reason: 'manual', emailId: null },
        recorder(ctx, 201, 'created'),
      );
      return { status: 201, body: JSON.stringify(created) };
    },
  });
}

function deleteRoute({ suppressions }: SuppressionRouteParts, recorder: ChangeRecorder<Suppression>): Route {
  return route({
    method: 'DELETE',
    path: `${PATH}/:id`,
    scope: 'suppressions:manage',
    tag,
    summary: 'Delete a suppression',
    description: 'The address gets mail again, unless there is another suppression of it.',
    answers: { 204: 'Deleted.' },
    async handle(ctx) {
      await suppressions.remove(ctx.caller.workspaceId, ctx.params['id']!, recorder(ctx, 204, 'deleted'));
      return { status: 204, body: null };
    },
  });
}
