import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import {
  assert,
  constant,
  constantFrom,
  dictionary,
  double,
  integer,
  oneof,
  property,
  record,
} from 'fast-check';
import { array, jsonValue, letrec, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findProblem, StepsUsedUp } from '../../src/events/schema-check.js';
import { propertySize } from '../proof/settings.ts';

const FORMATS = ['date-time', 'date', 'time', 'email', 'uri', 'uuid', 'ipv4', 'ipv6', 'hostname'] as const;

const ajv = new Ajv2020({ strict: false, allErrors: false, logger: false, ownProperties: true });
addFormats.default(ajv, [...FORMATS]);

function ajvTakes(schema: object | boolean, value: unknown): boolean {
  const takes = ajv.validate(schema, value);
  if (typeof schema === 'object') ajv.removeSchema(schema);
  return takes;
}

const name = constantFrom('a', 'b', 'c', 'd', '__proto__');
const scalar = oneof(
  constantFrom<unknown>(
    null,
    true,
    false,
    '',
    'a',
    '👍',
    0,
    -0,
    1,
    2,
    0.3,
    // From 1e21 on, ajv 8 takes the wrong numbers for multiples: it parses their text, of which `1e+21` begins with 1.
    1e20,
    '2026-06-01',
    'a@b.example',
  ),
  constantFrom<unknown>('2026-06-01T12:00:00Z', 'https://a.example/', '127.0.0.1', '::1', '12:00:00Z'),
  integer({ min: -3, max: 3 }),
);
const { data } = letrec<{ data: unknown }>((tie) => ({
  data: oneof(
    { maxDepth: 4 },
    scalar,
    array(tie('data'), { maxLength: 4 }),
    dictionary(name, tie('data'), { maxKeys: 4 }),
  ),
}));
const count = integer({ min: 0, max: 3 });
const { schema } = letrec<{ schema: object | boolean }>((tie) => {
  const inner = tie('schema');
  const several = array(inner, { minLength: 1, maxLength: 3 });
  return {
    schema: oneof(
      { maxDepth: 4 },
      constantFrom<object | boolean>(true, false, {}, { type: 'object' }, { type: 'array' }),
      constantFrom<object>(...FORMATS.map((format) => ({ format }))),
      record(
        {
          type: constantFrom<unknown>('object', 'array', 'string', 'number', ['integer', 'null'], 'boolean'),
          const: data,
          enum: array(data, { minLength: 1, maxLength: 3 }),
          minimum: count,
          exclusiveMaximum: count,
          multipleOf: constantFrom(1, 2, 0.5),
          minLength: count,
          maxLength: count,
          minItems: count,
          maxItems: count,
          uniqueItems: constant(true),
          minProperties: count,
          maxProperties: count,
          required: array(name, { maxLength: 2 }).map((names) => [...new Set(names)]),
          properties: dictionary(constantFrom('a', 'b', 'c'), inner, { maxKeys: 3 }),
          additionalProperties: inner,
          items: inner,
          prefixItems: several,
          contains: inner,
          anyOf: several,
          oneOf: several,
          allOf: several,
          // ajv 8 generates wrong code for `not: true` together with `contains`.
          not: constantFrom<object>({ const: 1 }, { type: 'string' }, { minimum: 2 }, { required: ['a'] }),
        },
        { requiredKeys: [] },
      ).map((full) => Object.fromEntries(Object.entries(full).slice(0, 4))),
    ),
  };
});

test('a schema accepts what ajv accepts with it, and nothing else', () => {
  const agrees = property(schema, data, (...drawn) => {
    // As they come in a request: without objects that have no prototype.
    const [input, value] = JSON.parse(JSON.stringify(drawn)) as [object | boolean, unknown];
    expect(findProblem(input as Record<string, unknown>, value, 1e9) === null).toBe(ajvTakes(input, value));
  });
  assert(agrees, propertySize({ small: 3_000, whole: 200_000 }));
});

test.each([{ multipleOf: 1 }, { multipleOf: 0.5 }, { type: 'integer' }, { minimum: 1e20 }])(
  'a number whose text has an exponent is a number like any other: %j',
  (rule) => {
    expect(findProblem(rule, 1e21, 1e9)).toBeNull();
  },
);

test('a name that objects inherit is a name like any other', () => {
  const odd: unknown = JSON.parse('{"toString":{"constructor":1,"__proto__":2}}');
  expect(findProblem({ enum: [{}, odd as object] }, odd, 100)).toBeNull();
  expect(findProblem({ enum: ['a', odd as object] }, 7, 100)).toEqual({
    path: [],
    message: 'must be one of a, {"toString":{"constructor":1,"__proto__":2}}',
  });
  expect(findProblem({ properties: { valueOf: false } }, odd, 100)).toBeNull();
  expect(findProblem({ required: ['valueOf'] }, odd, 100)).toEqual({
    path: ['valueOf'],
    message: 'is required',
  });
  expect(findProblem({ properties: { a: true }, additionalProperties: false }, odd, 100)).toEqual({
    path: ['toString'],
    message: 'is not a known field',
  });
});

test('formats accept what ajv accepts', () => {
  const text = oneof(
    string({ maxLength: 300 }),
    constantFrom('2026-02-30', '2026-06-01T12:00:00+01:00', '23:59:60Z', 'a.b', 'x'.repeat(254), 'a:b'),
    double().map(String),
    jsonValue().map((value) => JSON.stringify(value)),
  );
  const agrees = property(constantFrom(...FORMATS), text, (format, value) => {
    expect(findProblem({ format }, value, 1e9) === null).toBe(ajvTakes({ format }, value));
  });
  assert(agrees, propertySize({ small: 1_000, whole: 200_000 }));
});

describe('steps are counted in all cases', () => {
  const numbers = Array.from({ length: 20_000 }, (_, n) => n);
  const objects = numbers.map((n) => ({ a: { b: n } }));
  test.each<[string, object, unknown]>([
    ['anyOf', { items: { anyOf: [...Array.from({ length: 900 }, () => ({ const: -1 })), true] } }, numbers],
    ['oneOf', { items: { oneOf: [...Array.from({ length: 250 }, () => ({ const: -1 })), true] } }, numbers],
    ['allOf', { allOf: Array.from({ length: 900 }, () => ({ items: { type: 'number' } })) }, numbers],
    ['not', { items: { not: { anyOf: Array.from({ length: 900 }, () => ({ const: -1 })) } } }, numbers],
    ['contains', { allOf: Array.from({ length: 900 }, () => ({ contains: { const: 19_999 } })) }, numbers],
    [
      'enum',
      {
        items: { enum: [...Array.from({ length: 900 }, (_, n) => ({ a: { b: -1 - n } })), { a: { b: 0 } }] },
      },
      objects.map(() => ({ a: { b: 0 } })),
    ],
    ['uniqueItems', { uniqueItems: true }, objects],
    ['required', { items: { required: Array.from({ length: 900 }, () => 'a') } }, objects],
    ['type', { items: { type: [...Array.from({ length: 900 }, () => 'null'), 'integer'] } }, numbers],
    [
      'names',
      { allOf: Array.from({ length: 900 }, () => ({ maxProperties: 1e6 })) },
      Object.fromEntries(Object.entries(numbers)),
    ],
    [
      'unknown names',
      { allOf: Array.from({ length: 900 }, () => ({ additionalProperties: true })) },
      Object.fromEntries(Object.entries(numbers)),
    ],
    ['long texts', { allOf: Array.from({ length: 1300 }, () => ({ maxLength: 1e6 })) }, 'x'.repeat(200_000)],
    ['formats', { anyOf: Array.from({ length: 900 }, () => ({ format: 'email' })) }, 'x'.repeat(200_000)],
  ])('%s', (_what, input, value) => {
    expect(() => findProblem(input as Record<string, unknown>, value, 2_000_000)).toThrow(StepsUsedUp);
  });
});
