import { z } from 'zod';
import type { Noun } from '../record/noun.ts';
import { invalid } from '../base/errors.ts';
import { length, MAX_RESULT_CHARS, MAX_TEXT_CHARS } from './tool-result.ts';
import type { Body } from './api-caller.ts';
import { idInput, nounOf, typeInput, READS, tool, urlOf, type Tool, type ToolContext } from './tool.ts';

/** Characters of a long text in one answer of `get`. */
const TEXT_PART = 20_000;

const cursorInput = z.string().max(500).optional().describe('`next_cursor` of the previous page.');

/** The tools that read records. */
export function readTools(context: ToolContext): Tool[] {
  const readable = context.nouns.filter(({ plural }) => context.api.may('GET', `${plural}/:id`));
  if (readable.length === 0) return [];
  return [
    searchTool(context, readable),
    getTool(context, readable),
    listTool(context, readable),
    ...(context.api.may('GET', 'activities/:contact_id') ? [timelineTool(context, readable)] : []),
  ];
}

function searchTool(context: ToolContext, readable: readonly Noun[]): Tool {
  return tool({
    name: 'search',
    title: 'Search records',
    description:
      'Finds records of all objects by part of a name, email address, phone number or company. Use it first to get ids. Words may be in any order; all must match.',
    input: z.strictObject({
      q: z.string().min(1).max(200),
      types: z.array(typeInput(readable)).max(50).optional().describe('Default: all.'),
      limit: z.int().min(1).max(20).default(10),
    }),
    annotations: READS,
    async run({ q, types, limit }) {
      const query = { q, limit: String(limit), ...(types && { types: types.join(',') }) };
      const { data, ...more } = await context.api.call('GET', 'search', { query });
      const found = (data as Body[]).map((item) => ({
        ...item,
        url: urlOf(context, nounOf(context, String(item['type'])), item['id']),
      }));
      return { results: found, ...more };
    },
  });
}

function getTool(context: ToolContext, readable: readonly Noun[]): Tool {
  return tool({
    name: 'get',
    title: 'Get a record',
    description:
      'A record with all its fields. With `field` and `offset`: a part of one long text. `expand` adds the records that it references, as in `company_id`.',
    input: z.strictObject({
      type: typeInput(readable),
      id: idInput,
      expand: z.array(z.string().max(100)).max(10).optional(),
      fields: z.array(z.string().max(100)).max(50).optional().describe('Only these fields.'),
      field: z.string().max(100).optional().describe('One long text, in parts.'),
      offset: z.int().min(0).optional(),
    }),
    annotations: READS,
    async run({ type, id, expand, fields, field, offset = 0 }) {
      const noun = nounOf(context, type);
      const query = {
        ...(expand && { expand: expand.join(',') }),
        ...(fields && { fields: fields.join(',') }),
      };
      const record = await context.api.call('GET', `${noun.plural}/:id`, { params: { id }, query });
      if (field !== undefined) return textPart(record, field, offset);
      return { type, record, url: urlOf(context, noun, record['id']) };
    },
  });
}

function textPart(record: Body, field: string, offset: number): Body {
  const text = field
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, name)
          ? (value as Body)[name]
          : undefined,
      record,
    );
  if (typeof text !== 'string') throw invalid('field', 'is not a text of this record');
  // Each part is short enough to stay whole in a result.
  const parts: string[] = [];
  for (let at = offset; at < Math.min(text.length, offset + TEXT_PART); at += MAX_TEXT_CHARS)
    parts.push(text.slice(at, Math.min(at + MAX_TEXT_CHARS, offset + TEXT_PART)));
  const next = offset + TEXT_PART;
  return {
    id: record['id'],
    field,
    parts,
    characters: text.length,
    next_offset: next < text.length ? next : null,
  };
}

function listTool(context: ToolContext, readable: readonly Noun[]): Tool {
  return tool({
    name: 'list',
    title: 'List records',
    description:
      'Records of an object by filters, newest change first unless sorted. `filter` has the parameters that `schema` names, as in {"status": "open", "created_at[gte]": "2026-01-01"}.',
    input: z.strictObject({
      type: typeInput(readable),
      filter: z.record(z.string().max(100), z.union([z.string(), z.number(), z.boolean()])).optional(),
      q: z.string().max(200).optional().describe('Only records with these words.'),
      sort: z.string().max(200).optional().describe('A sortable field; `-` before it: descending.'),
      fields: z.array(z.string().max(100)).max(50).optional().describe('Only these fields.'),
      limit: z.int().min(1).max(50).default(20),
      cursor: cursorInput,
    }),
    annotations: READS,
    async run({ type, filter, q, sort, fields, limit, cursor }) {
      const { plural } = nounOf(context, type);
      const own = {
        ...(q !== undefined && { q }),
        ...(sort !== undefined && { sort }),
        ...(fields && { fields: fields.join(',') }),
        ...(cursor !== undefined && { cursor }),
      };
      const filters = Object.entries(filter ?? {}).map(([name, value]) => [name, String(value)] as const);
      const read = (size: number) =>
        context.api.call('GET', plural, {
          query: { ...Object.fromEntries(filters), ...own, limit: String(size) },
        });
      return withinResult(limit, read);
    },
  });
}

function timelineTool(context: ToolContext, readable: readonly Noun[]): Tool {
  return tool({
    name: 'timeline',
    title: 'Timeline of a record',
    description:
      'What happened to a record, newest first: changes with values before and after, notes, calls, tasks, and for a contact also its deals and payments.',
    input: z.strictObject({
      type: typeInput(readable),
      id: idInput,
      limit: z.int().min(1).max(50).default(20),
      cursor: cursorInput,
    }),
    annotations: READS,
    async run({ type, id, limit, cursor }) {
      const { plural } = nounOf(context, type);
      // The timeline of a contact needs no scope of contacts.
      await context.api.call('GET', `${plural}/:id`, { params: { id }, query: { fields: 'id' } });
      return withinResult(limit, (size) =>
        context.api.call('GET', 'activities/:contact_id', {
          params: { contact_id: id },
          query: { limit: String(size), ...(cursor !== undefined && { cursor }) },
        }),
      );
    },
  });
}

/**
 * A page that fits in a result: the page is read again with fewer rows, so that its cursor continues after the last of them.
 * @param read a page of this many rows
 */
export async function withinResult(limit: number, read: (size: number) => Promise<Body>): Promise<Body> {
  let size = limit;
  let page = await read(size);
  while (size > 1 && length(page) > MAX_RESULT_CHARS) {
    const share = (MAX_RESULT_CHARS / length(page)) * size;
    size = Math.max(1, Math.min(size - 1, Math.floor(share)));
    page = await read(size);
  }
  const { next_url: _url, ...shown } = page;
  return shown;
}
