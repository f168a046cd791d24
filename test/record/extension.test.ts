import { expect, test } from 'vitest';
import { z } from 'zod';
import { ApiError } from '../../src/base/errors.ts';
import { makeExtensions, type ComputedField } from '../../src/record/extension.ts';
import { recordRoutes } from '../../src/record/record-routes.ts';
import { defineNoun } from '../../src/record/noun.ts';
import { makeRecordAnswers } from '../../src/record/record-answer.ts';
import { text } from '../../src/record/fields/text.ts';
import { silent } from '../kit/database.ts';

const total = (label: string): ComputedField => ({
  label,
  description: label,
  output: z.number(),
  valuesOf: (_workspaceId, records) => Promise.resolve(records.map((_record, at) => at + 1)),
});

test('several modules can extend one object', () => {
  const payments = { object: 'widget', computedFields: { paid: total('Paid') } };
  const visits = { object: 'widget', computedFields: { visits: total('Visits') } };
  const extensions = makeExtensions([payments, visits]);
  expect(Object.keys(extensions.computedFields('widget'))).toEqual(['paid', 'visits']);
  expect(extensions.computedFields('other')).toEqual({});
});

test('two modules cannot give an object the same computed field, or the same panel', () => {
  const fields = { object: 'widget', computedFields: { paid: total('Paid') } };
  expect(() => makeExtensions([fields, fields])).toThrow('widget has the computed field paid twice');
  const panels = { object: 'widget', panels: [{ key: 'payments', label: 'Payments', path: '/x' }] };
  expect(() => makeExtensions([panels, panels])).toThrow('widget has the panel payments twice');
});

const makeWidget = () =>
  defineNoun({
    name: 'widget',
    plural: 'widgets',
    label: 'Widget',
    pluralLabel: 'Widgets',
    title: ['name'],
    listed: [],
    fields: { name: text({ label: 'Name', max: 10, required: true, sample: 'x' }) },
    sample: { id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21' },
  });

test.each(['name', 'id', 'custom_fields', 'created_at'])(
  'a computed field cannot have the name of a field of the record: %s',
  (name) => {
    const extensions = makeExtensions([{ object: 'widget', computedFields: { [name]: total('Paid') } }]);
    expect(() => makeRecordAnswers([makeWidget() as never], extensions, silent)).toThrow(
      `widget has a field ${name} of its own`,
    );
  },
);

test('an extension cannot extend an object that does not exist', () => {
  const extensions = makeExtensions([{ object: 'wigdet', computedFields: { paid: total('Paid') } }]);
  expect(() => makeRecordAnswers([makeWidget() as never], extensions, silent)).toThrow(
    'there is no object wigdet',
  );
});

test.each([
  ['rejects', () => Promise.reject(new Error('the ledger is away'))],
  ['is unavailable', () => Promise.reject(new ApiError('unavailable', 'no ledger'))],
  [
    'throws',
    () => {
      throw new Error('the ledger is away');
    },
  ],
])('a computed field that %s is left out and logged; the record is answered', async (_name, valuesOf) => {
  const logged: object[] = [];
  const log = { ...silent, error: (about: object) => void logged.push(about) } as typeof silent;
  const computedFields = { paid: { ...total('Paid'), valuesOf }, visits: total('Visits') };
  const widget = makeWidget();
  const extensions = makeExtensions([{ object: 'widget', computedFields }]);
  const shown = makeRecordAnswers([widget as never], extensions, log)(widget);
  const { sample } = widget.events.created;
  expect(await shown.complete('', [sample] as never)).toEqual([{ ...sample, visits: 1 }]);
  expect(JSON.parse(await shown.completeText('', JSON.stringify(sample)))).toEqual({ ...sample, visits: 1 });
  expect(logged).toHaveLength(2);
  expect(logged[0]).toMatchObject({ field: 'widget.paid' });
});

test('computed fields that are sent are ignored, in every route that writes', async () => {
  const widget = makeWidget();
  const extensions = makeExtensions([{ object: 'widget', computedFields: { paid: total('Paid') } }]);
  const shown = makeRecordAnswers([widget as never], extensions, silent)(widget);
  const sent: object[] = [];
  const service = {
    noun: widget,
    plan: (_writer: unknown, input: object) => {
      sent.push(input);
      return Promise.resolve({ id: 'x', text: '{}' });
    },
    store: { create: (_writer: unknown, _plans: unknown, answer: object) => Promise.resolve(answer) },
  };
  const routes = recordRoutes({} as never, service as never, shown as never);
  const [create, batch, patch, put] = [
    ['POST', '/api/v1/widgets'],
    ['POST', '/api/v1/widgets/batch'],
    ['PATCH', '/api/v1/widgets/:id'],
    ['PUT', '/api/v1/widgets/:id'],
  ].map(([method, path]) => routes.find((item) => item.method === method && item.path === path)!);
  expect(create!.ignored).toEqual(['paid']);
  for (const route of [patch, put]) expect(route!.ignored).toEqual(['paid', 'expanded']);
  const caller = { workspaceId: 'w', actor: 'test', scopes: ['*'] };
  const body = {
    records: [
      { name: 'a', paid: 5 },
      { name: 'b', paid: 'x' },
    ],
  };
  const answer = await batch!.handle({ caller, body, sentText: () => JSON.stringify(body) } as never);
  expect(JSON.parse(answer.body as string).results).toMatchObject([{ status: 201 }, { status: 201 }]);
  expect(sent).toEqual([{ name: 'a' }, { name: 'b' }]);
});

test('records are completed in order, and the schema holds the computed fields', async () => {
  const widget = makeWidget();
  const extensions = makeExtensions([{ object: 'widget', computedFields: { paid: total('Paid') } }]);
  const shown = makeRecordAnswers([widget as never], extensions, silent)(widget);
  const { sample } = widget.events.created;
  const completed = await shown.complete('', [sample, sample] as never);
  expect(completed).toEqual([
    { ...sample, paid: 1 },
    { ...sample, paid: 2 },
  ]);
  expect(shown.output.safeParse(completed[0]).success).toBe(true);
  expect(shown.output.safeParse(sample).success).toBe(false);
  expect(JSON.parse(await shown.completeText('', JSON.stringify(sample)))).toEqual({ ...sample, paid: 1 });
});
