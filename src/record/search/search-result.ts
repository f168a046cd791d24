import { phoneDigits, searchText } from '../../base/fold.ts';
import type { Uuid } from '../../base/id.ts';
import type { Field } from '../fields/field.ts';
import type { BaseRecord, Noun } from '../noun.ts';
import type { RecordStore } from '../record-store.ts';
import type { SearchWords } from './search-words.ts';

/** A field that contains words of the search. */
interface Match {
  field: string;
  /** The value, or the part of it around the first word. */
  text: string;
}

/** A search result as the API returns it. */
export interface SearchResult {
  /** Key of the object, as in `contact`. */
  type: string;
  id: Uuid;
  title: string;
  subtitle: string | null;
  matched: Match[];
  updated_at: string;
}

interface DescribeParts {
  workspaceId: Uuid;
  words: SearchWords;
  nouns: readonly Noun[];
  storeOf(noun: Noun): Pick<RecordStore<BaseRecord>, 'getMany'>;
  mayRead(noun: Noun): boolean;
}

type Values = BaseRecord & Record<string, unknown>;

const MAX_SUBTITLE_PARTS = 2;
const MAX_MATCH = 120;
/** Characters of a long text before the first word. */
const BEFORE = 40;

/** Describes hits in their order; those that were deleted meanwhile are left out. */
export async function describeResults(
  hits: readonly { noun: Noun; id: Uuid }[],
  parts: DescribeParts,
): Promise<SearchResult[]> {
  const { nouns, mayRead } = parts;
  const targetOf = (noun: Noun, field: string) =>
    nouns.find(({ name }) => name === noun.fields[field]?.references);
  const records = await recordsOf(hits, parts);
  const referenced = [...records.values()].flatMap(({ noun, record }) =>
    [...noun.searched, ...noun.subtitle].flatMap((field) => {
      const target = targetOf(noun, field);
      const id = record[field];
      return target && typeof id === 'string' && mayRead(target) ? [{ noun: target, id }] : [];
    }),
  );
  const others = await recordsOf(referenced, parts);
  /** The text of a field, of a reference the title of the record. */
  const textOf = (noun: Noun, record: Values, name: string): string | null => {
    if (!targetOf(noun, name)) return textOfValue(noun.fields[name]!, record[name]);
    const other = others.get(String(record[name]));
    return other ? titleOf(other.noun, other.record) : null;
  };

  return hits.flatMap(({ id }) => {
    const found = records.get(id);
    if (!found) return [];
    const { noun, record } = found;
    const title = titleOf(noun, record);
    const subtitle = noun.subtitle
      .map((name) => labelOf(noun.fields[name]!, textOf(noun, record, name)))
      .filter((text) => text !== null && text !== title)
      .slice(0, MAX_SUBTITLE_PARTS);
    const matched = noun.searched.flatMap((field) => {
      const text = textOf(noun, record, field);
      const part = text === null ? null : matchingPart(text, noun.fields[field]!, parts.words);
      return part === null ? [] : [{ field, text: part }];
    });
    return [
      {
        type: noun.name,
        id,
        title,
        subtitle: subtitle.length > 0 ? subtitle.join(' · ') : null,
        matched,
        updated_at: record.updated_at,
      },
    ];
  });
}

async function recordsOf(
  keys: readonly { noun: Noun; id: Uuid }[],
  { workspaceId, storeOf }: DescribeParts,
): Promise<Map<Uuid, { noun: Noun; record: Values }>> {
  const nouns = [...new Set(keys.map(({ noun }) => noun))];
  const found = await Promise.all(
    nouns.map(async (noun) => {
      const ids = [...new Set(keys.filter((key) => key.noun === noun).map(({ id }) => id))];
      const records = await storeOf(noun).getMany(workspaceId, ids);
      return records.map((record) => [record.id, { noun, record: record as Values }] as const);
    }),
  );
  return new Map(found.flat());
}

/** The display name of a record; the dashboard has the same in web/record/record-title.ts. */
function titleOf({ fields, title, label }: Noun, record: Readonly<Record<string, unknown>>): string {
  const others = title.findIndex((name) => fields[name]!.kind !== 'text');
  const names = others === -1 ? title : title.slice(0, others);
  const filled = (name: string) => typeof record[name] === 'string' && record[name] !== '';
  const shown = names.some(filled) ? names.filter(filled) : title.filter(filled).slice(0, 1);
  if (shown.length > 0) return shown.map((name) => String(record[name])).join(' ');
  return typeof record['number'] === 'number'
    ? `${label} ${record['number']}`
    : `Unnamed ${label.toLowerCase()}`;
}

const LIST_KINDS = new Set(['tags', 'emails', 'phones']);

function textOfValue({ kind }: Field, value: unknown): string | null {
  if (value === null || value === undefined || value === '') return null;
  if (LIST_KINDS.has(kind)) return (value as string[]).join(', ') || null;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

/** Options are shown by their label. */
function labelOf({ options }: Field, text: string | null): string | null {
  if (!options || 'list' in options) return text;
  return options.find(({ value }) => value === text)?.label ?? text;
}

/** The value if it contains one of the words; of a long one, the part around it. */
function matchingPart(text: string, { kind }: Field, { words, numbers }: SearchWords): string | null {
  const folded = `${searchText(text)} ${kind === 'phone' || kind === 'phones' ? phoneDigits(text) : ''} `;
  const forms = [...words.flat(), ...numbers];
  const isIn = (form: string) => folded.includes(form.trim().length < 3 ? form : form.slice(1));
  const form = forms.find(isIn);
  if (form === undefined) return null;
  if (text.length <= MAX_MATCH) return text;
  const at = Math.max(0, folded.indexOf(form.trim()) - BEFORE);
  return Array.from(text)
    .slice(at, at + MAX_MATCH)
    .join('')
    .trim();
}
