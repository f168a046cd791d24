import { isDeepStrictEqual } from 'node:util';
import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import { query, type AfterWrite, type Transaction } from '../db/query.ts';
import { isUniqueViolation } from '../db/failure.ts';
import type { Schemas } from './custom-event-schema.ts';
import { objectOf, type JsonSchema } from './event-schema.ts';
import type { Catalogue, EventType } from './event-type.ts';

/** An event type that a workspace defined. */
export interface CustomType {
  id: Uuid;
  version: number;
  name: string;
  description: string;
  schema: Record<string, unknown>;
  sample: Record<string, unknown>;
  created_by: string;
  created_at: string;
  updated_at: string;
}

export type CustomTypeStamp = Pick<CustomType, 'id' | 'version' | 'name'>;
export type NewCustomType = Pick<CustomType, 'name' | 'description' | 'schema' | 'sample'>;
export type CustomTypeChange = Partial<Omit<NewCustomType, 'name'>>;

type Definition = Pick<CustomType, 'schema' | 'sample'>;

/** The event types that workspaces defined, in addition to those of the installation. */
export interface CustomTypes {
  /**
   * All event types of a workspace: the installation's and its own.
   * @param named if given, only its own types of these names: definitions are large
   */
  catalogueOf(workspaceId: Uuid, named?: readonly string[]): Promise<Catalogue>;
  /** The first of these names that is no event type of the workspace. */
  unknownOf(workspaceId: Uuid, names: readonly string[]): Promise<string | undefined>;
  /** A workspace's own types by name, without the definitions; each version has one definition. */
  stamps(workspaceId: Uuid): Promise<CustomTypeStamp[]>;
  /** Those of these ids that exist, by name. */
  some(workspaceId: Uuid, ids: readonly Uuid[]): Promise<(CustomTypeStamp & { type: EventType })[]>;
  /** By name. */
  list(workspaceId: Uuid, limit: number, afterName: string | null): Promise<CustomType[]>;
  find(workspaceId: Uuid, name: string): Promise<CustomType | undefined>;
  /** Throws `conflict` if the name exists, `limit_reached` if there are too many. */
  create(
    writer: { workspaceId: Uuid; actor: string },
    type: NewCustomType,
    afterWrite: AfterWrite<CustomType>,
  ): Promise<CustomType>;
  /** Throws `not_found`. */
  update(
    workspaceId: Uuid,
    name: string,
    change: CustomTypeChange,
    afterWrite: AfterWrite<CustomType>,
  ): Promise<CustomType>;
  /** Its events stay; throws `not_found`. */
  remove(workspaceId: Uuid, name: string, afterWrite: AfterWrite<CustomType>): Promise<void>;
  /**
   * Checks the definition of a type: its schema, and that the sample matches. Of an existing type only what changes
   * is checked: a definition that an older version accepted can be sent back unchanged.
   * @throws `validation_error`, `unavailable`
   */
  checkDefinition(workspaceId: Uuid, type: Definition, current?: Definition): Promise<void>;
  /** Checks an event's data against the schema of its type. Throws `validation_error`, `unavailable`. */
  checkData(workspaceId: Uuid, type: CustomType, data: Record<string, unknown>): Promise<void>;
}

/** Per workspace. */
const MAX_CUSTOM_TYPES = 100;
/** Of a sample, as JSON. All of a workspace's samples are sent wherever its event types are listed. */
const MAX_SAMPLE_BYTES = 32_768;

const COLUMNS = 'id, version, name, description, schema, sample, created_by, created_at, updated_at';

const ALL = {
  name: 'custom_type.all',
  text: `select ${COLUMNS} from custom_event_type where workspace_id = $1 order by name`,
};
const NAMED = {
  name: 'custom_type.named',
  text: `select ${COLUMNS} from custom_event_type where workspace_id = $1 and name = any($2::text[]) order by name`,
};
const SOME = {
  name: 'custom_type.some',
  text: `select ${COLUMNS} from custom_event_type where workspace_id = $1 and id = any($2::uuid[]) order by name`,
};
const STAMPS = {
  name: 'custom_type.stamps',
  text: 'select id, version, name from custom_event_type where workspace_id = $1 order by name',
};
const KNOWN = {
  name: 'custom_type.known',
  text: 'select name from custom_event_type where workspace_id = $1 and name = any($2::text[])',
};
const LIST = {
  name: 'custom_type.list',
  text: `select ${COLUMNS} from custom_event_type
         where workspace_id = $1 and ($2::text is null or name > $2) order by name limit $3`,
};
const FIND = {
  name: 'custom_type.find',
  text: `select ${COLUMNS} from custom_event_type where workspace_id = $1 and name = $2`,
};

const UPDATE = {
  name: 'custom_event_type.update',
  text: `update custom_event_type set
           version = version + 1, updated_at = $1,
           description = coalesce($2, description),
           schema = coalesce($3::json, schema),
           sample = coalesce($4::json, sample)
         where workspace_id = $5 and name = $6
         returning ${COLUMNS}`,
};

const DELETE = {
  name: 'custom_event_type.delete',
  text: `delete from custom_event_type where workspace_id = $1 and name = $2
         returning ${COLUMNS}`,
};

const LOCK_WORKSPACE = {
  name: 'custom_event_type.lock-workspace',
  text: `select from workspace where id = $1 for update`,
};

const INSERT = {
  name: 'custom_event_type.insert',
  text: `insert into custom_event_type
           (workspace_id, id, name, description, schema, sample, created_by, created_at, updated_at)
         select $1, $2, $3, $4, $5,
                $6, $7, $8, $8
         where (select count(*) from custom_event_type where workspace_id = $1) < ${MAX_CUSTOM_TYPES}
         returning ${COLUMNS}`,
};

export function makeCustomTypes(
  { db, clock, newId, schemas }: { db: Database; clock: Clock; newId: () => Uuid; schemas: Schemas },
  catalogue: Catalogue,
): CustomTypes {
  return {
    async catalogueOf(workspaceId, named) {
      const foreign = named?.filter((name) => !catalogue.type(name));
      if (foreign?.length === 0) return catalogue;
      const own = await (foreign
        ? db.read<CustomType>(NAMED, [workspaceId, foreign])
        : db.read<CustomType>(ALL, [workspaceId]));
      return own.length === 0 ? catalogue : widened(catalogue, own.map(eventType));
    },

    async unknownOf(workspaceId, names) {
      const foreign = names.filter((name) => !catalogue.type(name));
      if (foreign.length === 0) return undefined;
      const rows = await db.read<{ name: string }>(KNOWN, [workspaceId, foreign]);
      const known = new Set(rows.map(({ name }) => name));
      return foreign.find((name) => !known.has(name));
    },

    stamps: (workspaceId) => db.read<CustomTypeStamp>(STAMPS, [workspaceId]),

    async some(workspaceId, ids) {
      const rows = await db.read<CustomType>(SOME, [workspaceId, ids]);
      return rows.map((row) => ({ id: row.id, version: row.version, name: row.name, type: eventType(row) }));
    },

    list: (workspaceId, limit, afterName) => db.read<CustomType>(LIST, [workspaceId, afterName, limit]),

    async find(workspaceId, name) {
      return (await db.read<CustomType>(FIND, [workspaceId, name]))[0];
    },

    create: (writer, input, afterWrite) =>
      db
        .transaction(async (trx) => {
          const type = await insertType(trx, writer, input, newId(), isoTime(clock.now()));
          await afterWrite(trx, type);
          return type;
        })
        .catch((error: unknown) => {
          if (!isUniqueViolation(error)) throw error;
          throw new ApiError('conflict', `The event type ${input.name} already exists.`);
        }),

    update: (workspaceId, name, { description, schema, sample }, afterWrite) =>
      db.transaction(async (trx) => {
        const rows = await query<CustomType>(trx, UPDATE, [
          isoTime(clock.now()),
          description ?? null,
          schema ? JSON.stringify(schema) : null,
          sample ? JSON.stringify(sample) : null,
          workspaceId,
          name,
        ]);
        if (!rows[0]) throw missing();
        await afterWrite(trx, rows[0]);
        return rows[0];
      }),

    remove: (workspaceId, name, afterWrite) =>
      db.transaction(async (trx) => {
        const rows = await query<CustomType>(trx, DELETE, [workspaceId, name]);
        if (!rows[0]) throw missing();
        await afterWrite(trx, rows[0]);
      }),

    async checkDefinition(workspaceId, { schema, sample }, current) {
      const keepsSchema = isDeepStrictEqual(schema, current?.schema);
      const keepsSample = isDeepStrictEqual(sample, current?.sample);
      if (!keepsSchema) await schemas.read(workspaceId, schema);
      if (keepsSchema && keepsSample) return;
      await schemas.check(workspaceId, schema, sample, 'sample', keepsSample ? undefined : MAX_SAMPLE_BYTES);
    },

    checkData: (workspaceId, { schema }, data) => schemas.check(workspaceId, schema, data, 'data'),
  };
}

/** @param at ISO 8601 */
async function insertType(
  trx: Transaction,
  { workspaceId, actor }: { workspaceId: Uuid; actor: string },
  { name, description, schema, sample }: NewCustomType,
  id: Uuid,
  at: string,
): Promise<CustomType> {
  // Two at once must not both take the last place. The workspace row is not locked on hot paths.
  await query(trx, LOCK_WORKSPACE, [workspaceId]);
  const rows = await query<CustomType>(trx, INSERT, [
    workspaceId,
    id,
    name,
    description,
    JSON.stringify(schema),
    JSON.stringify(sample),
    actor,
    at,
  ]);
  if (!rows[0])
    throw new ApiError(
      'limit_reached',
      `A workspace has at most ${MAX_CUSTOM_TYPES} event types of its own.`,
    );
  return rows[0];
}

export function missing(): ApiError {
  return new ApiError('not_found', 'The workspace has no event type with this name.');
}

/** The noun of `noun.verb`: the kind of object that a custom event is about. */
export function nounOf(type: string): string {
  return type.slice(0, type.indexOf('.'));
}

/** In the form that formats and the reference expect: an object with named fields. */
function eventType({ name, description, schema, sample }: CustomType): EventType {
  const properties = (schema['properties'] ?? {}) as Record<string, JsonSchema>;
  const shape = {
    ...objectOf(properties),
    // What the customer's schema leaves open stays open.
    additionalProperties: true,
    ...schema,
    required: (schema['required'] ?? []) as string[],
  };
  return {
    name,
    object: nounOf(name),
    description,
    sample,
    custom: true,
    schema: shape,
  };
}

function widened(base: Catalogue, own: readonly EventType[]): Catalogue {
  const byName = new Map(own.map((type) => [type.name, type]));
  return {
    types: [...base.types, ...own],
    type: (name) => base.type(name) ?? byName.get(name),
    // A custom object has no summary: only the workspace knows which of its fields are not personal.
    summary: (object, record) => base.summary(object, record),
    idFields: (object) => base.idFields(object),
  };
}
