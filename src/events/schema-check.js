// @ts-check
// Plain JavaScript with types in comments: the thread that runs it loads it unchanged, from `src` and from `dist`.
import formats from 'ajv-formats/dist/formats.js';

/**
 * What does not match: where, from the data's root, and why.
 * @typedef {{ path: string[], message: string }} Problem
 * @typedef {boolean | Record<string, unknown>} Schema
 * @typedef {{ left: number, path: string[] }} Run
 */

export class StepsUsedUp extends Error {}

/**
 * Checks data against a JSON Schema of the language that custom-event-schema.ts allows. The schema is walked, not
 * compiled: so each step is counted, and nothing that a customer wrote becomes code. A step takes about the same time
 * in all cases: a keyword, a name, a compared value, 32 characters that are read.
 * @param {Schema} schema
 * @param {unknown} data
 * @param {number} maxSteps
 * @returns {Problem | null} the first problem
 * @throws {StepsUsedUp}
 */
export function findProblem(schema, data, maxSteps) {
  return check(schema, data, { left: maxSteps, path: [] });
}

/** @type {WeakMap<object, [string, unknown][]>} */
const entries = new WeakMap();

/** @param {object} schema */
function entriesOf(schema) {
  let found = entries.get(schema);
  if (!found) entries.set(schema, (found = Object.entries(schema)));
  return found;
}

/**
 * @param {Run} run
 * @param {number} steps
 */
function charge(run, steps) {
  run.left -= steps;
  if (run.left < 0) throw new StepsUsedUp();
}

/**
 * @param {Schema} schema
 * @param {unknown} data
 * @param {Run} run
 * @returns {Problem | null}
 */
function check(schema, data, run) {
  charge(run, 1);
  if (schema === true) return null;
  if (schema === false) return problem(run, 'boolean schema is false');
  for (const [keyword, value] of entriesOf(schema)) {
    charge(run, 1);
    const rule = RULES[keyword];
    const found = rule ? rule(value, data, run, schema) : null;
    if (found) return found;
  }
  return null;
}

/**
 * @param {Schema} schema
 * @param {unknown} data
 * @param {Run} run
 */
function fits(schema, data, run) {
  const depth = run.path.length;
  const found = check(schema, data, run);
  run.path.length = depth;
  return found === null;
}

/**
 * @param {Run} run
 * @param {string} message
 * @param {string[]} more
 * @returns {Problem}
 */
function problem(run, message, ...more) {
  return { path: [...run.path, ...more], message };
}

/**
 * Checks a value inside the present one.
 * @param {Schema} schema
 * @param {string} name
 * @param {unknown} value
 * @param {Run} run
 */
function inside(schema, name, value, run) {
  run.path.push(name);
  const found = check(schema, value, run);
  if (!found) run.path.pop();
  return found;
}

/**
 * A rule for one type of value; any other type passes.
 * @template T
 * @param {(data: unknown) => data is T} isKind
 * @param {(limit: any, data: T, run: Run, schema: Record<string, any>) => Problem | null} rule
 * @returns {Rule}
 */
function ruleFor(isKind, rule) {
  return (limit, data, run, schema) => (isKind(data) ? rule(limit, data, run, schema) : null);
}

/** @type {(data: unknown) => data is number} */
const isNumber = (data) => typeof data === 'number';
/** @type {(data: unknown) => data is string} */
const isText = (data) => typeof data === 'string';
/** @type {(data: unknown) => data is unknown[]} */
const isList = (data) => Array.isArray(data);
/** @type {(data: unknown) => data is Record<string, unknown>} */
const isObject = (data) => typeof data === 'object' && data !== null && !Array.isArray(data);

/** @type {Record<string, (data: unknown) => boolean>} */
const TYPES = {
  null: (data) => data === null,
  boolean: (data) => typeof data === 'boolean',
  string: isText,
  number: (data) => isNumber(data) && Number.isFinite(data),
  integer: (data) => Number.isInteger(data),
  array: isList,
  object: isObject,
};

/**
 * The check of a keyword. The messages are those of ajv.
 * @typedef {(value: any, data: unknown, run: Run, schema: Record<string, any>) => Problem | null} Rule
 * @type {Record<string, Rule | undefined>}
 */
const RULES = {
  type(value, data, run) {
    const types = Array.isArray(value) ? value : [value];
    charge(run, types.length);
    return types.some((type) => TYPES[type]?.(data)) ? null : problem(run, `must be ${types.join(',')}`);
  },
  const: (value, data, run) => (equal(value, data, run) ? null : problem(run, 'must be equal to constant')),
  enum: (values, data, run) =>
    values.some((/** @type {unknown} */ value) => equal(value, data, run))
      ? null
      : problem(run, `must be one of ${shown(values)}`),

  minimum: ruleFor(isNumber, (limit, data, run) =>
    data >= limit ? null : problem(run, `must be >= ${limit}`),
  ),
  maximum: ruleFor(isNumber, (limit, data, run) =>
    data <= limit ? null : problem(run, `must be <= ${limit}`),
  ),
  exclusiveMinimum: ruleFor(isNumber, (limit, data, run) =>
    data > limit ? null : problem(run, `must be > ${limit}`),
  ),
  exclusiveMaximum: ruleFor(isNumber, (limit, data, run) =>
    data < limit ? null : problem(run, `must be < ${limit}`),
  ),
  multipleOf: ruleFor(isNumber, (unit, data, run) =>
    Number.isInteger(data / unit) ? null : problem(run, `must be multiple of ${unit}`),
  ),

  minLength: ruleFor(isText, (limit, data, run) =>
    charactersOf(data, run) >= limit ? null : problem(run, `must NOT have fewer than ${limit} characters`),
  ),
  maxLength: ruleFor(isText, (limit, data, run) =>
    charactersOf(data, run) <= limit ? null : problem(run, `must NOT have more than ${limit} characters`),
  ),
  format: ruleFor(isText, (name, data, run) => {
    charge(run, data.length >> 2);
    return isOfFormat(name, data) ? null : problem(run, `must match format "${name}"`);
  }),

  minItems: ruleFor(isList, (limit, data, run) =>
    data.length >= limit ? null : problem(run, `must NOT have fewer than ${limit} items`),
  ),
  maxItems: ruleFor(isList, (limit, data, run) =>
    data.length <= limit ? null : problem(run, `must NOT have more than ${limit} items`),
  ),
  uniqueItems: ruleFor(isList, (wanted, data, run) => (wanted ? duplicate(data, run) : null)),
  prefixItems: ruleFor(isList, (schemas, data, run) => {
    for (let at = 0; at < Math.min(schemas.length, data.length); at++) {
      const found = inside(schemas[at], String(at), data[at], run);
      if (found) return found;
    }
    return null;
  }),
  items: ruleFor(isList, (schema, data, run, { prefixItems = [] }) => {
    for (let at = prefixItems.length; at < data.length; at++) {
      const found = inside(schema, String(at), data[at], run);
      if (found) return found;
    }
    return null;
  }),
  contains: ruleFor(isList, (schema, data, run) =>
    data.some((item) => fits(schema, item, run))
      ? null
      : problem(run, 'must contain at least 1 valid item(s)'),
  ),

  minProperties: ruleFor(isObject, (limit, data, run) =>
    namesOf(data, run).length >= limit ? null : problem(run, `must NOT have fewer than ${limit} properties`),
  ),
  maxProperties: ruleFor(isObject, (limit, data, run) =>
    namesOf(data, run).length <= limit ? null : problem(run, `must NOT have more than ${limit} properties`),
  ),
  required: ruleFor(isObject, (names, data, run) => {
    charge(run, names.length);
    const missing = names.find((/** @type {string} */ name) => !Object.hasOwn(data, name));
    return missing === undefined ? null : problem(run, 'is required', missing);
  }),
  properties: ruleFor(isObject, (schemas, data, run) => {
    for (const [name, schema] of entriesOf(schemas)) {
      charge(run, 1);
      const found = Object.hasOwn(data, name)
        ? inside(/** @type {Schema} */ (schema), name, data[name], run)
        : null;
      if (found) return found;
    }
    return null;
  }),
  additionalProperties: ruleFor(isObject, (schema, data, run, { properties = {} }) => {
    for (const name of namesOf(data, run)) {
      if (Object.hasOwn(properties, name)) continue;
      if (schema === false) return problem(run, 'is not a known field', name);
      const found = inside(schema, name, data[name], run);
      if (found) return found;
    }
    return null;
  }),

  allOf(schemas, data, run) {
    for (const schema of schemas) {
      const found = check(schema, data, run);
      if (found) return found;
    }
    return null;
  },
  anyOf: (schemas, data, run) =>
    schemas.some((/** @type {Schema} */ schema) => fits(schema, data, run))
      ? null
      : problem(run, 'must match a schema in anyOf'),
  oneOf(schemas, data, run) {
    let matches = 0;
    for (const schema of schemas) {
      if (fits(schema, data, run)) matches++;
      if (matches > 1) break;
    }
    return matches === 1 ? null : problem(run, 'must match exactly one schema in oneOf');
  },
  not: (schema, data, run) => (fits(schema, data, run) ? problem(run, 'must NOT be valid') : null),
};
// Names that an object inherits are not keywords.
Object.setPrototypeOf(RULES, null);

/**
 * The first items of a list of values, for people.
 * @param {unknown[]} values
 */
function shown(values) {
  const texts = values.slice(0, 20).map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
  const text = texts.join(', ').slice(0, 280);
  return values.length > 20 || text.length === 280 ? `${text}, …` : text;
}

/**
 * @param {Record<string, unknown>} data
 * @param {Run} run
 */
function namesOf(data, run) {
  const names = Object.keys(data);
  charge(run, names.length);
  return names;
}

/**
 * The number of Unicode characters, as JSON Schema counts.
 * @param {string} text
 * @param {Run} run
 */
function charactersOf(text, run) {
  charge(run, text.length >> 5);
  let count = text.length;
  for (let at = 0; at < text.length - 1; at++)
    if ((text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) count--;
  return count;
}

/** Formats of texts of any length. Their patterns read any text once. */
const LONG_FORMATS = new Set(['email', 'uri']);
/** Most UTF-16 units of a text in another format. */
const MAX_FORMAT_LENGTH = 255;

/**
 * @param {string} name
 * @param {string} text
 */
function isOfFormat(name, text) {
  if (text.length > MAX_FORMAT_LENGTH && !LONG_FORMATS.has(name)) return false;
  const format = /** @type {Record<string, any>} */ (formats.fullFormats)[name];
  const validate = format?.validate ?? format;
  return validate instanceof RegExp ? validate.test(text) : validate(text) === true;
}

/**
 * @param {unknown[]} list
 * @param {Run} run
 */
function duplicate(list, run) {
  for (let late = 1; late < list.length; late++) {
    for (let early = 0; early < late; early++) {
      if (equal(list[early], list[late], run))
        return problem(run, `must NOT have duplicate items (items ## ${early} and ${late} are identical)`);
    }
  }
  return null;
}

/**
 * @param {unknown} item
 * @param {unknown} other
 * @param {Run} run
 * @returns {boolean}
 */
function equal(item, other, run) {
  charge(run, 1);
  if (item === other) return true;
  if (typeof item !== 'object' || typeof other !== 'object' || item === null || other === null) return false;
  if (Array.isArray(item) !== Array.isArray(other)) return false;
  const names = namesOf(/** @type {Record<string, unknown>} */ (item), run);
  if (names.length !== namesOf(/** @type {Record<string, unknown>} */ (other), run).length) return false;
  return names.every(
    (name) =>
      Object.hasOwn(other, name) &&
      equal(
        /** @type {Record<string, unknown>} */ (item)[name],
        /** @type {Record<string, unknown>} */ (other)[name],
        run,
      ),
  );
}
