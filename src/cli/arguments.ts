import { parseArgs } from 'node:util';
import { isPlan, PLANS } from '../account/plan.ts';
import { EXIT, StartError } from '../base/errors.ts';
import { isUuid, type Uuid } from '../base/id.ts';

/** What was given on the command line, by the name of the option. */
export type Options = Record<string, string | undefined>;

/** What follows the words of a command. */
export interface Arguments {
  options: Options;
  rest: string[];
}

/** A command that is used wrongly. The message names the option and what would be right, never a secret. */
export function usage(message: string): StartError {
  return new StartError(message, { exit: EXIT.usage });
}

export function notFound(message: string): StartError {
  return new StartError(message, { exit: EXIT.notFound });
}

/**
 * Reads what follows the words of a command.
 * @param words the command, for messages
 * @param known names of the options it takes; each has a value
 * @param most how many arguments that are no options it takes
 * @throws StartError with exit code 2. Nothing that may be a value is repeated in it.
 */
export function readArguments(
  words: string,
  args: string[],
  known: readonly string[],
  most: number,
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
    if (token.kind === 'positional') rest.push(legible('An argument', token.value));
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
      throw usage(`${option} needs a value; one that begins with a dash is written ${option}=-….`);
    }
    options[token.name] = legible(option, value);
  }
  if (rest.length > most) {
    throw usage(
      `fairlead ${words} takes ${most === 0 ? 'no further argument' : `${most} arguments, not more`}.`,
    );
  }
  return { options, rest };
}

/** Node puts U+FFFD where the bytes of an argument are not UTF-8. */
function legible(what: string, value: string): string {
  if (value.isWellFormed() && !/[\0\ufffd]/.test(value)) return value;
  throw usage(`${what} is not valid UTF-8 text.`);
}

/** A word as commands and options are made of: what is not may be a secret at a wrong place. */
export function isWord(text: string): boolean {
  return /^-{0,2}[a-z]+(-[a-z]+)*$/.test(text) && text.length <= 20;
}

/**
 * Says that a value is none of the known ones. It may be a secret at a wrong place, so it is repeated only where it is
 * a short plain word, as no key and no good password is.
 * @param kind with its article: `a plan`
 */
export function isNone(value: string, kind: string, known: readonly string[]): string {
  const list = `Known: ${known.join(', ')}.`;
  if (!/^[a-z]{1,12}(:[a-z]{1,12})?$/.test(value)) return `That is not ${kind}. ${list}`;
  const meant = nearest(value, known);
  return meant === null
    ? `${value} is not ${kind}. ${list}`
    : `${value} is not ${kind}; did you mean ${meant}? ${list}`;
}

/** The known word that at most two changes of a letter lead to, fewer than half of its letters; null where none is. */
function nearest(value: string, known: readonly string[]): string | null {
  const near = known
    .map((word) => ({ word, changes: changesBetween(value, word) }))
    .filter(({ word, changes }) => changes <= 2 && changes < word.length / 2)
    .toSorted((item, other) => item.changes - other.changes);
  return near[0]?.word ?? null;
}

/** Letters to be put in, taken out or replaced (Levenshtein). */
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

/** A name of something, from 1 to 100 characters on one line. */
export function nameOption(options: Options, option = 'name'): string {
  const name = options[option]?.trim();
  if (name === undefined) throw usage(`--${option} is required.`);
  if (name.length > 100 || !/[^\p{Cf}\p{Cc}\s]/u.test(name) || /\p{Cc}/u.test(name)) {
    throw usage(`--${option} must have 1 to 100 characters, at least one of them visible, on one line.`);
  }
  return name;
}

/** One of a few words. */
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

/** @param what begins the message where it is none: the option */
export function planNamed(input: string, what = ''): string {
  if (isPlan(input)) return input;
  throw usage(`${what}${isNone(input, 'a plan', Object.keys(PLANS))}`);
}

/** An id in either case; null where it is none. */
export function uuidFrom(input: string | undefined): Uuid | null {
  const id = input?.toLowerCase() ?? '';
  return isUuid(id) ? id : null;
}
