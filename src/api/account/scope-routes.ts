import { z } from 'zod';
import { allows, describeScopes } from '../../account/scope.ts';
import { route, type Route } from '../../http/route.ts';

const scopeShape = z
  .object({
    name: z.string().meta({ description: 'The name of the scope.' }),
    label: z.string(),
    description: z.string(),
    group: z.string().meta({ description: 'Groups scopes: the records they apply to, or `other`.' }),
    action: z.enum(['read', 'write']).nullable().meta({ description: 'For records; null for other scopes.' }),
    includes: z.array(z.string()).meta({ description: 'Scopes that it includes.' }),
    may_grant: z.boolean().meta({ description: 'Whether the caller may give it to a key.' }),
  })
  .meta({ id: 'Scope' });

/**
 * Lists the scopes, to choose those of a key.
 * @param objects plural names of the record types
 */
export function scopeRoutes(objects: readonly string[]): Route[] {
  const all = describeScopes(objects);
  return [
    route({
      method: 'GET',
      path: '/api/v1/scopes',
      scope: null,
      tag: 'api keys',
      summary: 'List the scopes that a key can have',
      description: 'All scopes, with what each allows and whether the caller may give it.',
      answers: { 200: z.object({ data: z.array(scopeShape) }) },
      handle({ caller }) {
        const data = all.map((scope) => ({ ...scope, may_grant: allows(caller.scopes, scope.name) }));
        return Promise.resolve({ status: 200, body: { data } });
      },
    }),
  ];
}
