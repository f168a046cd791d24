import { z } from 'zod';
import type { Uuid } from '../../base/id.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Route } from '../../http/route.ts';
import type { BaseRecord } from '../noun.ts';
import type { RecordAnswer } from '../record-answer.ts';
import { withArticle, writerOf } from '../record-create-routes.ts';
import type { RecordService } from '../record-service.ts';
import { RESTORABLE_DAYS, requestErasure, restoreRecord, type TrashParts } from './trash.ts';

const erasureShape = z
  .object({
    id: z.uuid(),
    deleted_at: z.iso.datetime(),
    erase_requested_at: z.iso.datetime(),
    erased_at: z.iso.datetime().nullable().meta({ description: 'Null until its deliveries have settled.' }),
  })
  .meta({ id: 'ErasureRequest' });

export type TrashRouteParts = TrashParts & { recordChange: RecordChange };

/** The routes of deleted records that every noun has: restore, and erase at once (docs/requirements.md, section 6). */
export function trashRoutes<R extends BaseRecord, Input extends object>(
  parts: TrashRouteParts,
  service: RecordService<R, Input>,
  shown: RecordAnswer<R>,
): Route[] {
  const { noun } = service;
  const common = { method: 'POST', scope: `${noun.plural}:write`, tag: noun.plural } as const;
  return [
    route({
      ...common,
      path: `/api/v1/${noun.plural}/:id/restore`,
      summary: `Restore ${withArticle(noun.label)}`,
      description: `Within ${RESTORABLE_DAYS} days of its deletion. Fires \`${noun.events['restored']!.name}\`; one that is not deleted is returned as it is. 410 once its data was erased, or is being erased.`,
      answers: { 200: shown.output },
      async handle(ctx) {
        const answer = await restoreRecord(parts, service, writerOf(ctx), ctx.params['id']!);
        const { version } = JSON.parse(answer.body) as BaseRecord;
        return { ...answer, headers: { etag: `"${version}"` } };
      },
      ...(shown.computed.length > 0 && {
        async render(answer, { caller }) {
          if (typeof answer.body !== 'string') return answer;
          return { ...answer, body: await shown.completeText(caller.workspaceId, answer.body) };
        },
      }),
    }),
    route({
      ...common,
      path: `/api/v1/${noun.plural}/:id/erase`,
      summary: `Erase ${withArticle(noun.label)}`,
      description: `Deletes it, if it is not deleted, and erases its personal data everywhere, once its deliveries have settled and within a minute. It cannot be restored. Fires \`${noun.events.deleted.name}\`, if it was not deleted.`,
      answers: { 202: erasureShape },
      async handle(ctx) {
        const id: Uuid = ctx.params['id']!;
        const { workspaceId, actor, makerId } = ctx.caller;
        const entry = { action: `${noun.name}.erased`, objectType: noun.name, objectId: id, details: {} };
        const request = await requestErasure(
          parts,
          service,
          { workspaceId, actor, makerId },
          id,
          (trx, made) => parts.recordChange(trx, ctx, entry, { status: 202, body: JSON.stringify(made) }),
        );
        return { status: 202, body: request };
      },
    }),
  ];
}
