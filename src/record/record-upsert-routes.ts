import { z } from 'zod';
import { invalid } from '../base/errors.ts';
import { caseless } from '../base/fold.ts';
import { isEmailAddress } from '../base/values/email-address.ts';
import { query } from '../db/query.ts';
import { route, type Route } from '../http/route.ts';
import type { BaseRecord } from './noun.ts';
import type { RecordAnswer } from './record-answer.ts';
import { withArticle, writerOf } from './record-create-routes.ts';
import { criteriaOf, matching } from './record-match.ts';
import type { RecordService } from './record-service.ts';
import { upsert, upsertOutput, type UpsertParts } from './record-upsert.ts';

const MAX_MATCHES = 5;

/** `GET /contacts/matches?email=…`: what a new record would be a duplicate of. */
export function matchRoutes<R extends BaseRecord, Input extends object>(
  { db }: UpsertParts,
  { noun, store }: RecordService<R, Input>,
  shown: RecordAnswer<R>,
): Route[] {
  const rules = noun.matchRules;
  if (rules.length === 0) return [];
  const fields = rules.map(({ field }) => field);
  const value = z.string().max(1000).optional();
  return [
    route<undefined, Record<string, string | undefined>>({
      method: 'GET',
      path: `/api/v1/${noun.plural}/matches`,
      scope: `${noun.plural}:read`,
      tag: noun.plural,
      summary: `Find ${noun.pluralLabel.toLowerCase()} that a new one could be`,
      description: `Those with the same ${fields.join(' or ')}, oldest first, at most ${MAX_MATCHES}. Emails are compared ignoring case, telephone numbers however they are written.`,
      query: z.strictObject(Object.fromEntries(fields.map((field) => [field, value]))),
      answers: { 200: z.object({ data: z.array(shown.output) }) },
      async handle({ caller: { workspaceId }, query: wanted }) {
        if (Object.values(wanted).every((item) => !item))
          throw invalid(fields[0]!, `or ${fields.slice(1).join(' or ')} is required`);
        const criteria = await criteriaOf(db, workspaceId, rules, wanted);
        if (criteria.length === 0) return { status: 200, body: { data: [] } };
        const rows = await query<Record<string, unknown>>(
          db.pool,
          matching(noun.name, workspaceId, criteria, MAX_MATCHES),
        );
        const data = await shown.complete(
          workspaceId,
          rows.map((row) => store.toRecord(row)),
        );
        return { status: 200, body: { data } };
      },
    }),
  ];
}

/** `PUT /contacts/by/email/{email}`, for nouns that are recognised by an e-mail address first. */
export function upsertRoutes<R extends BaseRecord, Input extends object>(
  parts: UpsertParts,
  service: RecordService<R, Input>,
  shown: RecordAnswer<R>,
): Route[] {
  const { noun } = service;
  const [rule] = noun.matchRules;
  if (rule?.by !== 'email') return [];
  const { field } = rule;
  const name = noun.label.toLowerCase();
  return [
    route<Input>({
      method: 'PUT',
      path: `/api/v1/${noun.plural}/by/${field}/:${field}`,
      scope: `${noun.plural}:write`,
      // Any text: what is no address is a 400 that says so.
      params: { [field]: /^/ },
      tag: noun.plural,
      summary: `Create or update ${withArticle(noun.label)} by email`,
      description: `Creates the ${name}, or changes the fields sent of the one with this address (first or other). Of several, it takes the one whose first address it is, then the oldest, and the answer has \`ambiguous: true\`. Two at once create one ${name}.`,
      body: noun.input,
      ...(shown.computed.length > 0 && { ignored: shown.computed }),
      answers: { 200: upsertOutput(shown.output), 201: shown.output },
      async handle(ctx) {
        const address = ctx.params[field]!.trim();
        if (!isEmailAddress(address)) throw invalid(field, 'must be an email address');
        const sent = (ctx.body as Record<string, unknown>)[field];
        if (typeof sent === 'string' && caseless(sent) !== caseless(address))
          throw invalid(field, 'must be the address in the path, or left out');
        return upsert(parts, service, writerOf(ctx), {
          input: { ...ctx.body, [field]: address },
          source: ctx,
          rules: [rule],
          mode: 'merge',
          mayRead: ctx.caller.may(`${noun.plural}:read`),
        });
      },
      ...(shown.always.length > 0 && {
        async render(answer, { caller }) {
          if (typeof answer.body !== 'string') return answer;
          return { ...answer, body: await shown.completeText(caller.workspaceId, answer.body) };
        },
      }),
    }),
  ];
}
