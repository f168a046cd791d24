import { z } from 'zod';
import { ApiError, invalid } from '../../base/errors.ts';
import type { Database } from '../../db/pool.ts';
import type { LaneKey } from '../../events/outbox.ts';
import type { FileStore } from '../../files/file-store.ts';
import { fileHeaders } from '../../http/file-response.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Route } from '../../http/route.ts';
import type { RecordAnswer } from '../../record/record-answer.ts';
import { writerOf } from '../../record/record-create-routes.ts';
import type { RecordService } from '../../record/record-service.ts';
import type { Message } from './message-fields.ts';
import { listMedia, MAX_MEDIA_BYTES, MEDIA_PURPOSE, MEDIA_TYPES, storedMedia } from './message-media.ts';
import type { MessageQueue } from './message-queue.ts';
import { endedMessage } from './message-status.ts';
import type { MessageInput } from './message.ts';
import { mediaTypeOf } from './media-type.ts';
import type { PhoneAccounts } from './phone-accounts.ts';

export interface MessageRouteParts {
  db: Database;
  files: FileStore;
  recordChange: RecordChange;
  notify(lanes: LaneKey[]): void;
  queue: MessageQueue;
  accounts: PhoneAccounts;
  messages: RecordService<Message, MessageInput>;
  shown: RecordAnswer<Message>;
}

const tag = 'messages';

const mediaShape = z
  .object({
    position: z.int(),
    content_type: z.string(),
    url: z.string().meta({ description: 'Downloads it, with a key or a session.' }),
    is_stored: z.boolean().meta({ description: 'False while it is fetched from the provider.' }),
    problem: z.string().nullable().meta({ description: 'Why it could not be fetched.' }),
  })
  .meta({ id: 'MessageMedia' });

const fileShape = z
  .object({ id: z.uuid(), content_type: z.string(), size: z.int() })
  .meta({ id: 'UploadedMedia' });

const numberShape = z
  .object({
    number: z.string(),
    connection_id: z.uuid(),
    provider: z.string(),
    has_calls: z.boolean(),
  })
  .meta({ id: 'PhoneNumber' });

/** What can be done with messages besides what all records have. */
export function messageRoutes(parts: MessageRouteParts): Route[] {
  return [
    cancelRoute(parts),
    mediaListRoute(parts),
    mediaRoute(parts),
    uploadRoute(parts),
    numbersRoute(parts),
  ];
}

function cancelRoute({ db, queue, messages, notify, shown }: MessageRouteParts): Route {
  return route({
    method: 'POST',
    path: '/api/v1/messages/:id/cancel',
    scope: 'messages:write',
    tag,
    summary: 'Cancel a message',
    description:
      'Only a message that waits to be sent; one that was canceled stays as it is. 409 for one that was sent or is being sent.',
    answers: { 200: shown.output, 409: 'It was sent, or is being sent.' },
    async handle(ctx) {
      const { workspaceId } = ctx.caller;
      const id = ctx.params['id']!;
      const current = await messages.store.find(workspaceId, id);
      if (!current) throw new ApiError('not_found', 'There is no message with this id.');
      const writer = writerOf(ctx);
      const { answer, lanes } = await db.transaction(async (trx) => {
        const isWaiting = await queue.cancel(trx, workspaceId, current.id);
        if (!isWaiting && current.status !== 'canceled')
          throw new ApiError('conflict', `The message cannot be canceled: its status is ${current.status}.`);
        return messages.changeWithin(
          trx,
          {
            writer,
            id: current.id,
            expected: null,
            mutation: {
              apply: (record) => endedMessage(record, { status: 'canceled', code: null, text: null }),
              fires: (before, after) => messages.noun.fires(before, after),
            },
            answer: (record) => ({ status: 200, body: JSON.stringify(record) }),
          },
          [],
        );
      });
      notify(lanes);
      return answer;
    },
  });
}

function mediaListRoute({ db, messages }: MessageRouteParts): Route {
  return route({
    method: 'GET',
    path: '/api/v1/messages/:id/media',
    scope: 'messages:read',
    tag,
    summary: 'List the files of a message',
    answers: { 200: z.object({ data: z.array(mediaShape) }) },
    async handle({ caller: { workspaceId }, params }) {
      const found = await messages.store.find(workspaceId, params['id']!);
      if (!found) throw new ApiError('not_found', 'There is no message with this id.');
      const media = await listMedia(db, workspaceId, found.id);
      const data = media.map(({ position, content_type, url, file_id: file, problem }) => ({
        position,
        content_type,
        url,
        is_stored: file !== null,
        problem,
      }));
      return { status: 200, body: { data } };
    },
  });
}

function mediaRoute(parts: MessageRouteParts): Route {
  return route({
    method: 'GET',
    path: '/api/v1/messages/:id/media/:position',
    scope: 'messages:read',
    tag,
    summary: 'Download a file of a message',
    description:
      'Always as an attachment; any type but PNG, JPEG, WebP and GIF as `application/octet-stream`.',
    params: { position: /^\d{1,2}$/ },
    streams: 'application/octet-stream',
    answers: {
      200: z.string().meta({ format: 'binary' }).describe('The bytes.'),
      409: 'It is still being fetched from the provider.',
    },
    async handle({ caller: { workspaceId }, params }) {
      const found = await parts.messages.store.find(workspaceId, params['id']!);
      if (!found) throw new ApiError('not_found', 'There is no message with this id.');
      const file = await storedMedia(parts, workspaceId, found.id, Number(params['position']));
      return { status: 200, body: null, bytes: await parts.files.read(file), headers: fileHeaders(file) };
    },
  });
}

function uploadRoute({ files, recordChange }: MessageRouteParts): Route {
  return route({
    method: 'POST',
    path: '/api/v1/message-media',
    scope: 'messages:send',
    tag,
    summary: 'Upload a file for a message',
    description:
      'At most 5 MB: its bytes as the body, or a form with one file. Its id goes into `media` of `POST /messages`. The provider fetches it by a signed URL, which works for four to eight hours.',
    takesFile: { maxBytes: MAX_MEDIA_BYTES, types: MEDIA_TYPES },
    answers: { 201: fileShape, 413: 'The file is too large.' },
    async handle(ctx) {
      const { caller, upload } = ctx;
      if (!upload || upload.length === 0) throw invalid('file', 'is required');
      const type = mediaTypeOf(upload, undefined);
      if (type === 'application/octet-stream') throw invalid('file', 'must be a PNG, JPEG, GIF, WebP or PDF');
      const saved = await files.save(
        {
          workspace_id: caller.workspaceId,
          purpose: MEDIA_PURPOSE,
          name: `media.${type.split('/')[1]!}`,
          content_type: type,
          bytes: upload,
          created_by: caller.actor,
        },
        (trx, file) =>
          recordChange(trx, ctx, null, {
            status: 201,
            body: JSON.stringify({ id: file.id, content_type: type, size: file.size }),
          }),
      );
      return { status: 201, body: { id: saved.id, content_type: type, size: saved.size } };
    },
  });
}

function numbersRoute({ accounts }: MessageRouteParts): Route {
  return route({
    method: 'GET',
    path: '/api/v1/phone-numbers',
    scope: 'messages:read',
    tag,
    summary: 'List phone numbers',
    description: 'The numbers of all active phone connections; the default number first.',
    answers: { 200: z.object({ data: z.array(numberShape) }) },
    async handle({ caller }) {
      const numbers = await accounts.numbers(caller.workspaceId);
      const data = numbers.map(({ number, connectionId, provider }) => ({
        number,
        connection_id: connectionId,
        provider: provider.kind,
        has_calls: provider.dial !== undefined,
      }));
      return { status: 200, body: { data } };
    },
  });
}
