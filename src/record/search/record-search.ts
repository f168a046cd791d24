import type { Logger } from '../../base/log.ts';
import type { Database } from '../../db/pool.ts';
import type { Sql } from '../../db/sql.ts';
import type { BaseRecord, Noun } from '../noun.ts';
import { searchCondition } from '../record-filter.ts';
import type { RecordStore } from '../record-store.ts';
import { makeSearchDocuments } from './search-document.ts';
import { makeSearchFollower, type SearchFollower } from './search-follower.ts';
import { awaitFresh, type Freshness, type Searcher } from './search-freshness.ts';
import { exactHits, SearchReader, type Hit, type Hits, type Sought } from './search-read.ts';
import { describeResults, type SearchResult } from './search-result.ts';
import { searchWords, textsOf } from './search-words.ts';

/** Search over the records of all objects. */
export interface RecordSearch {
  /** Makes the documents; runs in processes with the service `worker`. */
  follower: SearchFollower;
  /** The condition of `?q=` on rows of the noun's table. */
  listCondition(
    noun: Noun,
    searcher: Searcher,
    wanted: string,
  ): Promise<{ condition: Sql; isBehind: boolean; isUnfilled: boolean }>;
  /** The best results of all objects that the searcher may read. */
  search(
    searcher: Searcher,
    request: { wanted: string; objects: readonly Noun[]; limit: number },
  ): Promise<SearchAnswer>;
}

interface SearchAnswer {
  results: SearchResult[];
  hasMore: boolean;
  isBehind: boolean;
}

interface SearchParts {
  db: Database;
  log: Logger;
  nouns: readonly Noun[];
  storeOf(noun: Noun): Pick<RecordStore<BaseRecord>, 'getMany'>;
}

export function makeRecordSearch({ db, log, nouns, storeOf }: SearchParts): RecordSearch {
  const documents = makeSearchDocuments(nouns);
  const follower = makeSearchFollower(db, documents, log);
  const reader = new SearchReader(db, documents.nouns);

  /** Waits for the documents, and folds the words. */
  async function prepare(searcher: Searcher, wanted: string, objects: readonly string[]) {
    const text = wanted.normalize('NFC');
    const fresh = await awaitFresh(db, searcher, { texts: textsOf(text), objects, wake: follower.wake });
    const words = searchWords(text, fresh.folds);
    const soughtIn = (noun: Noun): Sought => ({
      workspaceId: searcher.workspaceId,
      words,
      isOwnOnly: !mayReadReferenced(noun, nouns, searcher),
    });
    return { text, fresh, words, soughtIn };
  }

  async function hitsOf(noun: Noun, sought: Sought, { unfilled }: Freshness, exact: readonly Hit[] = []) {
    const found = await (unfilled.has(noun.name)
      ? reader.unfilledHits(noun, sought)
      : reader.hits(noun.name, sought));
    return withExact(found, exact);
  }

  return {
    follower,

    async listCondition(noun, searcher, wanted) {
      const { text, fresh, soughtIn } = await prepare(searcher, wanted, [noun.name]);
      const isUnfilled = fresh.unfilled.has(noun.name);
      const { searchUntilFilled: indexed } = noun;
      const condition = !isUnfilled
        ? await reader.condition(noun, soughtIn(noun))
        : indexed === undefined
          ? reader.unfilledCondition(noun, soughtIn(noun))
          : searchCondition(indexed, text);
      return { condition, isUnfilled, isBehind: fresh.isBehind && !isUnfilled };
    },

    async search(searcher, { wanted, objects, limit }) {
      const searched = objects.filter((noun) => noun.searched.length > 0);
      const { text, fresh, words, soughtIn } = await prepare(
        searcher,
        wanted,
        searched.map(({ name }) => name),
      );
      if (words.words.length === 0) return { results: [], hasMore: false, isBehind: false };
      const exact = await exactHits(db, searched, searcher.workspaceId, text);
      const found = await Promise.all(
        searched.map(async (noun) => ({
          noun,
          ...(await hitsOf(noun, soughtIn(noun), fresh, exact.get(noun.name))),
        })),
      );
      const { ranked, isCut } = best(found, limit);
      const results = await describeResults(ranked, {
        workspaceId: searcher.workspaceId,
        words,
        nouns,
        storeOf,
        mayRead: (noun) => searcher.may(`${noun.plural}:read`),
      });
      return {
        results,
        hasMore: isCut || found.some(({ isPartial }) => isPartial),
        isBehind: fresh.isBehind || searched.some(({ name }) => fresh.unfilled.has(name)),
      };
    },
  };
}

/** Whether names of referenced records may decide what is found. */
function mayReadReferenced(noun: Noun, nouns: readonly Noun[], searcher: Searcher): boolean {
  return noun.searched.every((field) => {
    const target = nouns.find(({ name }) => name === noun.fields[field]!.references);
    return !target || searcher.may(`${target.plural}:read`);
  });
}

function withExact({ hits, isPartial }: Hits, exact: readonly Hit[]): Hits {
  const ids = new Set(exact.map(({ id }) => id));
  return { hits: [...exact, ...hits.filter(({ id }) => !ids.has(id))], isPartial };
}

/** A result before it is described. */
interface RankedHit extends Hit {
  noun: Noun;
}

/**
 * Orders hits by class, then alternating between objects, so that a thousand deals do not hide the contact, then by the
 * last change.
 */
function best(
  found: readonly { noun: Noun; hits: readonly Hit[] }[],
  limit: number,
): { ranked: RankedHit[]; isCut: boolean } {
  const placed = found.flatMap(({ noun, hits }) => {
    const places = new Map<number, number>();
    return hits
      .toSorted((a, b) => a.class - b.class || (a.updated_at < b.updated_at ? 1 : -1))
      .map((hit) => {
        const place = (places.get(hit.class) ?? 0) + 1;
        places.set(hit.class, place);
        return { ...hit, noun, place };
      });
  });
  const ranked = placed.toSorted(
    (a, b) => a.class - b.class || a.place - b.place || (a.updated_at < b.updated_at ? 1 : -1),
  );
  return { ranked: ranked.slice(0, limit), isCut: ranked.length > limit };
}
