import { z } from 'zod';
import type { Caller } from '../account/caller.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { route, type Route } from '../http/route.ts';
import type { ComputedField, Extensions } from './extension.ts';
import type { Field, Option } from './fields/field.ts';
import type { Noun } from './noun.ts';
import type { UsedAreas } from './object-areas.ts';
import { isSortable, titleSort } from './record-sort.ts';

/** Functions that list the options of a workspace, by list, as in `lead_source`. */
export type OptionLists = Readonly<Record<string, (workspaceId: Uuid) => Promise<Option[]>>>;

const BOUNDS = ['gt', 'gte', 'lt', 'lte'];

const optionShape = z.object({ value: z.string(), label: z.string() });

const fieldShape = z
  .object({
    key: z.string(),
    label: z.string(),
    description: z.string().optional().meta({ description: 'Left out with `brief`.' }),
    kind: z.string().meta({ description: 'Kind of the field, as in `text`, `date`, `select`, `record`.' }),
    required: z.boolean().meta({ description: 'Whether it is required to create a record.' }),
    read_only: z.boolean().meta({ description: 'Whether it is set by the server; ignored when sent.' }),
    computed: z
      .boolean()
      .meta({ description: 'Whether it is computed when a record is read; not part of events.' }),
    default: z.unknown().meta({ description: 'Value if none is sent; null for none.' }),
    references: z.string().optional().meta({ description: 'Key of the object that it references.' }),
    options: z.array(optionShape).optional().meta({
      description:
        'Possible values, if the field has a list of options. With `brief`, those of currencies are left out.',
    }),
    filter: z
      .object({
        parameter: z.string().meta({ description: 'Query parameter of the list.' }),
        operators: z.array(z.string()).meta({
          description: '`eq` is the parameter itself; others are used as in `created_at[gte]`.',
        }),
      })
      .optional()
      .meta({ description: 'How lists can be filtered by it, if they can.' }),
    sortable: z.boolean(),
  })
  .meta({ id: 'ObjectField' });

const objectShape = z
  .object({
    key: z.string().meta({ description: 'As in `contact`.' }),
    plural: z.string().meta({ description: 'In paths and scopes, as in `contacts`.' }),
    label: z.string(),
    plural_label: z.string(),
    title_fields: z
      .array(z.string())
      .meta({ description: 'Fields that make the title of a record: the first that are filled in.' }),
    title_sort: z
      .string()
      .optional()
      .meta({ description: 'Sort of the list by the name of the records, if there is one.' }),
    list_fields: z.array(z.string()).meta({ description: 'Default columns of lists.' }),
    searchable: z.boolean().meta({ description: 'Whether its list supports `q`.' }),
    match_fields: z.array(z.string()).meta({
      description: 'Fields by which a new record is recognised as one that exists; see `on_duplicate`.',
    }),
    mergeable: z.boolean().meta({ description: 'Whether its records can be merged.' }),
    in_use: z.boolean().meta({
      description: 'False for an object that not every workspace needs, until it has a record of its area.',
    }),
    fields: z.array(fieldShape),
    events: z.array(z.string()),
    panels: z
      .array(z.object({ key: z.string(), label: z.string(), path: z.string() }))
      .meta({ description: 'Lists about a record; `{id}` in the path is the id of the record.' }),
  })
  .meta({ id: 'Object' });

type ObjectAnswer = z.infer<typeof objectShape>;
type FieldAnswer = z.infer<typeof fieldShape>;

const listQuery = z.strictObject({
  brief: z.stringbool().default(false).meta({
    description:
      'Leaves out the descriptions of fields and the list of all currencies: half of the response.',
  }),
});

/** Objects with their fields (requirement RC1), for the dashboard and other clients. */
export function objectRoutes(
  nouns: readonly Noun[],
  extensions: Extensions,
  optionLists: OptionLists,
  usedAreas: UsedAreas,
): Route[] {
  const readable = (caller: Caller) => nouns.filter(({ plural }) => caller.may(`${plural}:read`));
  const answersOf = async (workspaceId: Uuid, requested: readonly Noun[]) => {
    const used = await usedAreas(workspaceId);
    return Promise.all(
      requested.map(async (noun) => ({
        ...(await objectOf(noun, extensions, workspaceId, optionLists)),
        in_use: noun.area === undefined || used.has(noun.area),
      })),
    );
  };

  return [
    route<undefined, z.output<typeof listQuery>>({
      method: 'GET',
      path: '/api/v1/objects',
      scope: null,
      tag: 'objects',
      summary: 'List objects with their fields',
      description: 'Objects whose records the caller can read.',
      query: listQuery,
      answers: { 200: z.object({ data: z.array(objectShape) }) },
      async handle({ caller, query: { brief: isBrief } }) {
        const all = await answersOf(caller.workspaceId, readable(caller));
        return { status: 200, body: { data: isBrief ? all.map(briefly) : all } };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/objects/:key',
      params: { key: /^[a-z][a-z0-9_-]*$/ },
      scope: null,
      tag: 'objects',
      summary: 'Get an object with its fields',
      description: 'By key, as in `contact`, or plural.',
      answers: { 200: objectShape },
      async handle({ caller, params }) {
        const noun = readable(caller).find(({ name, plural }) => [name, plural].includes(params['key']!));
        if (!noun) throw new ApiError('not_found', 'There is no object with this key.');
        const [body] = await answersOf(caller.workspaceId, [noun]);
        return { status: 200, body: body! };
      },
    }),
  ];
}

function briefly(object: ObjectAnswer): ObjectAnswer {
  const fields = object.fields.map(({ description: _left, options, ...field }) =>
    options && field.kind !== 'currency_code' ? { ...field, options } : field,
  );
  return { ...object, fields };
}

async function objectOf(
  noun: Noun,
  extensions: Extensions,
  workspaceId: Uuid,
  optionLists: OptionLists,
): Promise<Omit<ObjectAnswer, 'in_use'>> {
  const own = await Promise.all(
    Object.entries(noun.fields).map(([key, field]) => fieldOf(key, field, workspaceId, optionLists)),
  );
  const computed = Object.entries(extensions.computedFields(noun.name))
    .filter(([, field]) => !field.isOnRequest)
    .map(computedFieldOf);
  return {
    key: noun.name,
    plural: noun.plural,
    label: noun.label,
    plural_label: noun.pluralLabel,
    title_fields: [...noun.title],
    ...(titleSort(noun) !== undefined && { title_sort: titleSort(noun) }),
    list_fields: [...noun.listed],
    searchable: noun.searched.length > 0,
    match_fields: noun.matchRules.map(({ field }) => field),
    mergeable: noun.mergeRules !== undefined,
    fields: [...own, ...computed, ...BASE_FIELDS],
    events: Object.values(noun.events).map(({ name }) => name),
    panels: [...extensions.panels(noun.name)],
  };
}

async function fieldOf(
  key: string,
  field: Field,
  workspaceId: Uuid,
  optionLists: OptionLists,
): Promise<FieldAnswer> {
  const { kind, label, description, isRequired, isReadOnly, fallback, references, options, filter } = field;
  return {
    key,
    label,
    description,
    kind,
    required: isRequired,
    read_only: isReadOnly,
    computed: false,
    default: fallback,
    ...(references !== undefined && { references }),
    ...(options && { options: await optionsOf(options, workspaceId, optionLists) }),
    ...(filter && {
      filter: { parameter: filter.name ?? key, operators: ['eq', ...(filter.isRange ? BOUNDS : [])] },
    }),
    sortable: isSortable(field),
  };
}

async function optionsOf(
  options: NonNullable<Field['options']>,
  workspaceId: Uuid,
  optionLists: OptionLists,
): Promise<Option[]> {
  if (!('list' in options)) return [...options];
  const read = optionLists[options.list];
  if (!read) throw new Error(`there is no list of options named ${options.list}`);
  return read(workspaceId);
}

function computedFieldOf([key, { label, description }]: [string, ComputedField]): FieldAnswer {
  return { ...NO_INPUT, key, label, description, kind: 'computed', computed: true };
}

const NO_INPUT = { required: false, read_only: true, computed: false, default: null, sortable: false };

function timeField(key: string, label: string): FieldAnswer {
  const filter = { parameter: key, operators: [...BOUNDS] };
  return { ...NO_INPUT, key, label, description: label, kind: 'datetime', filter, sortable: true };
}

/** Fields that every record has. */
const BASE_FIELDS: readonly FieldAnswer[] = [
  {
    ...NO_INPUT,
    key: 'custom_fields',
    label: 'Custom fields',
    description: 'Custom fields, by name',
    kind: 'custom_fields',
    read_only: false,
    default: {},
  },
  {
    ...NO_INPUT,
    key: 'created_by',
    label: 'Created by',
    description: 'Who created the record, as in `api_key:<id>`',
    kind: 'actor',
  },
  timeField('created_at', 'Created at'),
  timeField('updated_at', 'Updated at'),
];
