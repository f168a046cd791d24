import { z } from 'zod';
import type { KeyStyles } from '../../account/key-style.ts';
import { route, type Route } from '../../http/route.ts';

/** Lists the key styles, to choose that of a new key. */
export function keyStyleRoutes(styles: KeyStyles): Route[] {
  const [defaultName] = styles.keys();
  const data = [...styles.values()].map(({ name, label, prefix, scopes = null }) => ({
    name,
    label,
    prefix,
    scopes,
    default: name === defaultName,
  }));
  const shape = z
    .object({
      name: z.enum([...styles.keys()]).meta({ description: 'The `style` of a key.' }),
      label: z.string(),
      prefix: z.string().meta({ description: 'The first characters of every key.' }),
      scopes: z
        .array(z.string())
        .nullable()
        .meta({ description: 'The scopes of every key; null if each key has its own.' }),
      default: z.boolean().meta({ description: 'Whether a key has it if no `style` is given.' }),
    })
    .meta({ id: 'KeyStyle' });
  return [
    route({
      method: 'GET',
      path: '/api/v1/key-styles',
      scope: null,
      tag: 'api keys',
      summary: 'List the styles that a key can have',
      description: 'Clients written for another system may expect keys of its style.',
      answers: { 200: z.object({ data: z.array(shape) }) },
      handle: () => Promise.resolve({ status: 200, body: { data } }),
    }),
  ];
}
