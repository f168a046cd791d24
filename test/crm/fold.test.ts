import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { caseless, folded, phoneDigits } from '../../src/base/fold.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());

const PEOPLE = { email: 'jane@example.com', phone: '+15551234567', event_date: '2026-08-15' };
const NFD = (text: string) => text.normalize('NFD');

async function make(path: string, body: object): Promise<{ id: string }> {
  const { status, json, text } = await s.ask('POST', `/api/v1/${path}`, { body });
  expect(status, text).toBeLessThan(300);
  return json;
}
async function found(path: string, query: Record<string, string>): Promise<string[]> {
  const { status, json, text } = await s.ask(
    'GET',
    `/api/v1/${path}?${new URLSearchParams(query).toString()}`,
  );
  expect(status, text).toBe(200);
  return json.data.map((item: { id: string }) => item.id);
}

describe('the program and the database fold in the same way', () => {
  const TEXTS = [
    'Müller',
    NFD('Müller'),
    'STRAßE',
    'Straẞe',
    "O'Neill O’Neill O‘Neill Oʼneill O`Neill O´Neill Ｏ＇Ｎｅｉｌｌ",
    'a–b—c‐d‑e−f－g',
    '„Zum Löwen“ “The” «Le»',
    'Łódź Øre Þór Ðuro Æsir Œuvre Ħal',
    'ΣΊΣΥΦΟΣ Σίσυφος',
    'Ёлка ЁЛКА Й',
    'İstanbul ISPARTA ısı',
    'がぎ カﾞ ｶﾞ ハバパ',
    '한국 ' + NFD('한국'),
    'كِتَاب أحمد',
    'हिन्दी ไทย',
    'ﬁne ① ㎏ Ⅷ',
    'zero\u200bwidth soft\u00adhyphen',
    '😀👩\u200d👩\u200d👧 %_\\',
    '',
  ];
  test.each(TEXTS)('%s', async (text) => {
    const { rows } = await s.db.pool.query(
      'select folded_text($1) as folded, caseless_text($1) as caseless',
      [text],
    );
    expect(rows[0]).toEqual({ folded: folded(text), caseless: caseless(text) });
    expect(folded(folded(text))).toBe(folded(text));
    expect(folded(NFD(text))).toBe(folded(text.normalize('NFC')));
  });

  test.each(['+1 (555) 010-9999', '０９０−１２３４', '٠١٢ ext ۳', '५५५५५५५', 'desk', ''])(
    'the digits of %s',
    async (phone) => {
      const { rows } = await s.db.pool.query('select phone_digits($1) as digits', [phone]);
      expect(rows[0].digits).toBe(phoneDigits(phone));
    },
  );

  test('letters of other scripts stay what they are', () => {
    expect(folded('ハ')).not.toBe(folded('パ'));
    expect(folded('कि')).not.toBe(folded('कु'));
  });
});

describe('search', () => {
  test.each([
    ['muller', 'Müller'],
    ['Müller', 'Muller'],
    ['müller', NFD('Müller')],
    [NFD('Müller'), 'MÜLLER'],
    ['oneill', "O'Neill", false],
    ["o'neill", 'O’Neill'],
    ['o’neill', "O'Neill"],
    ['strasse', 'Straße'],
    ['sorensen', 'Sørensen'],
    ['елка', 'Ёлка'],
    ['100%', '100% Silk'],
    ['1％', '100% Cotton', false],
  ])('%s finds %s', async (requested, name, finds = true) => {
    const { id } = await make('leads', { ...PEOPLE, first_name: name, last_name: 'Searched' });
    expect((await found('leads', { q: requested })).includes(id)).toBe(finds);
  });

  test('a telephone number is found by its digits in any format', async () => {
    const { id } = await make('leads', { ...PEOPLE, name: 'Pat Phone', phone: '15550109999' });
    for (const q of ['+1 (555) 010-9999', '555-010-9999', '1.555.010.9999', '0109999', 'pat 15550109999'])
      expect(await found('leads', { q }), q).toContain(id);
    expect(await found('leads', { q: '+1 (555) 010-9998' })).not.toContain(id);
    expect(await found('leads', { phone: '+1 (555) 010-9999' })).toEqual([id]);
  });
});

describe('tags that differ only by case and Unicode form are equal', () => {
  test('in a record, in a filter, and to a webhook', async () => {
    const tags = ['Café', NFD('café'), 'CAFÉ', 'cafe'];
    const { id } = await make('leads', { ...PEOPLE, name: 'Tara Tag', tags });
    const { json } = await s.ask('GET', `/api/v1/leads/${id}`);
    expect(json.tags).toEqual(['Café', 'cafe']);
    for (const tag of ['café', NFD('CAFÉ'), 'Cafe']) expect(await found('leads', { tag })).toEqual([id]);
  });

  test.each([{ tag: NFD('CAFÉ (new)') }, { field: 'tags', op: 'contains', value: 'café (NEW)' }])(
    'a webhook with the filter %o gets events with the tag in any form',
    async (filter) => {
      const hook = await make('webhooks', {
        name: 'tagged',
        url: 'http://127.0.0.1:9/',
        events: ['lead.created'],
        filter,
      });
      await make('leads', { ...PEOPLE, name: 'Tara Tag', tags: ['Café (New)'] });
      await make('leads', { ...PEOPLE, name: 'Tara Other', tags: ['Café (New) too', 'café [new]'] });
      const { json } = await s.ask('GET', `/api/v1/webhooks/${hook.id}/deliveries`);
      expect(json.data).toHaveLength(1);
      await s.ask('DELETE', `/api/v1/webhooks/${hook.id}`);
    },
  );
});

describe('names', () => {
  test('a company is found by its name in any form, with any apostrophe', async () => {
    const { id } = await make('companies', { name: "Müller & O'Neill" });
    for (const name of ['müller & o’neill', NFD("MÜLLER & O'NEILL"), 'Muller & O`Neill'])
      expect(await found('companies', { name }), name).toEqual([id]);
    expect(await found('companies', { name: 'Mueller & ONeill' })).toEqual([]);
  });

  test('exact filters match in any Unicode form', async () => {
    const { id } = await make('contacts', {
      first_name: 'Jane',
      source: 'Messe Köln',
      status: NFD('geprüft'),
    });
    expect(await found('contacts', { source: NFD('Messe Köln') })).toEqual([id]);
    expect(await found('contacts', { status: 'geprüft' })).toEqual([id]);
  });

  test.each([
    ['sources', 'source', 'source'],
    ['event-types', 'event_type', 'event_type'],
  ])('lead %s are one whatever their apostrophes and accents', async (path, field, filter) => {
    await make(`lead-${path}`, { name: "O'Neill Fête" });
    for (const name of ['O’Neill Fête', NFD("o'neill fête"), "O'NEILL FETE"]) {
      expect((await s.ask('POST', `/api/v1/lead-${path}`, { body: { name } })).status).toBe(409);
      const { id } = await make('leads', { ...PEOPLE, name: 'Jane Doe', [field]: name });
      expect((await s.ask('GET', `/api/v1/leads/${id}`)).json[field]).toBe("O'Neill Fête");
      expect(await found('leads', { [filter]: name })).toContain(id);
    }
    const { json } = await s.ask('GET', `/api/v1/lead-${path}`);
    expect(json.data.filter((item: { name: string }) => /neill/i.test(item.name))).toHaveLength(1);
  });

  test('analytics count a source in any form', async () => {
    await make('leads', { ...PEOPLE, name: 'Jane Doe', source: 'Café Fair' });
    for (const source of ['CAFÉ FAIR', NFD('café fair'), 'cafe fair']) {
      const { json } = await s.ask('GET', `/analytics/leads?${new URLSearchParams({ source }).toString()}`);
      expect(json.leads, source).toBe(1);
    }
  });

  test('a lead status is found by its name without accents, and its key stays', async () => {
    const { json } = await s.ask('POST', '/api/v1/lead-statuses', { body: { name: 'Réservé' } });
    expect(json.key).toBe('réservé');
    const lead = await make('leads', { ...PEOPLE, name: 'Jane Doe' });
    for (const status of ['réservé', NFD('Réservé'), 'RESERVE']) {
      const changed = await s.ask('PATCH', `/api/v1/leads/${lead.id}`, { body: { status } });
      expect(changed.json.status, changed.text).toBe('réservé');
      await s.ask('PATCH', `/api/v1/leads/${lead.id}`, { body: { status: 'new' } });
    }
  });
});

describe('duplicates', () => {
  test('a lead is attached to one with the same digits, or the same e-mail in another Unicode form', async () => {
    const item = { ...PEOPLE, name: 'Dora Double', email: 'dörte@example.com', phone: '+44 20 7946 0000' };
    const { id } = await make('leads', item);
    for (const again of [
      { ...item, email: 'other@example.com', phone: '442079460000' },
      { ...item, email: 'other@example.com', phone: '４４２０７９４６００００' },
      { ...item, email: NFD('DÖRTE@example.com'), phone: '1' },
    ]) {
      // A number without known digits matches no other.
      await make('leads', { ...item, email: 'desk@example.com', phone: '५५५५५५५' });
      const { status, json } = await s.ask('POST', '/api/v1/leads?on_duplicate=attach', { body: again });
      expect([status, json.id]).toEqual([200, id]);
    }
  });

  test('a contact is found by the digits of its phone, and by a phone without digits', async () => {
    const { id } = await make('contacts', { first_name: 'Pat', phone: '+1 (555) 010-7777' });
    const other = await make('contacts', { first_name: 'Pat', phone: 'ask at the desk' });
    for (const phone of ['15550107777', '1-555-010-7777', '+1 (555) 010-7777'])
      expect(await found('contacts', { phone }), phone).toEqual([id]);
    expect(await found('contacts', { phone: 'ask at the desk' })).toEqual([other.id]);
  });

  test('a lead is converted to an existing company and contact', async () => {
    const company = await make('companies', { name: 'O’Reilly & Sön' });
    const contact = await make('contacts', { first_name: 'Jürgen', email: NFD('jürgen@example.com') });
    const lead = await make('leads', { ...PEOPLE, name: 'Jürgen X', email: 'JÜRGEN@example.com' });
    const { status, json, text } = await s.ask('POST', `/api/v1/leads/${lead.id}/convert`, {
      body: { company: NFD("o'reilly & sön") },
    });
    expect(status, text).toBe(200);
    expect(json.made).toEqual([]);
    expect([json.lead.company_id, json.lead.contact_id]).toEqual([company.id, contact.id]);
  });
});

describe('AN10: deals of a pipeline and a stage, by name or id', () => {
  test('in any form; an unknown name gives an empty list', async () => {
    const make2 = (name: string) => make('pipelines', { name, stages: [{ name: 'Début' }, { name: 'End' }] });
    type Made = { id: string; stages: { id: string; name: string }[] };
    const [item, two] = [(await make2("L'été")) as Made, (await make2('Second')) as Made];
    const deal = (stage: { id: string }) => make('deals', { name: 'Deal', stage_id: stage.id });
    const [a, b, c] = [
      await deal(item.stages[0]!),
      await deal(two.stages[0]!),
      await deal(two.stages[1]!),
    ].map(({ id }) => id);
    for (const pipeline of ["L'été", 'l’ete', NFD("L'ÉTÉ"), item.id, item.id.toUpperCase()])
      expect(await found('deals', { pipeline }), pipeline).toEqual([a]);
    for (const stage of ['Début', 'debut', NFD('DÉBUT')])
      expect(await found('deals', { stage }), stage).toEqual([b, a]);
    expect(await found('deals', { stage: two.stages[1]!.id })).toEqual([c]);
    expect(await found('deals', { pipeline: 'second', stage: 'début' })).toEqual([b]);
    expect(await found('deals', { pipeline_id: two.id, stage_id: two.stages[1]!.id.toUpperCase() })).toEqual([
      c,
    ]);
    for (const nothing of ['Third', s.alice.keyId, "'; --", '%'])
      for (const name of ['pipeline', 'stage'])
        expect(await found('deals', { [name]: nothing }), nothing).toEqual([]);
    const elsewhere = await s.ask('GET', `/api/v1/deals?pipeline=${item.id}`, { as: s.charlie });
    expect(elsewhere.json.data).toEqual([]);
  });
});

test('names stored by 0.1.0 are compared in the new form, and two that are now equal both stay', async () => {
  const { workspaceId } = s.charlie;
  const { db } = s;
  const stored = ['o’neill', "o'neill fair", 'o’neill fair', 'müller', 'plain'];
  await db.pool.query(
    `insert into lead_source (workspace_id, id, name, folded, created_by, created_at, updated_at)
     select $1, gen_random_uuid(), f, f, 'test', now(), now() from unnest($2::text[]) f`,
    [workspaceId, stored],
  );
  const rules = { '': ['a'], müller: ['b'] };
  await db.pool.query(
    `insert into lead_counter (workspace_id, assignment, turns) values ($1, $2, '{"müller": 3}')`,
    [workspaceId, JSON.stringify(rules)],
  );
  const migration = await readFile(
    new URL('../../src/db/migrations/0069_folded_indexes.sql', import.meta.url),
    'utf8',
  );
  const rewriting = migration.slice(migration.indexOf('update lead_source'));
  for (let twice = 0; twice < 2; twice++) {
    await db.pool.query(rewriting);
    const { rows } = await db.pool.query<{ name: string; folded: string }>(
      'select name, folded from lead_source where workspace_id = $1',
      [workspaceId],
    );
    expect(Object.fromEntries(rows.map((row) => [row.name, row.folded]))).toEqual({
      'o’neill': "o'neill",
      "o'neill fair": "o'neill fair",
      'o’neill fair': 'o’neill fair',
      müller: 'muller',
      plain: 'plain',
    });
    const counter = await db.pool.query(
      'select assignment, turns from lead_counter where workspace_id = $1',
      [workspaceId],
    );
    expect(counter.rows[0]).toEqual({ assignment: { '': ['a'], muller: ['b'] }, turns: { muller: 3 } });
  }
});

test('the indexes can be rebuilt and analyzed with data, as an upgrade and autovacuum do', async () => {
  await make('leads', { ...PEOPLE, name: 'Ïndex Möre', tags: ['Ä'] });
  await make('companies', { name: 'Ïndex' });
  await make('deals', { name: 'Ïndex' });
  await make('contacts', { first_name: 'Ïndex', phone: '１' });
  for (const table of ['lead', 'company', 'deal', 'contact']) {
    await expect(s.db.pool.query(`reindex table ${table}`)).resolves.toBeTruthy();
    await expect(s.db.pool.query(`analyze ${table}`)).resolves.toBeTruthy();
  }
});
