import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { html } from '../../src/http/public/html.ts';
import { JANE, makeForm, sendPage, SITE, submissionsOf } from '../kit/form-scenario.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';
import { sendForm, tokenOf } from '../kit/visitor.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api,worker', FAIRLEAD_TRUST_PROXY: '127.0.0.1' });
  await s.ask('POST', '/api/v1/lead-event-types', { body: { name: 'Wedding' } });
});
afterAll(() => s.stop());

describe('the hosted page, without JavaScript', () => {
  test('escapes values, allows nothing inline, and can be framed by allowed origins only', async () => {
    const evil = `"><script>alert('&')</script>`;
    const fields = [
      { key: 'email', label: evil, type: 'email', required: true, help: evil, placeholder: evil },
      { key: 'pick', label: 'Pick', type: 'select', options: [evil] },
    ];
    const id = await makeForm(s, {
      name: evil,
      intro: evil,
      submit_label: evil,
      thanks_text: evil,
      consent_text: evil,
      fields,
      allowed_origins: [SITE],
      redirect_url: 'https://thanks.acme.example/a?b=<c>&d="',
    });
    const page = await fetch(
      `${s.url}/f/${id}?email=${encodeURIComponent(evil)}&utm_source=${encodeURIComponent(evil)}`,
    );
    expect(page.status).toBe(200);
    const again = await sendPage(s, id, { email: evil });
    expect(again.status).toBe(400);
    for (const text of [
      await page.text(),
      await again.text(),
      await (await fetch(`${s.url}/f/${id}/thanks`)).text(),
    ]) {
      expect(text).not.toContain('<script>');
      expect(text.match(/<script[^>]*>/g)).toEqual(['<script type="module" src="/f/assets/form.js">']);
      expect(text).toContain('&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;');
    }
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(policy).toContain(`frame-ancestors 'self' ${SITE}`);
    expect(policy).toContain("form-action 'self' https://thanks.acme.example;");
    expect(() => html`${{ markup: '<b>' }}`).toThrow('not markup');
  });

  test('redirects with 303 after sending; errors are shown at their fields, with the values sent', async () => {
    const id = await makeForm(s, { thanks_text: 'Many thanks' });
    const sent = await sendPage(s, id, { ...JANE, newsletter: 'true' });
    expect(sent.status).toBe(303);
    const thanks = sent.headers.get('location')!;
    expect(thanks).toBe(`/f/${id}/thanks`);
    expect(await (await fetch(s.url + thanks)).text()).toContain('Many thanks');
    expect((await submissionsOf(s, id))[0].fields).toMatchObject({ newsletter: true });

    const wrong = await (await sendPage(s, id, { ...JANE, email: 'nowhere', hall: '<b>' })).text();
    expect(wrong).toContain('id="error-email"');
    expect(wrong).toMatch(/aria-describedby="error-email"\s+aria-invalid="true"/);
    expect(wrong).toContain('value="nowhere"');
    expect(wrong).toContain('value="&lt;b&gt;"');
    expect(wrong).toContain('autocomplete="email"');

    const elsewhere = await makeForm(s, { redirect_url: 'https://www.acme.example/thanks' });
    const redirected = await sendPage(s, elsewhere, JANE);
    expect(redirected.headers.get('location')).toBe('https://www.acme.example/thanks');
    const json = await sendForm(s, elsewhere, JANE);
    expect(json.json).toEqual({ status: 'received', redirect_url: 'https://www.acme.example/thanks' });
  });

  test('its files and the embed script have the best accepted encoding, and are cached for an hour', async () => {
    const id = await makeForm(s);
    for (const [path, type] of [
      ['/f/assets/form.css', 'text/css'],
      ['/f/assets/form.js', 'text/javascript'],
      ['/f/assets/proof-worker.js', 'text/javascript'],
      [`/f/${id}/embed.js`, 'text/javascript'],
    ] as const) {
      const texts = new Set<string>();
      for (const [coding, decode] of [
        ['br', brotliDecompressSync],
        ['gzip', gunzipSync],
        ['identity', (bytes: Buffer) => bytes],
      ] as const) {
        const answer = await request(s.url + path, { headers: { 'accept-encoding': coding } });
        const { headers } = answer;
        expect([answer.statusCode, headers['content-encoding'] ?? 'identity'], path).toEqual([200, coding]);
        expect(headers['content-type']).toBe(`${type}; charset=utf-8`);
        expect(headers['cache-control']).toBe('public, max-age=3600');
        texts.add(decode(Buffer.from(await answer.body.arrayBuffer())).toString());
        const known = { 'accept-encoding': coding, 'if-none-match': String(headers['etag']) };
        const again = await request(s.url + path, { headers: known });
        expect(again.statusCode).toBe(304);
        await again.body.dump();
      }
      expect(texts.size).toBe(1);
    }
    for (const path of ['/f/assets/nothing.js', '/f/assets/..%2findex.html', '/f/assets/']) {
      const none = await fetch(s.url + path, { headers: { accept: 'text/html' } });
      expect([none.status, ((await none.json()) as { error: { code: string } }).error.code], path).toEqual([
        404,
        'not_found',
      ]);
    }
  });

  test('an expired page is shown again with its values and a new token', async () => {
    const id = await makeForm(s);
    const old = await sendPage(s, id, { ...JANE, hall: 'Long', _token: tokenOf(id, 25 * 3_600_000) });
    expect(old.status).toBe(400);
    const page = await old.text();
    expect(page).toContain('open for a long time');
    expect(page).toContain('value="Long"');
    const token = /name="_token" value="([^"]+)"/.exec(page)![1]!;
    expect((await sendPage(s, id, { ...JANE, _token: token })).status).toBe(303);
  });
});
