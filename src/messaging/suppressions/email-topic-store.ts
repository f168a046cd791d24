import { z } from 'zod';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError, invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { isUniqueViolation } from '../../db/failure.ts';
import type { Database } from '../../db/pool.ts';
import { query, type AfterWrite, type Transaction } from '../../db/query.ts';

/** What members send mails about; recipients unsubscribe from one topic or from all mails. */
export const emailTopicShape = z
  .object({
    id: z.uuid(),
    version: z.int(),
    name: z.string().meta({ description: 'Recipients see it.', examples: ['Newsletter'] }),
    description: z.string().nullable().meta({ description: 'Recipients see it.' }),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'EmailTopic' });
export type EmailTopic = z.output<typeof emailTopicShape>;

interface TopicChange {
  name?: string | undefined;
  description?: string | null | undefined;
}

export interface EmailTopics {
  /** By name. */
  list(workspaceId: Uuid): Promise<EmailTopic[]>;
  /** Throws `not_found`, or `validation_error` for the field that names it. */
  get(workspaceId: Uuid, id: Uuid, field?: string): Promise<EmailTopic>;
  /** Throws `conflict` if another topic has the name. */
  create(
    writer: { workspaceId: Uuid; actor: string },
    input: { name: string; description: string | null },
    afterWrite: AfterWrite<EmailTopic>,
  ): Promise<EmailTopic>;
  /** Throws as `create`, and `not_found`, `precondition_failed`. */
  update(
    workspaceId: Uuid,
    id: Uuid,
    change: TopicChange,
    expected: readonly number[] | null,
    afterWrite: AfterWrite<EmailTopic>,
  ): Promise<EmailTopic>;
  /** Its suppressions end with it, and its mails have no topic. Throws as `update`. */
  remove(
    workspaceId: Uuid,
    id: Uuid,
    expected: readonly number[] | null,
    afterWrite: AfterWrite<EmailTopic>,
  ): Promise<void>;
}

const COLUMNS = 'id, version, name, description, created_by, created_at, updated_at';
const LIST = {
  name: 'email_topic.list',
  text: `select ${COLUMNS} from email_topic where workspace_id = $1 order by lower(name), id`,
};
const GET = {
  name: 'email_topic.get',
  text: `select ${COLUMNS} from email_topic where workspace_id = $1 and id = $2`,
};
const LOCK = { name: 'email_topic.lock', text: `${GET.text} for update` };
const INSERT = {
  name: 'email_topic.insert',
  text: `insert into email_topic (workspace_id, ${COLUMNS}) values ($1, $2, 1, $3, $4, $5, $6, $6)`,
};
const UPDATE = {
  name: 'email_topic.update',
  text: `update email_topic set version = version + 1, name = $3, description = $4, updated_at = $5
         where workspace_id = $1 and id = $2`,
};
const DELETE = {
  name: 'email_topic.delete',
  text: 'delete from email_topic where workspace_id = $1 and id = $2',
};

export function makeEmailTopics({
  db,
  clock,
  newId,
}: {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
}): EmailTopics {
  return {
    list: (workspaceId) => db.read<EmailTopic>(LIST, [workspaceId]),

    async get(workspaceId, id, field) {
      const [found] = await db.read<EmailTopic>(GET, [workspaceId, id]);
      if (found) return found;
      throw field === undefined ? notFound() : invalid(field, 'does not exist');
    },

    create: ({ workspaceId, actor }, { name, description }, afterWrite) =>
      withUniqueName(name, () =>
        db.transaction(async (trx) => {
          const at = isoTime(clock.now());
          const created: EmailTopic = {
            id: newId(),
            version: 1,
            name,
            description,
            created_by: actor,
            created_at: at,
            updated_at: at,
          };
          await query(trx, INSERT, [workspaceId, created.id, name, description, actor, at]);
          await afterWrite(trx, created);
          return created;
        }),
      ),

    update: (workspaceId, id, change, expected, afterWrite) =>
      withUniqueName(change.name ?? '', () =>
        db.transaction(async (trx) => {
          const current = await lockTopic(trx, workspaceId, id, expected);
          const { name = current.name, description = current.description } = change;
          let next = current;
          if (name !== current.name || description !== current.description) {
            const at = isoTime(clock.now());
            next = { ...current, name, description, version: current.version + 1, updated_at: at };
            await query(trx, UPDATE, [workspaceId, id, name, description, at]);
          }
          await afterWrite(trx, next);
          return next;
        }),
      ),

    remove: (workspaceId, id, expected, afterWrite) =>
      db.transaction(async (trx) => {
        const current = await lockTopic(trx, workspaceId, id, expected);
        await query(trx, DELETE, [workspaceId, id]);
        await afterWrite(trx, current);
      }),
  };
}

function notFound(): ApiError {
  return new ApiError('not_found', 'There is no email topic with this id.');
}

async function lockTopic(
  trx: Transaction,
  workspaceId: Uuid,
  id: Uuid,
  expected: readonly number[] | null,
): Promise<EmailTopic> {
  const [current] = await query<EmailTopic>(trx, LOCK, [workspaceId, id]);
  if (!current) throw notFound();
  if (!expected || expected.includes(current.version)) return current;
  throw new ApiError(
    'precondition_failed',
    `The email topic is at version ${current.version}, not the one in If-Match.`,
  );
}

async function withUniqueName<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new ApiError('conflict', `There is an email topic with the name ${name}.`, {
      fields: [{ field: 'name', message: 'is taken' }],
    });
  }
}
