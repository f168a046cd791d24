import type { ToolAnnotations } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import type { Noun } from '../record/noun.ts';
import type { ApiCaller, Body } from './api-caller.ts';
import type { Operations } from './operation-store.ts';

/** What the tools of one request work with. */
export interface ToolContext {
  api: ApiCaller;
  /** The objects of all modules. */
  nouns: readonly Noun[];
  operations: Operations;
  clock: Clock;
  newId: () => Uuid;
  /** The public URL of this installation. */
  baseUrl(): string;
}

/** A tool of the Model Context Protocol; `undefined` from its maker if the caller may not use it. */
export interface Tool<Input = unknown> {
  name: string;
  title: string;
  /** At most 300 characters: models read all of them. */
  description: string;
  input: z.ZodType<Input>;
  annotations: ToolAnnotations;
  /** Throws `ApiError`; its result is cut to a size that models can take. */
  run(input: Input): Promise<Body>;
}

/** Infers a tool's input where it is defined, and erases it so that all tools fit in one list. */
export function tool<Input>(definition: Tool<Input>): Tool {
  return definition;
}

export const READS: ToolAnnotations = { readOnlyHint: true, openWorldHint: false };
export const WRITES: ToolAnnotations = { readOnlyHint: false, destructiveHint: false, openWorldHint: false };
export const DELETES: ToolAnnotations = { readOnlyHint: false, destructiveHint: true, openWorldHint: false };

/** An input that names the type of a record: one of these objects. @param nouns at least one */
export function typeInput(nouns: readonly Noun[]) {
  return z.enum(nouns.map(({ name }) => name) as [string, ...string[]]);
}

export const idInput = z.string().max(100).describe('Id of the record.');
export const dryRunInput = z
  .boolean()
  .default(false)
  .describe('True: writes nothing; returns the changes, the events and the webhooks that would be called.');
export const retryKeyInput = z
  .string()
  .regex(/^[\x21-\x7e]{1,100}$/)
  .optional()
  .describe('The same key on a retry: it is done once.');

/** The noun of a type. */
export function nounOf({ nouns }: Pick<ToolContext, 'nouns'>, type: string): Noun {
  return nouns.find(({ name }) => name === type)!;
}

/** The page of a record in the dashboard. */
export function urlOf({ baseUrl }: Pick<ToolContext, 'baseUrl'>, { plural }: Noun, id: unknown): string {
  return `${baseUrl()}/${plural}/${String(id)}`;
}
