import { z } from 'zod';
import type { Caller } from '../../account/caller.ts';
import { ApiError } from '../../base/errors.ts';
import { requiredText } from '../../base/values/text.ts';
import { route, type Route } from '../../http/route.ts';
import type { Noun } from '../noun.ts';
import { SEARCH_BEHIND } from '../record-routes.ts';
import type { RecordSearch } from './record-search.ts';

const MAX_LIMIT = 50;

const searchQuery = z.strictObject({
  q: requiredText(200).meta({
    description: 'Words in any order; the first five. Every word must be part of the record.',
    examples: ['jane acme'],
  }),
  types: z.string().max(500).optional().meta({
    description: 'Keys of the objects to search, separated by commas, as in `contact,deal`. Default: all.',
  }),
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(20),
});

type SearchQuery = z.output<typeof searchQuery>;

const resultShape = z
  .object({
    type: z.string().meta({ description: 'Key of the object, as in `contact`.' }),
    id: z.uuid(),
    title: z.string(),
    subtitle: z.string().nullable(),
    matched: z.array(
      z.object({
        field: z.string().meta({ description: 'A field that contains one of the words.' }),
        text: z.string().meta({
          description: 'Its value, or the part around the word; of a reference, the title of that record.',
        }),
      }),
    ),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'SearchResult' });

/** Search over all objects (RC6). */
export function searchRoutes(search: RecordSearch, nouns: readonly Noun[]): Route[] {
  /** The objects that the caller may read. Throws for an unknown one, and one that it may not read. */
  function objectsFor({ types }: SearchQuery, caller: Caller): Noun[] {
    const readable = nouns.filter(({ plural }) => caller.may(`${plural}:read`));
    if (types === undefined) return readable;
    const requested = types
      .split(',')
      .map((type) => type.trim())
      .filter((type) => type !== '');
    return [...new Set(requested)].map((type) => {
      const noun = nouns.find(({ name, plural }) => name === type || plural === type);
      if (!noun) {
        const message = `has no object ${type.slice(0, 50)}; use ${nouns.map(({ name }) => name).join(', ')}`;
        throw new ApiError('validation_error', `types: ${message}`, {
          fields: [{ field: 'types', message }],
        });
      }
      if (!readable.includes(noun))
        throw new ApiError('forbidden', `The scope ${noun.plural}:read is required.`);
      return noun;
    });
  }

  return [
    route<undefined, SearchQuery>({
      method: 'GET',
      path: '/api/v1/search',
      scope: null,
      tag: 'search',
      summary: 'Search all objects',
      description:
        'Finds records by any part of a name, an email address, a phone number or a company, ignoring case, accents and Unicode form. Only objects that the caller can read. First records whose address or number is exactly `q`, then whole words, then beginnings of words, each with the latest change first and alternating between objects.',
      query: searchQuery,
      answers: {
        200: z.object({
          data: z.array(resultShape),
          has_more: z.boolean().meta({ description: 'Whether there are, or may be, more results.' }),
          search_behind: z.boolean().optional().meta({ description: SEARCH_BEHIND }),
        }),
      },
      async handle({ caller, query }) {
        const objects = objectsFor(query, caller);
        const { results, hasMore, isBehind } = await search.search(caller, {
          wanted: query.q,
          objects,
          limit: query.limit,
        });
        return {
          status: 200,
          body: { data: results, has_more: hasMore, ...(isBehind && { search_behind: true }) },
        };
      },
    }),
  ];
}
