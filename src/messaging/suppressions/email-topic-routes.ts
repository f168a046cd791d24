import { z } from 'zod';
import { plainText, requiredText } from '../../base/values/text.ts';
import { makeChangeRecorder, type ChangeRecorder } from '../../http/change-recorder.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Answer, type Route } from '../../http/route.ts';
import { ignored } from '../../record/fields/field.ts';
import { emailTopicShape, type EmailTopic, type EmailTopics } from './email-topic-store.ts';

const PATH = '/api/v1/email-topics';
const ITEM_PATH = `${PATH}/:id`;
const tag = 'email-topics';

const readOnly = {
  id: ignored,
  version: ignored,
  created_by: ignored,
  created_at: ignored,
  updated_at: ignored,
};
const createBody = z.strictObject({
  name: requiredText(100),
  description: plainText(500).nullable().default(null),
  ...readOnly,
});
const updateBody = z.strictObject({
  name: requiredText(100).optional(),
  description: plainText(500).nullable().optional(),
  ...readOnly,
});

export interface EmailTopicRouteParts {
  topics: EmailTopics;
  recordChange: RecordChange;
}

type Recorder = ChangeRecorder<EmailTopic>;

/** Routes of the topics that recipients choose on their preference page (EM4). */
export function emailTopicRoutes(parts: EmailTopicRouteParts): Route[] {
  const recorder = makeChangeRecorder<EmailTopic>(parts.recordChange, {
    objectType: 'email_topic',
    detailsOf: ({ name }) => ({ name }),
  });
  return [
    listRoute(parts),
    createRoute(parts, recorder),
    getRoute(parts),
    updateRoute(parts, recorder),
    deleteRoute(parts, recorder),
  ];
}

function listRoute({ topics }: EmailTopicRouteParts): Route {
  return route({
    method: 'GET',
    path: PATH,
    scope: 'emails:read',
    tag,
    summary: 'List email topics',
    answers: { 200: z.object({ data: z.array(emailTopicShape) }) },
    async handle({ caller }) {
      return { status: 200, body: { data: await topics.list(caller.workspaceId) } };
    },
  });
}

function createRoute({ topics }: EmailTopicRouteParts, recorder: Recorder): Route {
  return route<z.output<typeof createBody>>({
    method: 'POST',
    path: PATH,
    scope: 'suppressions:manage',
    tag,
    summary: 'Create an email topic',
    body: createBody,
    answers: { 201: emailTopicShape, 409: 'Another topic has the name.' },
    async handle(ctx) {
      const { workspaceId, actor } = ctx.caller;
      const { name, description } = ctx.body;
      const created = await topics.create(
        { workspaceId, actor },
        { name, description },
        recorder(ctx, 201, 'created'),
      );
      const { headers, ...rendered } = answer(201, created);
      return { ...rendered, headers: { ...headers, location: `${PATH}/${created.id}` } };
    },
  });
}

function getRoute({ topics }: EmailTopicRouteParts): Route {
  return route({
    method: 'GET',
    path: ITEM_PATH,
    scope: 'emails:read',
    tag,
    summary: 'Get an email topic',
    answers: { 200: emailTopicShape },
    handle: async ({ caller, params }) => answer(200, await topics.get(caller.workspaceId, params['id']!)),
  });
}

function updateRoute({ topics }: EmailTopicRouteParts, recorder: Recorder): Route {
  return route<z.output<typeof updateBody>>({
    method: 'PATCH',
    path: ITEM_PATH,
    scope: 'suppressions:manage',
    tag,
    summary: 'Update an email topic',
    description: 'Changes only the fields sent.',
    body: updateBody,
    supportsIfMatch: true,
    answers: { 200: emailTopicShape, 409: 'Another topic has the name.' },
    async handle(ctx) {
      const { name, description } = ctx.body;
      const afterWrite = recorder(ctx, 200, 'updated');
      const id = ctx.params['id']!;
      return answer(
        200,
        await topics.update(ctx.caller.workspaceId, id, { name, description }, ctx.ifMatch, afterWrite),
      );
    },
  });
}

function deleteRoute({ topics }: EmailTopicRouteParts, recorder: Recorder): Route {
  return route({
    method: 'DELETE',
    path: ITEM_PATH,
    scope: 'suppressions:manage',
    tag,
    summary: 'Delete an email topic',
    description:
      'Recipients who unsubscribed from it stay subscribed to other mails. Emails with the topic stay.',
    supportsIfMatch: true,
    answers: { 204: 'Deleted.' },
    async handle(ctx) {
      const { workspaceId } = ctx.caller;
      await topics.remove(workspaceId, ctx.params['id']!, ctx.ifMatch, recorder(ctx, 204, 'deleted'));
      return { status: 204, body: null };
    },
  });
}

function answer(status: number, topic: EmailTopic): Answer & { headers: Record<string, string> } {
  return { status, body: JSON.stringify(topic), headers: { etag: `"${topic.version}"` } };
}
