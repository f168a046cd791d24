import { expect, test } from 'vitest';
import { z } from 'zod';
import { makeExtensions, type ComputedField } from '../../src/record/extension.ts';
import { defineNoun } from '../../src/record/noun.ts';
import { makeRecordAnswers } from '../../src/record/record-answer.ts';
import { text } from '../../src/record/fields/text.ts';

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

test('records are completed in order, and the schema holds the computed fields', async () => {
  const widget = defineNoun({
    name: 'widget',
    plural: 'widgets',
    label: 'Widget',
    pluralLabel: 'Widgets',
    title: ['name'],
    listed: [],
    fields: { name: text({ label: 'Name', max: 10, required: true, sample: 'x' }) },
    sample: { id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21' },
  });
  const extensions = makeExtensions([{ object: 'widget', computedFields: { paid: total('Paid') } }]);
  const shown = makeRecordAnswers([widget as never], extensions)(widget);
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
