import { z } from 'zod';
import { invalid } from '../base/errors.ts';
import type { Body } from './api-caller.ts';
import { explanationOf } from './delivery-explanation.ts';
import { withinResult } from './read-tools.ts';
import { typeInput, READS, tool, type Tool, type ToolContext } from './tool.ts';

/** The tools about the workspace itself: its objects and fields, its events, and what became of them. */
export function workspaceTools(context: ToolContext): Tool[] {
  const { api } = context;
  return [
    schemaTool(context),
    ...(api.may('GET', 'events') ? [eventsTool(context)] : []),
    ...(api.may('GET', 'deliveries/:id') && api.may('GET', 'events/:id') ? [explainTool(context)] : []),
  ];
}

function schemaTool(context: ToolContext): Tool {
  const { api, nouns } = context;
  const readable = nouns.filter(({ plural }) => api.may('GET', `${plural}/:id`));
  return tool({
    name: 'schema',
    title: 'Objects and fields',
    description:
      'Without `type`: the workspace, your rights and limits, and all types of records. With `type`: its fields with kinds, options, filters and references, and its events. Call it before you create, update or filter.',
    input: z.strictObject(readable.length > 0 ? { type: typeInput(readable).optional() } : {}) as z.ZodType<{
      type?: string;
    }>,
    annotations: READS,
    run: async ({ type }) => (type === undefined ? overview(context) : objectOf(context, type)),
  });
}

async function overview({ api }: ToolContext): Promise<Body> {
  const [{ workspace, scopes }, { data }] = await Promise.all([
    api.call('GET', 'me'),
    api.call('GET', 'objects', { query: { brief: 'true' } }),
  ]);
  const { agent } = api.caller;
  return {
    workspace,
    scopes,
    ...(agent && { agent }),
    types: (data as Body[]).map(({ key, plural, label, events, searchable }) => ({
      type: key,
      plural,
      label,
      events,
      searchable,
      may_write: api.may('PATCH', `${String(plural)}/:id`),
    })),
  };
}

/** The most options of a field in an answer: currencies have 180. */
const MAX_OPTIONS = 60;

async function objectOf(context: ToolContext, key: string): Promise<Body> {
  const { api } = context;
  const { fields, ...object } = await api.call('GET', 'objects/:key', { params: { key } });
  const { title_fields, match_fields, mergeable, events, label } = object;
  const kinds = new Set((fields as Body[]).flatMap(({ kind, references }) => [kind, references]));
  return {
    type: key,
    label,
    title_fields,
    match_fields,
    mergeable,
    events,
    fields: (fields as Body[]).map(({ default: fallback, options, label: _label, ...field }) => ({
      ...withoutFalse(field),
      ...(fallback !== null && { default: fallback }),
      ...(Array.isArray(options) && { options: options.slice(0, MAX_OPTIONS) }),
    })),
    ...(kinds.has('stage') &&
      (await listed(context, 'pipelines', ({ id, name, stages }) => ({ id, name, stages })))),
    ...(kinds.has('user') && (await listed(context, 'members', ({ id, name }) => ({ id, name })))),
  };
}

/** What fields refer to that is no object: pipelines with their stages, and members. */
async function listed({ api }: ToolContext, path: string, shown: (item: Body) => Body): Promise<Body> {
  if (!api.may('GET', path)) return {};
  const { data } = await api.call('GET', path);
  return { [path]: (data as Body[]).map(shown) };
}

/** Most fields are neither required nor computed; leaving that out halves the answer. */
function withoutFalse(field: Body): Body {
  return Object.fromEntries(Object.entries(field).filter(([, value]) => value !== false));
}

const eventInput = z.string().regex(/^evt_[0-9a-f]{32}$/i);

function eventsTool({ api }: ToolContext): Tool {
  return tool({
    name: 'events',
    title: 'Feed of events',
    description:
      'Events of the workspace in order. Continue with `after`: `next_after` of the previous answer, `latest` or `oldest`. `types` as in ["deal.won"].',
    input: z.strictObject({
      after: z.union([z.literal(['latest', 'oldest']), eventInput]).optional(),
      types: z.array(z.string().max(100)).max(50).optional(),
      limit: z.int().min(1).max(50).default(20),
    }),
    annotations: READS,
    run: ({ after, types, limit }) =>
      withinResult(limit, (size) =>
        api.call('GET', 'events', {
          query: {
            limit: String(size),
            ...(after !== undefined && { after }),
            ...(types && { types: types.join(',') }),
          },
        }),
      ),
  });
}

function explainTool({ api }: ToolContext): Tool {
  return tool({
    name: 'explain_delivery',
    title: 'Explain a delivery',
    description:
      'Why a webhook did or did not get an event: one sentence, the attempts with their answers, the next try, and what to do. By `delivery_id`, or by `event_id` for all webhooks.',
    input: z.strictObject({
      delivery_id: z.uuid().optional(),
      event_id: eventInput.optional(),
    }),
    annotations: READS,
    async run({ delivery_id: id, event_id: eventId }) {
      if ((id === undefined) === (eventId === undefined))
        throw invalid('delivery_id', 'or event_id is needed, one of both');
      if (id !== undefined)
        return explanationOf(api, await api.call('GET', 'deliveries/:id', { params: { id } }));
      const event = await api.call('GET', 'events/:id', { params: { id: eventId! } });
      const { data } = await api.call('GET', 'deliveries', { query: { event_id: eventId!, limit: '20' } });
      const { type, occurred_at, matched, reason } = event;
      const deliveries = await Promise.all(
        (data as Body[]).map(async ({ id: deliveryId }) =>
          explanationOf(api, await api.call('GET', 'deliveries/:id', { params: { id: String(deliveryId) } })),
        ),
      );
      const none = `No webhook got it: ${(reason as string | null) ?? 'its deliveries are no longer kept'}.`;
      return {
        event: { id: eventId, type, occurred_at, matched },
        ...(deliveries.length === 0 && { explanation: none }),
        deliveries,
      };
    },
  });
}
