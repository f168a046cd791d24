import { z } from 'zod';
import type { Scopes } from '../../account/scope.ts';
import { route, type Route } from '../../http/route.ts';

const scopeShape = z
  .object({
    name: z.string().meta({ description: 'The name of the scope.' }),
    label: z.string(),
    description: z.string(),
    group: z
      .object({ name: z.string(), label: z.string() })
      .nullable()
      .meta({ description: 'What it is about, such as a kind of records; null for `*`.' }),
    action: z.enum(['read', 'write']).nullable().meta({ description: 'For records; null for other scopes.' }),
    includes: z.array(z.string()).meta({ description: 'Scopes that it includes; `*` lists none.' }),
    may_grant: z.boolean().meta({ description: 'Whether the caller may give it to a key.' }),
  })
  .meta({ id: 'Scope' });

/** Lists the scopes, to choose those of a key. */
export function scopeRoutes(scopes: Scopes): Route[] {
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
        const data = scopes.list.map(({ name, label, description, group, action, includes }) => ({
          name,
          label,
          description,
          group,
          action,
          includes,
          may_grant: caller.may(name),
        }));
        return Promise.resolve({ status: 200, body: { data } });
      },
    }),
  ];
}
