import type { Browser, BrowserContextOptions, FrameLocator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectNoOverflow, expectShown, launchBrowser, openWindow, PHONE, picture } from '../kit/browser.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';
import { startWebsite, type Website } from '../kit/website.ts';

const FIELDS = [
  { key: 'name', label: 'Your name', type: 'text', required: true },
  { key: 'email', label: 'Email', type: 'email', required: true, placeholder: 'you@example.com' },
  { key: 'phone', label: 'Phone', type: 'phone', help: 'If we may call you.' },
  { key: 'event_date', label: 'Date of your event', type: 'date' },
  { key: 'kind', label: 'What is it?', type: 'select', options: ['Wedding', 'Birthday'] },
  { key: 'news', label: 'Send me news', type: 'checkbox' },
  { key: 'notes', label: 'Tell us more', type: 'textarea' },
];

let s: Scenario;
let browser: Browser;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api,web' });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});

async function makeForm(more: object = {}): Promise<{ id: string; embed_code: string }> {
  const body = {
    name: 'Enquiries',
    title: 'Ask for your date',
    intro: 'We answer within a day.',
    fields: FIELDS,
    consent_text: 'You may write to me about this.',
    ...more,
  };
  const created = await s.ask('POST', '/api/v1/forms', { body });
  expect(created.status, created.text).toBe(201);
  return { id: created.json.id, embed_code: created.json.embed_code };
}
const submissionsOf = async (id: string, spam = false) =>
  (await s.ask('GET', `/api/v1/forms/${id}/submissions?spam=${spam}`)).json.data;

async function fillIn(page: Page | FrameLocator): Promise<void> {
  await page.getByLabel('Your name').fill('Jane Doe');
  await page.getByLabel('Email').fill('jane@acme.example');
  await page.getByLabel('What is it?').selectOption('Wedding');
  await page.getByLabel('You may write to me').check();
}

/** Opens a page in a new browser; pages may load from our host only. */
async function visit(path: string, options: BrowserContextOptions = {}) {
  const window = await openWindow(browser, s.url, options);
  await window.page.goto(path);
  return window;
}

describe('the hosted page', () => {
  test('works without JavaScript: an error shows at its field, then the form is submitted', async () => {
    const { id } = await makeForm();
    const { page, wrong, close } = await visit(`/f/${id}?utm_source=ads`, { javaScriptEnabled: false });
    await fillIn(page);
    // Valid for the browser, not for the API.
    await page.getByLabel('Email').fill('jane@localhost');
    await page.getByRole('button', { name: 'Send' }).click();
    await expectShown(page.getByRole('alert'));
    await expectShown(page.locator('#error-email').getByText('Email must be an email address'));
    expect(await page.getByLabel('Your name').inputValue()).toBe('Jane Doe');
    expect(await page.getByLabel('What is it?').inputValue()).toBe('Wedding');
    await picture(page, 'form-wrong');
    await page.getByLabel('Email').fill('jane@acme.example');
    // A faster submission counts as spam.
    await page.waitForTimeout(3_000);
    await page.getByRole('button', { name: 'Send' }).click();
    await expectShown(page.getByText('Thank you. We will be in touch soon.'));
    await picture(page, 'form-thanks');
    expect(await submissionsOf(id)).toMatchObject([
      {
        fields: { name: 'Jane Doe', email: 'jane@acme.example', kind: 'Wedding', news: false },
        utm: { utm_source: 'ads' },
        consent: { given: true },
      },
    ]);
    expect(wrong).toEqual([]);
    await close();
  });

  test('with JavaScript it solves the proof of work, and a double click submits once', async () => {
    const { id } = await makeForm({ proof_of_work: 'required' });
    const { page, wrong, close } = await visit(`/f/${id}`);
    await fillIn(page);
    await page.waitForTimeout(1_500);
    await page.getByRole('button', { name: 'Send' }).dblclick();
    await expectShown(page.getByText('Thank you. We will be in touch soon.'));
    expect(await submissionsOf(id)).toHaveLength(1);
    expect(await submissionsOf(id, true)).toEqual([]);
    expect(wrong).toEqual([]);
    await close();
  });

  test.each(['light', 'dark'] as const)('fits desktop and phone, in the %s', async (colorScheme) => {
    const { id } = await makeForm({ title: 'Ask for your date with averyveryverylongwordthatgoesonandon' });
    const { page, wrong, close } = await visit(`/f/${id}`, { colorScheme });
    await picture(page, `form-hosted-${colorScheme}`);
    await expectNoOverflow(page);
    await page.setViewportSize(PHONE);
    await picture(page, `form-hosted-phone-${colorScheme}`);
    await expectNoOverflow(page);
    const small = await page
      .locator('input:visible, select, textarea, button')
      .evaluateAll(
        (all) =>
          all.filter((item) => item.type !== 'checkbox' && item.offsetHeight < 44 && !item.closest('.lure'))
            .length,
      );
    expect(small).toBe(0);
    expect(wrong).toEqual([]);
    await close();
  });
});

describe('the embed code of a form', () => {
  const sites: Website[] = [];
  afterAll(() => Promise.all(sites.map((item) => item.close())));

  /** A site with a form on each path. */
  async function site(pages: Record<string, string>): Promise<string> {
    const created = await startWebsite(
      Object.fromEntries(
        Object.entries(pages).map(([path, code]) => [
          path,
          `<!doctype html><title>A site</title><h1>Our site</h1>${code}<p>The end</p>`,
        ]),
      ),
    );
    sites.push(created);
    return created.url;
  }

  test('shows the form on an allowed site; the submission has the page as referrer', async () => {
    const pages: Record<string, string> = {};
    const own = await startWebsite(pages);
    sites.push(own);
    const { id, embed_code: code } = await makeForm({
      allowed_origins: [own.url],
      proof_of_work: 'required',
    });
    pages['/contact'] = `<!doctype html><title>A site</title><h1>Our site</h1>${code}<p>The end</p>`;
    const window = await openWindow(browser, own.url);
    const { page } = window;
    await page.goto('/contact?utm_campaign=spring');
    const frame = page.frameLocator('iframe');
    await fillIn(frame);
    await page.waitForTimeout(1_500);
    // The frame is as high as the form, without a scrollbar, and in the place of its script.
    await expect
      .poll(() => frame.locator('html').evaluate((root) => root.scrollHeight - root.clientHeight))
      .toBe(0);
    const places = await page.locator('h1, iframe, p').evaluateAll((all) => all.map((item) => item.tagName));
    expect(places).toEqual(['H1', 'IFRAME', 'P']);
    await picture(page, 'form-embedded');
    const before = (await page.locator('iframe').boundingBox())!.height;
    await frame.getByRole('button', { name: 'Send' }).click();
    await expectShown(frame.getByText('Thank you. We will be in touch soon.'));
    await expect
      .poll(async () => (await page.locator('iframe').boundingBox())!.height)
      .toBeLessThan(before / 2);
    expect(await submissionsOf(id)).toMatchObject([
      { referrer: `${own.url}/contact?utm_campaign=spring`, utm: { utm_campaign: 'spring' } },
    ]);
    // Requests of the frame to our host are expected.
    expect(window.wrong.filter((item) => !item.startsWith(`request to ${s.url}/f/`))).toEqual([]);
    await window.close();
  });

  test('redirects the whole window after submission', async () => {
    const pages: Record<string, string> = {};
    const own = await startWebsite(pages);
    sites.push(own);
    const { id, embed_code: code } = await makeForm({
      allowed_origins: [own.url],
      redirect_url: 'https://thanks.acme.example/done',
    });
    pages['/'] = `<!doctype html><title>A site</title>${code}`;
    const { page, close } = await openWindow(browser, own.url);
    await page.goto('/');
    const frame = page.frameLocator('iframe');
    await fillIn(frame);
    await page.waitForTimeout(1_500);
    const requested = page.waitForRequest('https://thanks.acme.example/done');
    await frame.getByRole('button', { name: 'Send' }).click();
    expect((await requested).frame()).toBe(page.mainFrame());
    expect(await submissionsOf(id)).toHaveLength(1);
    await close();
  });

  test('stays empty on a site that is not allowed, and its JSON is rejected there', async () => {
    const { id, embed_code: code } = await makeForm({ allowed_origins: ['https://www.acme.example'] });
    const url = await site({ '/': code });
    const { page, wrong, close } = await openWindow(browser, url);
    await page.goto('/');
    await expect.poll(() => wrong.filter((item) => item.includes('frame-ancestors')).length).toBe(1);
    expect(await page.frameLocator('iframe').getByLabel('Email').count()).toBe(0);
    const requested = await page.evaluate(
      (address) =>
        fetch(`${address}/session`).then(
          () => 'allowed',
          () => 'refused',
        ),
      `${s.url}/f/${id}`,
    );
    expect(requested).toBe('refused');
    await close();
  });

  test('accepts JSON across origins: first the session, then the fields', async () => {
    const url = await site({ '/': '' });
    const { id } = await makeForm({ allowed_origins: [url] });
    const { page, close } = await openWindow(browser, url);
    await page.goto('/');
    const answer = await page.evaluate(async (address) => {
      const { token } = (await (await fetch(`${address}/session`)).json()) as { token: string };
      await new Promise((resolve) => setTimeout(resolve, 3_100));
      const sent = { name: 'Jane Doe', email: 'jane@acme.example', _token: token, _consent: true };
      const reply = await fetch(address, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(sent),
      });
      return { status: reply.status, body: await reply.json() };
    }, `${s.url}/f/${id}`);
    expect(answer).toEqual({
      status: 201,
      body: { status: 'received', message: 'Thank you. We will be in touch soon.' },
    });
    expect(await submissionsOf(id)).toMatchObject([{ referrer: `${url}/` }]);
    await close();
  });
});

describe('RX8: RemixCRM’s form on a website, with its own proxy', () => {
  /** As in RemixCRM's documentation. */
  const FORM = `<form id="contact" onsubmit="return submitLead(event)">
  <input name="name" placeholder="Your name" required />
  <input name="email" type="email" placeholder="Email" required />
  <input name="phone" placeholder="Phone" required />
  <input name="event_date" type="date" required />
  <textarea name="notes" placeholder="Tell us about your event"></textarea>
  <button type="submit">Send</button>
</form>

<script>
async function submitLead(e) {
  e.preventDefault()
  const fd = new FormData(e.target)
  const res = await fetch('/api/contact-proxy', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(Object.fromEntries(fd)),
  })
  // Show thank-you message
}
</script>`;

  test('the form posts to the proxy, the proxy attaches the key and forwards to /api/v1/leads', async () => {
    const { key } = await s.person([], 'remixcrm');
    const website = await startWebsite({ '/': FORM }, async (request, body, response) => {
      expect(request.url).toBe('/api/contact-proxy');
      const reply = await fetch(`${s.url}/api/v1/leads`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body,
      });
      response.writeHead(reply.status, { 'content-type': 'application/json' });
      response.end(await reply.text());
    });
    const { page, wrong, close } = await openWindow(browser, website.url);
    await page.goto('/');
    await page.getByPlaceholder('Your name').fill('Jane van Doe');
    await page.getByPlaceholder('Email').fill('jane@example.com');
    await page.getByPlaceholder('Phone').fill('+15551234567');
    await page.locator('[name=event_date]').fill('2026-08-15');
    await s.newEvents();
    const answered = page.waitForResponse('**/api/contact-proxy');
    await page.getByRole('button', { name: 'Send' }).click();
    const answer = await answered;
    expect(answer.status()).toBe(201);
    const { id, status } = (await answer.json()) as { id: string; status: string };
    expect(status).toBe('created');
    expect((await s.ask('GET', `/api/v1/leads/${id}`)).json).toMatchObject({
      first_name: 'Jane',
      last_name: 'van Doe',
      event_date: '2026-08-15',
      notes: null,
    });
    expect(await s.newEvents()).toEqual(['lead.created']);
    expect(wrong).toEqual([]);
    await close();
    await website.close();
  });

  test('Zapier’s request: two headers and the mapped fields as JSON', async () => {
    const { key } = await s.person([], 'remixcrm');
    const reply = await s.ask('POST', '/api/v1/leads', {
      as: null,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: {
        first_name: 'Jane',
        last_name: 'Doe',
        email: 'jane@example.com',
        phone: '+15551234567',
        event_date: '2026-08-15',
        event_type: 'Wedding',
        source: 'Facebook Lead Ads',
      },
    });
    expect(reply.status, reply.text).toBe(201);
    expect(reply.json).toEqual({
      id: reply.json.id,
      status: 'created',
      lead_url: `${s.url}/leads/${reply.json.id}`,
    });
  });
});
