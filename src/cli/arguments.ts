import { parseArgs } from 'node:util';
import { isPlan, PLANS } from '../account/plan.ts';
import { EXIT, StartError } from '../base/errors.ts';
import { isUuid, type Uuid } from '../base/id.ts';

/** The command line options by name. */
export type Options = Record<string, string | undefined>;

/** The arguments after the words of a command. */
export interface Arguments {
  options: Options;
  rest: string[];
}

/** An error for incorrect usage. The message names the option and what would be right, never a secret. */
export function usage(message: string): StartError {
  return new StartError(message, { exit: EXIT.usage });
}

export function notFound(message: string): StartError {
  return new StartError(message, { exit: EXIT.notFound });
}

/**
 * Parses the arguments after the words of a command.
 * @param words the command, for messages
 * @param known names of its options; each has a value
 * @param maxPositionals maximum number of positional arguments
 * @throws StartError with exit code 2, whose message repeats nothing that may be a value
 */
export function readArguments(
  words: string,
  args: string[],
  known: readonly string[],
  maxPositionals: number,
): Arguments {
  const options: Options = {};
  const rest: string[] = [];
  const { tokens } = parseArgs({
    args,
    options: Object.fromEntries(known.map((name) => [name, { type: 'string' as const }])),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === 'positional') rest.push(checkedUtf8('An argument', token.value));
    if (token.kind !== 'option') continue;
    const option = `--${token.name}`;
    if (!known.includes(token.name)) {
      const takes = known.length === 0 ? 'none' : known.map((name) => `--${name}`).join(', ');
      throw usage(
        `${isWord(token.rawName) ? token.rawName : 'That'} is not an option of fairlead ${words}, which takes ${takes}.`,
      );
    }
    const { value } = token;
    if (value === undefined || (!token.inlineValue && /^-./.test(value))) {
      throw usage(`${option} needs a value; write a value that begins with a dash as ${option}=-….`);
    }
    options[token.name] = checkedUtf8(option, value);
  }
  if (rest.length > maxPositionals) {
    throw usage(
      `fairlead ${words} takes ${maxPositionals === 0 ? 'no further argument' : `at most ${maxPositionals} arguments`}.`,
    );
  }
  return { options, rest };
}

/** Node replaces bytes of an argument that are not UTF-8 by U+FFFD. */
function checkedUtf8(what: string, value: string): string {
  if (value.isWellFormed() && !/[\0\ufffd]/.test(value)) return value;
  throw usage(`${what} is not valid UTF-8 text.`);
}

/** Whether a text may be a command or option; anything else may be a misplaced secret. */
export function isWord(text: string): boolean {
  return /^-{0,2}[a-z]+(-[a-z]+)*$/.test(text) && text.length <= 20;
}

/**
 * The message for an unknown value. The value may be a misplaced secret, so it is repeated only if it is a short
 * plain word, which no key and no good password is.
 * @param kind with its article: `a plan`
 */
export function unknownValue(value: string, kind: string, known: readonly string[]): string {
  const list = knownWords(known);
  if (!/^[a-z]{1,12}(:[a-z]{1,12})?$/.test(value)) return `That is not ${kind}. ${list}`;
  const meant = nearest(value, known);
  return meant === null
    ? `${value} is not ${kind}. ${list}`
    : `${value} is not ${kind}; did you mean ${meant}? ${list}`;
}

/** A sentence that lists words; scopes of a group are together, as in `contacts:read|write`. */
export function knownWords(names: readonly string[]): string {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const [group = '', action] = name.split(':');
    const actions = groups.get(group) ?? [];
    if (action !== undefined) actions.push(action);
    groups.set(group, actions);
  }
  const words = [...groups]
    .map(([group, actions]) => (actions.length === 0 ? group : `${group}:${actions.join('|')}`))
    .join(', ');
  return `Known: ${words}.`;
}

/** The known word within two changed letters, and fewer than half of its letters; null if there is none. */
function nearest(value: string, known: readonly string[]): string | null {
  const near = known
    .map((word) => ({ word, changes: changesBetween(value, word) }))
    .filter(({ word, changes }) => changes <= 2 && changes < word.length / 2)
    .toSorted((item, other) => item.changes - other.changes);
  return near[0]?.word ?? null;
}

/** Number of letters to insert, delete or replace (Levenshtein). */
function changesBetween(item: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [line, letter] of Array.from(item).entries()) {
    const above = row;
    row = [line + 1];
    for (let at = 0; at < other.length; at++)
      row.push(Math.min(row[at]! + 1, above[at + 1]! + 1, above[at]! + (letter === other[at] ? 0 : 1)));
  }
  return row.at(-1)!;
}

/** A name of 1 to 100 characters on one line. */
export function nameOption(options: Options, option = 'name'): string {
  const name = options[option]?.trim();
  if (name === undefined) throw usage(`--${option} is required.`);
  if (name.length > 100 || !/[^\p{Cf}\p{Cc}\s]/u.test(name) || /\p{Cc}/u.test(name)) {
    throw usage(`--${option} must have 1 to 100 characters, at least one of them visible, on one line.`);
  }
  return name;
}

/** One of several choices. */
export function choiceOption<Choice extends string>(
  options: Options,
  option: string,
  choices: readonly Choice[],
  otherwise: Choice,
): Choice {
  const input = options[option];
  if (input === undefined) return otherwise;
  const choice = choices.find((item) => item === input);
  if (choice === undefined) throw usage(`--${option} must be one of ${choices.join(', ')}.`);
  return choice;
}

/** @param what prefix of the message: the option */
export function planNamed(input: string, what = ''): string {
  if (isPlan(input)) return input;
  throw usage(`${what}${unknownValue(input, 'a plan', Object.keys(PLANS))}`);
}

/** An id in either case; null for any other text. */
export function uuidFrom(input: string | undefined): Uuid | null {
  const id = input?.toLowerCase() ?? '';
  return isUuid(id) ? id : null;
}
