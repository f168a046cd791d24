import { expect } from 'vitest';
import { makeMember, type SignedIn } from './member.ts';
import type { Scenario } from './scenario.ts';

/** @param plus days from today */
const day = (plus: number) => new Date(Date.now() + plus * 86_400_000).toISOString().slice(0, 10);
/** @param hours before now */
const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();

/** The members of an agency for events, and one of its contacts. */
export interface Agency {
  mia: SignedIn;
  tom: SignedIn;
  anna: string;
}

/** Fills the workspace with the records of a small agency: for a working day, and for the pictures of the README. */
export async function seedAgency(s: Scenario): Promise<Agency> {
  const mia = await makeMember(s, 'member', { name: 'Mia Keller' });
  const tom = await makeMember(s, 'member', { name: 'Tom Brandt' });
  const settings = { name: 'Harbour Events', currency: 'EUR', default_country: 'DE' };
  await s.ask('PATCH', '/api/v1/workspace', { body: settings });
  const [{ stages }] = (await s.ask('GET', '/api/v1/pipelines')).json.data;
  const make = async (plural: string, body: object, as = mia): Promise<string> => {
    const { status, json, text } = await as.ask('POST', `/api/v1/${plural}`, { body });
    expect(status, text).toBe(201);
    return json.id;
  };

  const nordwind = await make('companies', { name: 'Nordwind', website: 'https://nordwind.example' });
  const yachts = await make('companies', { name: 'Elbe Yachts' });
  const person = { owner_id: mia.id, status: 'customer' };
  const anna = await make('contacts', {
    ...person,
    first_name: 'Anna',
    last_name: 'Stein',
    email: 'anna@nordwind.example',
    phone: '+49 40 5550123',
    job_title: 'Head of marketing',
    company_id: nordwind,
    tags: ['Newsletter', 'VIP'],
    source: 'Trade fair',
  });
  const paul = await make('contacts', {
    ...person,
    first_name: 'Paul',
    last_name: 'Ahrens',
    email: 'paul@elbe-yachts.example',
    company_id: yachts,
  });
  const deals: [string, number, number, number, SignedIn, string, string][] = [
    ['Staff day out', 4300, 0, 40, mia, yachts, paul],
    ['Summer party', 12_400, 1, 6, mia, nordwind, anna],
    ['Boat show stand', 8600, 1, 20, tom, yachts, paul],
    ['Product launch', 21_000, 2, 14, mia, nordwind, anna],
    ['Sailing weekend', 6800, 0, 33, tom, yachts, paul],
    ['Autumn fair', 9900, 2, 11, tom, yachts, paul],
    ['Crew training', 3200, 3, 8, mia, yachts, paul],
    ['Gala dinner', 15_750, 3, 4, tom, yachts, paul],
  ];
  for (const [name, value, stage, closes, owner, company_id, contact_id] of deals) {
    const links = { owner_id: owner.id, company_id, contact_id, stage_id: stages[stage].id };
    await make('deals', { name, value, currency: 'EUR', expected_close_date: day(closes), ...links }, owner);
  }
  const task = { assignee_id: mia.id };
  await make('tasks', { ...task, title: 'Send the menu to Nordwind', due_date: day(0), contact_id: anna });
  await make('tasks', { ...task, title: 'Call Elbe Yachts back', due_date: day(-1), contact_id: paul });
  await make('tasks', { ...task, title: 'Book the band for June', due_date: day(9) });
  const about = { contact_id: anna };
  await make('notes', {
    ...about,
    type: 'note',
    body: 'Guests eat **vegetarian**; 200 seats.',
    pinned: true,
  });
  const call = { type: 'call', body: 'Likes the boat. Wants two menus to choose from.', duration_min: 14 };
  await make('notes', { ...about, ...call, happened_at: ago(5) });
  for (const [name, email, event_type, source] of [
    ['Jonas Falk', 'jonas.falk@example.com', 'Wedding', 'Website'],
    ['Clara Novak', 'clara@novak.example', 'Conference', 'Trade fair'],
    ['Ben Ortega', 'ben.ortega@example.com', 'Birthday', 'Website'],
  ])
    await make('leads', { name, email, event_type, source }, tom);
  await spreadOverTime(s);
  return { mia, tom, anna };
}

/** As if the records had been created over some days. */
async function spreadOverTime(s: Scenario): Promise<void> {
  for (const [table, hours] of [
    ['lead', 1],
    ['note', 5],
    ['deal', 7],
    ['task', 20],
    ['contact', 50],
    ['company', 70],
  ] as const)
    await s.db.pool.query(
      `update ${table} r set created_at = n.at, updated_at = n.at
       from (select id, now() - (row_number() over (order by created_at desc)) * $1 * interval '1 hour' as at from ${table}) n
       where n.id = r.id`,
      [hours],
    );
}
