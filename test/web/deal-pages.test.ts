import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  expectNoOverflow,
  expectShown,
  launchBrowser,
  openWindow,
  PHONE,
  picture,
  type Window,
} from '../kit/browser.ts';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let browser: Browser;
let owner: SignedIn;
let window: Window;
let page: Page;
interface Stage {
  id: string;
  name: string;
}
let stages: Stage[];
beforeAll(async () => {
  s = await startScenario();
  browser = await launchBrowser();
  owner = await makeMember(s, 'owner', { name: 'Alice Archer' });
  [{ stages }] = (await s.ask('GET', '/api/v1/pipelines')).json.data;
  window = await openWindow(browser, s.url, { viewport: { width: 1280, height: 800 } });
  ({ page } = window);
  const [name, value] = owner.cookie.split('=') as [string, string];
  await window.context.addCookies([{ name, value, url: s.url }]);
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});
beforeEach(() => s.newEvents());

const dialog = () => page.getByRole('dialog');
const column = (name: string) => page.getByRole('region', { name, exact: true });
const card = (name: string, stage: string) => column(stage).getByRole('link', { name, exact: true });
const count = (stage: string) => column(stage).locator('header').innerText();
const stageNamed = (name: string) => stages.find((stage) => stage.name === name)!.id;
const stored = async (id: string) => (await s.ask('GET', `/api/v1/deals/${id}`)).json;
async function make(path: string, body: object): Promise<string> {
  const reply = await s.ask('POST', `/api/v1/${path}`, { body });
  expect(reply.status, reply.text).toBe(201);
  await s.newEvents();
  return reply.json.id;
}
const makeDeal = (name: string, stage = 'New', more: object = {}) =>
  make('deals', { name, stage_id: stageNamed(stage), currency: 'EUR', ...more });

/** Waits for exactly these events: they may fire after the click returns. */
async function fires(...expected: string[]): Promise<void> {
  const events: string[] = [];
  await expect
    .poll(async () => {
      events.push(...(await s.newEvents()));
      return events;
    })
    .toEqual(expected);
}

/** Drags a card or a handle by the mouse. @param below pixels below the upper edge of the target */
async function drag(what: Locator, to: Locator, below = 30): Promise<void> {
  const from = (await what.boundingBox())!;
  await page.mouse.move(from.x + Math.min(30, from.width / 2), from.y + 10);
  await page.mouse.down();
  await page.mouse.move(from.x + 60, from.y + 30, { steps: 4 });
  const target = (await to.boundingBox())!;
  await page.mouse.move(target.x + target.width / 2, target.y + below, { steps: 6 });
  await page.mouse.up();
}

describe('the board of deals', () => {
  test('without deals, the board invites to add the first one', async () => {
    await page.goto('/deals');
    await expectShown(page.getByRole('heading', { name: 'No open deals' }));
    await expect.poll(() => page.getByRole('region', { name: 'New', exact: true }).count()).toBe(0);
    await picture(page, 'deal-board-empty');
    await page.getByRole('button', { name: 'Add a deal' }).click();
    await dialog().getByRole('textbox', { name: 'Name' }).fill('First');
    await dialog().getByRole('button', { name: 'Create deal' }).click();
    await fires('deal.created');
    await expectShown(card('First', 'New'));
    await page.goto('/deals?q=nothing');
    await expectShown(page.getByRole('heading', { name: 'No matching open deals' }));
    const [{ id }] = (await s.ask('GET', '/api/v1/deals')).json.data;
    await s.ask('DELETE', `/api/v1/deals/${id}`);
  });

  test('opens with the deals, and one drag moves a deal to another stage', async () => {
    const company = await make('companies', { name: 'Globex' });
    const contact = await make('contacts', { first_name: 'Zoë', last_name: 'Smith' });
    const more = { value: 1200, company_id: company, contact_id: contact };
    const id = await makeDeal('Dragged', 'New', more);
    await page.goto('/deals');
    await expectShown(card('Dragged', 'New'));
    await expectShown(column('New').getByText('Globex · Zoë Smith'));
    expect(await count('New')).toMatch(/New\s+1\s+€1,200/);
    await drag(card('Dragged', 'New'), column('Proposal'));
    await expectShown(card('Dragged', 'Proposal'));
    await fires('deal.stage_changed');
    expect(await stored(id)).toMatchObject({ stage_id: stageNamed('Proposal'), version: 2 });
    await expect.poll(() => count('Proposal')).toMatch(/Proposal\s+1\s+€1,200/);
    expect(await count('New')).toMatch(/New\s+0/);
    await picture(page, 'deal-board');
  });

  test('“+” in a column creates a deal in its stage, and the board stays', async () => {
    await page.goto('/deals');
    await column('Negotiation').getByRole('button', { name: 'New deal in Negotiation' }).click();
    await expect
      .poll(() => dialog().getByRole('combobox', { name: 'Stage' }).inputValue())
      .toBe('Negotiation');
    await dialog().getByRole('textbox', { name: 'Name' }).fill('From the column');
    await picture(page, 'deal-board-new');
    await dialog().getByRole('button', { name: 'Create deal' }).click();
    await fires('deal.created');
    await expectShown(card('From the column', 'Negotiation'));
    await expectShown(page.getByText('From the column created'));
    expect(new URL(page.url()).pathname).toBe('/deals');
  });

  test('a move that is refused is undone, and shows where somebody else has moved the deal', async () => {
    const id = await makeDeal('Contested');
    await page.goto('/deals');
    await expectShown(card('Contested', 'New'));
    await s.ask('PATCH', `/api/v1/deals/${id}`, { body: { stage_id: stageNamed('Negotiation') } });
    await s.newEvents();
    await drag(card('Contested', 'New'), column('Qualified'));
    await expectShown(page.getByText('Changed by someone else'));
    await expectShown(card('Contested', 'Negotiation'));
    expect(await card('Contested', 'Qualified').count()).toBe(0);
    expect(await s.newEvents()).toEqual([]);
  });

  test('a card that somebody else moves is shown when the window is focused again', async () => {
    const id = await makeDeal('Elsewhere');
    await page.goto('/deals');
    await expectShown(card('Elsewhere', 'New'));
    await s.ask('PATCH', `/api/v1/deals/${id}`, { body: { stage_id: stageNamed('Qualified') } });
    await page.evaluate("window.dispatchEvent(new Event('visibilitychange'))");
    await expectShown(card('Elsewhere', 'Qualified'));
  });

  test('the keyboard moves a card to a stage, and to Won, which can be undone', async () => {
    const id = await makeDeal('By keyboard');
    await page.goto('/deals');
    const handle = page.getByRole('button', { name: 'Pick up By keyboard' });
    const said = (text: string) => expectShown(page.getByRole('status').getByText(text));
    await handle.focus();
    await page.keyboard.press('Space');
    await said('By keyboard is over New.');
    await page.keyboard.press('ArrowRight');
    await said('By keyboard is over Qualified.');
    await page.keyboard.press('Space');
    await fires('deal.stage_changed');
    await expectShown(card('By keyboard', 'Qualified'));
    await handle.focus();
    await page.keyboard.press('Space');
    await said('By keyboard is over Qualified.');
    await page.keyboard.press('ArrowDown');
    await said('By keyboard is over Won.');
    await page.keyboard.press('Space');
    await fires('deal.won');
    await expect.poll(() => card('By keyboard', 'Qualified').count()).toBe(0);
    await page.getByRole('button', { name: 'Undo' }).click();
    await fires('deal.updated');
    expect(await stored(id)).toMatchObject({ status: 'open', closed_at: null });
  });

  test('a deal is lost with a reason, which is offered for the next one', async () => {
    const ids = [await makeDeal('Lost one'), await makeDeal('Lost two')];
    await page.goto('/deals');
    for (const [at, name] of ['Lost one', 'Lost two'].entries()) {
      await page.getByRole('button', { name: `Move ${name}` }).click();
      await page.getByRole('menuitem', { name: 'Lost' }).click();
      const reason = dialog().getByRole('combobox', { name: 'Reason' });
      await reason.fill(at === 0 ? 'Too expensive' : 'too');
      if (at === 1) await page.getByRole('option', { name: 'Too expensive' }).click();
      await dialog().getByRole('button', { name: 'Mark as lost' }).click();
      await fires('deal.lost');
      await expect.poll(() => card(name, 'New').count()).toBe(0);
    }
    for (const id of ids)
      expect(await stored(id)).toMatchObject({ status: 'lost', lost_reason: 'Too expensive' });
    // A reopened deal has no reason to be lost.
    await page.goto(`/deals/${ids[0]}`);
    await page.getByRole('button', { name: 'Reopen' }).click();
    await fires('deal.updated');
    expect(await stored(ids[0]!)).toMatchObject({ status: 'open', lost_reason: null });
  });

  test('of 300 cards only those in view are in the document; scrolling reads the rest', async () => {
    const { id, stages: many } = (
      await s.ask('POST', '/api/v1/pipelines', { body: { name: 'Many', stages: [{ name: 'All' }] } })
    ).json;
    const records = Array.from({ length: 300 }, (_, at) => ({ name: `Deal ${at}`, stage_id: many[0].id }));
    await s.ask('POST', '/api/v1/deals/batch', { body: { records } });
    await page.goto('/deals');
    await page.getByRole('combobox', { name: 'Pipeline' }).click();
    await page.getByRole('option', { name: 'Many' }).click();
    await expect.poll(() => new URL(page.url()).searchParams.get('pipeline_id')).toBe(id);
    await expectShown(column('All').getByText('300', { exact: true }));
    const items = column('All').getByRole('listitem');
    await expectShown(items.first());
    expect(await items.count()).toBeLessThan(40);
    await items.first().hover();
    await expect
      .poll(
        async () => {
          await page.mouse.wheel(0, 4000);
          return items.last().getAttribute('aria-posinset');
        },
        { timeout: 15_000 },
      )
      .toBe('300');
    expect(await items.last().getAttribute('aria-setsize')).toBe('300');
    expect(await items.count()).toBeLessThan(40);
  });

  test('on a phone, the columns scroll sideways and a menu moves a deal', async () => {
    await makeDeal('On the phone');
    await page.setViewportSize(PHONE);
    await page.goto('/deals');
    await expectShown(card('On the phone', 'New'));
    await expectNoOverflow(page);
    await page.getByRole('button', { name: 'Move On the phone' }).click();
    await page.getByRole('menuitem', { name: 'Qualified' }).click();
    await fires('deal.stage_changed');
    await expectShown(card('On the phone', 'Qualified'));
    await picture(page, 'deal-board-phone');
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  test('the table has company and contact', async () => {
    await page.goto('/deals?q=Dragged');
    await expectShown(card('Dragged', 'Proposal'));
    await page.locator('label', { hasText: 'Table' }).click();
    await expectShown(page.getByRole('row', { name: /Dragged.*Proposal.*Globex.*Zoë Smith/ }));
    expect(new URL(page.url()).searchParams.get('view')).toBe('table');
  });
});

describe('Settings → Pipelines', () => {
  const row = (name: string) =>
    page.getByRole('listitem').filter({ has: page.getByRole('textbox', { name: `Name of ${name}` }) });
  const names = () =>
    page
      .getByRole('list', { name: 'Renewals' })
      .getByRole('textbox', { name: /^Name of/ })
      .evaluateAll((inputs) => inputs.map((input) => (input as unknown as { value: string }).value));

  test('a pipeline is created; its stages are added, renamed, moved, weighted and deleted with their deals', async () => {
    await page.goto('/settings/pipelines');
    await page.getByRole('button', { name: 'New pipeline' }).click();
    await dialog().getByRole('textbox', { name: 'Name' }).fill('Renewals');
    await dialog().getByRole('button', { name: 'Create pipeline' }).click();
    await expect.poll(names).toEqual(['New', 'Qualified', 'Proposal', 'Negotiation']);
    const section = page.getByRole('region', { name: 'Renewals' });
    await section.getByPlaceholder('New stage').fill('Signed');
    await section.getByPlaceholder('New stage').press('Enter');
    await expect.poll(names).toEqual(['New', 'Qualified', 'Proposal', 'Negotiation', 'Signed']);
    await section.getByRole('textbox', { name: 'Name of Signed' }).fill('Contract');
    await section.getByRole('textbox', { name: 'Name of Signed' }).press('Tab');
    // The focus has gone on to the probability.
    await page.keyboard.type('95');
    await page.keyboard.press('Enter');
    await section.getByRole('button', { name: 'Move Contract up' }).click();
    await expect.poll(names).toEqual(['New', 'Qualified', 'Proposal', 'Contract', 'Negotiation']);
    // By mouse, back and forth.
    for (const [to, order] of [
      [4, ['New', 'Qualified', 'Proposal', 'Negotiation', 'Contract']],
      [3, ['New', 'Qualified', 'Proposal', 'Contract', 'Negotiation']],
    ] as const) {
      const handles = section.getByTitle('Drag to change the order');
      await drag(row('Contract').getByTitle('Drag to change the order'), handles.nth(to), 8);
      await expect.poll(names).toEqual(order);
      await expect
        .poll(async () => section.getByRole('button', { name: 'Move New down' }).isEnabled())
        .toBe(true);
    }
    const { data } = (await s.ask('GET', '/api/v1/pipelines')).json;
    const made = data.find(({ name }: { name: string }) => name === 'Renewals');
    expect(made.stages[3]).toMatchObject({ name: 'Contract', probability: 95 });

    const body = { name: 'Moves along', stage_id: made.stages[3].id };
    const id = await make('deals', body);
    await page.reload();
    await expectShown(row('Contract').getByText('1 deal'));
    await section.getByRole('button', { name: 'Delete Contract' }).click();
    await dialog()
      .getByRole('combobox', { name: /Move its deal to/ })
      .click();
    await page.getByRole('option', { name: 'Negotiation' }).last().click();
    await picture(page, 'stage-removal');
    await dialog().getByRole('button', { name: 'Delete stage' }).click();
    await expect.poll(names).toEqual(['New', 'Qualified', 'Proposal', 'Negotiation']);
    await fires('deal.stage_changed');
    expect(await stored(id)).toMatchObject({ stage_id: made.stages[4].id });
    await picture(page, 'pipelines');
  });

  test('a name that is taken is refused with a message, and the old one stays', async () => {
    await page.goto('/settings/pipelines');
    const section = page.getByRole('region', { name: 'Renewals' });
    await section.getByRole('textbox', { name: 'Name of New' }).fill('Proposal');
    await section.getByRole('textbox', { name: 'Name of New' }).press('Enter');
    await expectShown(page.getByText(/There is a stage called Proposal already/));
    await expect.poll(names).toEqual(['New', 'Qualified', 'Proposal', 'Negotiation']);
    await page.setViewportSize(PHONE);
    await expectNoOverflow(page);
    await page.setViewportSize({ width: 1280, height: 800 });
  });
});

describe('tasks', () => {
  const day = (plus: number) =>
    new Date(Date.now() - new Date().getTimezoneOffset() * 60_000 + plus * 86_400_000)
      .toISOString()
      .slice(0, 10);

  test('open as an agenda by due date; one click completes one, which can be undone', async () => {
    const contact = await make('contacts', { first_name: 'Nora', last_name: 'Neu' });
    const records = [
      { title: 'Without a date' },
      { title: 'In a month', due_date: day(30) },
      { title: 'Due today', due_date: day(0), assignee_id: owner.id },
      { title: 'Long overdue', due_date: day(-30), contact_id: contact },
      { title: 'Done already', status: 'completed' },
    ];
    await s.ask('POST', '/api/v1/tasks/batch', { body: { records } });
    await s.newEvents();
    await page.goto('/tasks');
    const shown = () =>
      page
        .getByRole('main')
        .getByRole('listitem')
        .getByRole('checkbox')
        .evaluateAll((boxes) =>
          boxes.map((box) => (box as unknown as { ariaLabel: string }).ariaLabel.replace('Completed: ', '')),
        );
    await expect.poll(shown).toEqual(['Long overdue', 'Due today', 'In a month', 'Without a date']);
    await expectShown(page.getByRole('link', { name: 'Nora Neu' }));
    await picture(page, 'tasks');
    await page.getByRole('tab', { name: /Overdue 1/ }).click();
    await expect.poll(shown).toEqual(['Long overdue']);
    await page.getByRole('checkbox', { name: 'Completed: Long overdue' }).click();
    await fires('task.completed');
    await expectShown(page.getByText('Nothing is overdue'));
    await page.getByRole('button', { name: 'Undo' }).click();
    await fires('task.updated');
    await expect.poll(shown).toEqual(['Long overdue']);
    await page.getByRole('tab', { name: /Upcoming 1/ }).click();
    await expect.poll(shown).toEqual(['In a month']);
    await page.getByRole('tab', { name: 'Completed' }).click();
    await expect.poll(shown).toEqual(['Done already']);
    await page.getByRole('tab', { name: /Open 4/ }).click();
    await page.getByRole('switch', { name: 'Assigned to me' }).click({ force: true });
    await expect.poll(shown).toEqual(['Due today']);
    await page.setViewportSize(PHONE);
    await expectNoOverflow(page);
    expect(window.wrong).toEqual([]);
  });
});
