import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { searchText } from '../../src/base/fold.ts';
import { reindex } from '../../src/record/search/search-pending.ts';
import { startScenario, type Person, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());

const NFD = (text: string) => text.normalize('NFD');

async function make(path: string, body: object, as: Person = s.alice): Promise<string> {
  const { status, json, text } = await s.ask('POST', `/api/v1/${path}`, {
    as,
    body,
    headers: { prefer: 'return=representation' },
  });
  expect(status, text).toBe(201);
  return json.id;
}

async function search(query: Record<string, string>, as: Person = s.alice) {
  const reply = await s.ask('GET', `/api/v1/search?${new URLSearchParams(query).toString()}`, { as });
  expect(reply.status, reply.text).toBe(200);
  return reply.json;
}

async function found(q: string, as?: Person): Promise<string[]> {
  return (await search({ q }, as)).data.map(({ id }: { id: string }) => id);
}

async function listed(path: string, query: Record<string, string>, as: Person = s.alice) {
  const reply = await s.ask('GET', `/api/v1/${path}?${new URLSearchParams(query).toString()}`, { as });
  expect(reply.status, reply.text).toBe(200);
  return reply.json;
}

async function ids(path: string, query: Record<string, string>, as?: Person): Promise<string[]> {
  return (await listed(path, query, as)).data.map(({ id }: { id: string }) => id);
}

describe('the program and the database make the same search text', () => {
  test.each([
    'Jane Doe',
    'tabs\tand\nlines\r\nend',
    '王小明',
    'Café 王小明 abc',
    NFD('Müller'),
    '한국어',
    'カﾞスpark',
    'ideographic\u3000space',
    '%_\\',
    '😀 𠮷野家',
    '',
  ])('%j', async (text) => {
    const { rows } = await s.db.pool.query('select search_text($1) as text', [text]);
    expect(rows[0].text).toBe(searchText(text));
  });
});

describe('RC6: a contact is found by', () => {
  let id: string;
  beforeAll(async () => {
    id = await make('contacts', {
      first_name: 'Anneliese',
      last_name: 'Müller-Lüdenscheidt',
      email: 'a.mueller@lager-nord.example',
      phone: '+49 170 555-4567',
      company: 'Café Zürich GmbH',
      job_title: 'Buyer',
    });
  });

  test.each([
    ['muller'],
    ['MÜLLER'],
    [NFD('Müller')],
    ['denscheidt'],
    ['nneliese'],
    ['an mü'],
    ['müller anneliese'],
    ['zurich'],
    ['lager-nord'],
    ['r-nord.exa'],
    ['a.mueller@lager-nord.example'],
    ['4567'],
    ['555-4567'],
    ['0170 5554567'],
    ['+49 170 555 4567'],
    ['tel:+491705554567'],
    ['buyer'],
  ])('%j', async (q) => {
    expect(await found(q)).toContain(id);
    expect(await ids('contacts', { q })).toContain(id);
  });

  test.each([['mullerx'], ['zürich 99999'], ['denscheid tx'], ['le'], ['%'], ['_'], ['\\'], ['a_neliese']])(
    'and not by %j',
    async (q) => {
      expect(await found(q)).not.toContain(id);
      expect(await ids('contacts', { q })).not.toContain(id);
    },
  );
});

describe('RC6: names in Chinese, Japanese and Korean characters are found by any of them', () => {
  let people: Record<string, string>;
  beforeAll(async () => {
    people = {};
    for (const name of ['王小明', '李明', '山田太郎', '김민수', 'Wang Xiaoming'])
      people[name] = await make('contacts', { last_name: name });
  });

  test.each([
    ['王', ['王小明']],
    ['明', ['王小明', '李明']],
    ['小明', ['王小明']],
    ['王小明', ['王小明']],
    ['王 明', ['王小明', '李明'].slice(0, 1)],
    ['太郎', ['山田太郎']],
    ['민수', ['김민수']],
    [NFD('민수'), ['김민수']],
    ['明小', []],
  ])('%s', async (q, names) => {
    const expected = names.map((name) => people[name]!).toSorted();
    expect((await found(q)).toSorted()).toEqual(expected);
    expect((await ids('contacts', { q })).toSorted()).toEqual(expected);
  });
});

describe('GET /search', () => {
  test('returns title, subtitle and what matched, of every object', async () => {
    const company = await make('companies', { name: 'Quillfeather Ltd', industry: 'Print' });
    const contact = await make('contacts', { first_name: 'Ida', last_name: 'Oak', company_id: company });
    const deal = await make('deals', { name: 'Big order', company_id: company, contact_id: contact });
    const task = await make('tasks', { title: 'Call Quillfeather', contact_id: contact });
    const lead = await make('leads', {
      first_name: 'Leo',
      last_name: 'Quillfeather',
      email: 'leo@example.com',
      phone: '+441234567890',
      event_date: '2026-08-15',
    });
    const { data, has_more: hasMore, search_behind: behind } = await search({ q: 'quillf' });
    expect({ hasMore, behind }).toEqual({ hasMore: false, behind: undefined });
    const results = new Map(data.map((item: { id: string }) => [item.id, item]));
    expect(results.get(company)).toMatchObject({
      type: 'company',
      title: 'Quillfeather Ltd',
      subtitle: 'Print',
      matched: [{ field: 'name', text: 'Quillfeather Ltd' }],
    });
    expect(results.get(contact)).toMatchObject({
      type: 'contact',
      title: 'Ida Oak',
      subtitle: 'Quillfeather Ltd',
    });
    expect(results.get(deal)).toMatchObject({
      type: 'deal',
      title: 'Big order',
      subtitle: 'Quillfeather Ltd · Ida Oak',
      matched: [{ field: 'company_id', text: 'Quillfeather Ltd' }],
    });
    expect(results.get(task)).toMatchObject({ type: 'task', title: 'Call Quillfeather' });
    expect(results.get(lead)).toMatchObject({ type: 'lead', title: 'Leo Quillfeather' });
    expect(
      (await search({ q: 'quillf', types: 'deal,leads' })).data
        .map(({ id }: { id: string }) => id)
        .toSorted(),
    ).toEqual([deal, lead].toSorted());
    expect((await search({ q: 'quillf', limit: '2' })).data).toHaveLength(2);
  });

  test('shows an exact address or number first, then whole words, then beginnings', async () => {
    const inside = await make('contacts', { last_name: 'Xbrimx' });
    const start = await make('contacts', { last_name: 'Brimstone' });
    const whole = await make('contacts', { last_name: 'Brim', email: 'brim@brim.example' });
    const within = await make('contacts', { last_name: 'Other', email: 'xbrim@brim.example' });
    await make('contacts', { last_name: 'Brimstone' });
    expect((await found('brim')).indexOf(whole)).toBeLessThan((await found('brim')).indexOf(start));
    expect((await found('brim')).at(-1)).toBe(inside);
    expect(await found('brim@brim.example')).toEqual([whole, within]);
  });

  test('finds a deal by the new name of its company', async () => {
    const company = await make('companies', { name: 'Oldname Ltd' });
    const contact = await make('contacts', { last_name: 'Person', company_id: company });
    const deal = await make('deals', { name: 'Order', company_id: company });
    await s.ask('PATCH', `/api/v1/companies/${company}`, { body: { name: 'Brandnew Ltd' } });
    expect((await found('brandnew')).toSorted()).toEqual([company, contact, deal].toSorted());
    // The contact's own company name was filled in when it was linked.
    expect(await found('oldname')).toEqual([contact]);
  });

  test('finds nothing that was deleted, and no name of it elsewhere', async () => {
    const contact = await make('contacts', { last_name: 'Vanishing' });
    const deal = await make('deals', { name: 'Stays', contact_id: contact });
    expect((await found('vanishing')).toSorted()).toEqual([contact, deal].toSorted());
    await s.ask('DELETE', `/api/v1/contacts/${contact}`);
    expect(await found('vanishing')).toEqual([]);
    expect(await ids('deals', { q: 'vanishing' })).toEqual([]);
    expect(await ids('contacts', { q: 'vanishing' })).toEqual([]);
    expect(await ids('contacts', { q: 'vanishing', include_deleted: 'true' })).toEqual([contact]);
  });

  test('finds records that others have named, without an event', async () => {
    const id = await make('contacts', { last_name: 'Beforehand' });
    await found('beforehand');
    await s.db.transaction(async (trx) => {
      await trx.query({ text: `update contact set last_name = 'Afterwards' where id = $1`, values: [id] });
      await reindex(trx, s.alice.workspaceId, 'contact', [id]);
    });
    expect(await found('afterwards')).toEqual([id]);
    expect(await found('beforehand')).toEqual([]);
  });
});

describe('only what the caller may read', () => {
  test('another workspace finds nothing', async () => {
    const id = await make('contacts', { last_name: 'Secretive', email: 'secretive@example.com' });
    const theirs = await make('contacts', { last_name: 'Secretive' }, s.charlie);
    for (const q of ['secretive', 'secretive@example.com', 'se'])
      expect(await found(q, s.charlie), q).not.toContain(id);
    expect(await found('secretive', s.charlie)).toEqual([theirs]);
    expect(await ids('contacts', { q: 'secretive' }, s.charlie)).toEqual([theirs]);
    expect(await found('secretive')).toEqual([id]);
  });

  test('a key without the scope of an object finds none of its records, nor others by their names', async () => {
    const contact = await make('contacts', { last_name: 'Hiddenname' });
    const deal = await make('deals', { name: 'Plain', contact_id: contact });
    const deals = await s.person(['deals:read']);
    // A search waits for changes of its own key alone.
    expect(await found('plain')).toEqual([deal]);
    expect(await found('hiddenname', deals)).toEqual([]);
    expect(await ids('deals', { q: 'hiddenname' }, deals)).toEqual([]);
    const [result] = (await search({ q: 'plain' }, deals)).data;
    expect(result).toMatchObject({ id: deal, matched: [{ field: 'name', text: 'Plain' }] });
    expect(JSON.stringify(result)).not.toContain('Hiddenname');
    const both = await s.person(['deals:read', 'contacts:read', 'companies:read']);
    expect((await found('hiddenname', both)).toSorted()).toEqual([contact, deal].toSorted());
    expect((await s.ask('GET', '/api/v1/search?q=plain&types=contact', { as: deals })).status).toBe(403);
    expect((await s.ask('GET', '/api/v1/search?q=plain&types=nothing')).status).toBe(400);
    expect((await s.ask('GET', '/api/v1/search?q=plain', { as: null })).status).toBe(401);
  });
});

describe('hostile searches', () => {
  test.each(['\0', 'a\0b', '   ', '', '\u200b', 'x'.repeat(10_000)])('%j is answered', async (q) => {
    for (const path of ['search', 'contacts', 'leads']) {
      const { status } = await s.ask('GET', `/api/v1/${path}?${new URLSearchParams({ q }).toString()}`);
      expect([200, 400]).toContain(status);
    }
  });

  test('a lone surrogate is a 400 that names q, or is replaced', async () => {
    for (const q of ['%ED%A0%80', '%F0%9F']) {
      const { status } = await s.ask('GET', `/api/v1/search?q=${q}`);
      expect([200, 400]).toContain(status);
    }
  });

  test.each([
    "'",
    '"',
    '%%%',
    '___',
    '\\\\',
    '$1',
    '--',
    ';drop table contact',
    '*',
    '(',
    'a'.repeat(198),
    '😀',
    '１２３',
  ])('%j is found literally', async (q) => {
    const id = await make('contacts', { last_name: `< ${q}`.slice(0, 200) });
    expect(await ids('contacts', { q })).toContain(id);
    expect(await ids('contacts', { q: `${q.slice(0, 150)}nothing` })).toEqual([]);
  });
});

describe('?q= on lists', () => {
  test('goes with filters, sorts, pages and counts', async () => {
    const owner = await make('companies', { name: 'Filterco' });
    const made: string[] = [];
    for (let at = 0; at < 7; at++)
      made.push(
        await make('contacts', {
          last_name: `Pageable ${at}`,
          status: at % 2 ? 'lead' : 'customer',
          company_id: owner,
        }),
      );
    for (const sort of ['-created_at', 'created_at', '-updated_at', 'updated_at']) {
      const seen: string[] = [];
      let query: Record<string, string> | null = { q: 'pageable', limit: '2', sort };
      while (query) {
        const page = await listed('contacts', query);
        seen.push(...page.data.map(({ id }: { id: string }) => id));
        query = page.next_cursor ? { q: 'pageable', limit: '2', sort, cursor: page.next_cursor } : null;
      }
      expect(seen).toEqual(sort.startsWith('-') ? made.toReversed() : made);
    }
    const customers = await listed('contacts', { q: 'pageable', status: 'customer', count: 'exact' });
    expect(customers.total_count).toBe(4);
    expect(customers.data).toHaveLength(4);
    expect((await listed('contacts', { q: 'filterco', company_id: owner })).data).toHaveLength(7);
  });
});
