import { recordScopes } from '../../account/scope.ts';
import { isoTime } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import { append, type LaneKey } from '../../events/outbox.ts';
import type { Route } from '../../http/route.ts';
import type { JobType } from '../../jobs/job.ts';
import type { ModuleParts } from '../module.ts';
import type { BaseRecord, Noun } from '../noun.ts';
import type { RecordService } from '../record-service.ts';
import { TAG_RENAMED } from './tag-event.ts';
import type { TagRegistry } from './tag-registry.ts';
import { tagRewriteJob } from './tag-rewrite.ts';
import { tagRoutes } from './tag-routes.ts';
import { makeTagStore } from './tag-store.ts';

/** Members may add tags to records that they may write; renaming, merging and deleting changes all records. */
export const TAG_SCOPES = recordScopes({ plural: 'tags', pluralLabel: 'Tags' }, 'manager');

interface TagsParts extends ModuleParts {
  registry: TagRegistry;
  /** The nouns whose records have tags. */
  nouns: readonly Noun[];
  serviceOf(noun: Noun): RecordService<BaseRecord, object>;
}

/** The tags of workspaces: routes, and the job that changes records after a change of a tag. */
export function makeTags(parts: TagsParts): { routes: Route[]; jobTypes: JobType[] } {
  const { registry, nouns, serviceOf, jobs, recordChange, clock, newId, notify, wildcardFormats } = parts;
  const job = tagRewriteJob(nouns, async (noun, writer, id, tag) => {
    const request = { writer, id, expected: null, answer: () => ({ status: 200, body: '' }) };
    try {
      await serviceOf(noun).changeTags(request, { add: [], remove: [tag] });
    } catch (error) {
      // Deleted meanwhile: the job then changes it without an event.
      if (!(error instanceof ApiError && error.code === 'not_found')) throw error;
    }
  });
  const store = makeTagStore({
    ...parts,
    changed: registry.clear,
    rewrite: async (trx, workspaceId) =>
      void (await jobs.enqueue(job, {}, { workspaceId, uniqueKey: 'tags', trx })),
  });
  const routes = tagRoutes({
    tags: store,
    nouns,
    recordChange,
    async fireRenamed(trx, { caller: { workspaceId, actor } }, { is_changing: _changing, ...data }) {
      const event = {
        workspaceId,
        id: newId(),
        type: TAG_RENAMED.name,
        objectId: data.id,
        actor,
        at: isoTime(clock.now()),
        data,
        wildcard: wildcardFormats(TAG_RENAMED.name),
      };
      const { lanes } = await append(trx, 'tag', [event]);
      return lanes;
    },
    wake: (lanes: LaneKey[]) => notify(lanes),
  });
  return { routes, jobTypes: [job] };
}
