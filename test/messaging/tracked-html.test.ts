import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeSealer } from '../../src/base/seal.ts';
import {
  addHoneypot,
  addPixel,
  redirectTarget,
  trackLinks,
} from '../../src/messaging/tracking/tracked-html.ts';
import { makeTrackingTokens } from '../../src/messaging/tracking/tracking-token.ts';

const linkUrl = (link: number) => `https://crm.example/l/${link}`;
const tracked = (html: string) => trackLinks(html, linkUrl);

describe('links', () => {
  const characters = fc.constantFrom(
    ...Array.from('abcXYZ019-._~:/?#[]@!$&\'()*+,;=%"<>| {}^`äßЖ中😀'),
    '&amp;',
    '&copy=',
    '&notit',
    '%20',
    '%E4',
    '&#38;',
  );
  const urls = fc
    .tuple(fc.constantFrom('http://', 'https://', 'HTTPS://'), fc.array(characters, { maxLength: 30 }))
    .map(([scheme, rest]) => `${scheme}example.com/${rest.join('')}`)
    .filter((url) => !url.endsWith(' '));
  const ESCAPES = {
    named: (url: string) => url.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;'),
    decimal: (url: string) => url.replace(/[&"'<>]/g, (character) => `&#${character.charCodeAt(0)};`),
    hex: (url: string) =>
      url.replace(/[&"'<> ]/g, (character) => `&#x${character.charCodeAt(0).toString(16)};`),
  };

  test.each(Object.entries(ESCAPES))('every URL is stored byte for byte: %s references', (_name, escape) => {
    fc.assert(
      fc.property(urls, (url) => {
        const before = `<p title="a > b">Hi<br/><A class=x HREF = "`;
        const after = `" rel=nofollow>here</A></p><!-- <a href="https://other.example/">no</a> -->`;
        const { html, links } = tracked(before + escape(url) + after);
        expect(links).toEqual([{ link: 1, url }]);
        expect(html).toBe(before + linkUrl(1) + after);
        const target = redirectTarget(url);
        expect(target).toMatch(/^[\x21-\x7e]+$/);
        expect(new URL(target).href).toBe(new URL(url).href);
        expect(/^[\x21-\x7e]*$/.test(url) ? target : url).toBe(url);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['single quotes', `<a href='https://a.example/?x=1&amp;y=2'>x</a>`, 'https://a.example/?x=1&y=2'],
    ['no quotes', `<a href=https://a.example/x>x</a>`, 'https://a.example/x'],
    [
      'a parameter that looks like a reference',
      `<a href="https://a.example/?a=1&copy=2">x</a>`,
      'https://a.example/?a=1&copy=2',
    ],
    ['an international host', `<a href="https://bücher.example/ü#ß">x</a>`, 'https://bücher.example/ü#ß'],
    [
      'percent-encoding',
      `<a href="https://a.example/%7Efoo%2Fbar?q=%C3%A4">x</a>`,
      'https://a.example/%7Efoo%2Fbar?q=%C3%A4',
    ],
    [
      'a picture as its text',
      `<a href="https://a.example/"><img src="https://a.example/i.png" alt=""></a>`,
      'https://a.example/',
    ],
    [
      'the first of two targets',
      `<a href="https://a.example/" href="https://b.example/">x</a>`,
      'https://a.example/',
    ],
    ['the area of a map', `<map><area href="https://a.example/"></map>`, 'https://a.example/'],
  ])('are tracked with %s', (_name, html, url) => {
    expect(tracked(html).links).toEqual([{ link: 1, url }]);
  });

  test.each([
    ['mailto:', '<a href="mailto:ann@example.com">x</a>'],
    ['tel:', '<a href="tel:+491234">x</a>'],
    ['an anchor', '<a href="#top">x</a>'],
    ['a relative link', '<a href="/docs">x</a>'],
    ['a script', '<a href="javascript:alert(1)">x</a>'],
    ['data-no-track', '<a data-no-track href="https://a.example/">x</a>'],
    ['a link to unsubscribe', '<a href="https://a.example/unsubscribe?id=1">x</a>'],
    ['a URL as its text', '<a href="https://a.example/">https://b.example/login</a>'],
    ['a domain as its text', '<a href="https://a.example/"> <b>www.b.example</b> </a>'],
    ['a domain without www as its text', '<a href="https://a.example/">b.example/x</a>'],
    ['a reference that is not known here', '<a href="https://a.example/?a&Nfr;b">x</a>'],
    ['a reference at its end', '<a href="https://a.example/?a&copy">x</a>'],
    ['a very long target', `<a href="https://a.example/${'x'.repeat(6000)}">x</a>`],
    ['no end', '<a href="https://a.example/'],
    ['a script around it', '<script>"<a href=\'https://a.example/\'>x</a>"</script>'],
    ['a comment around it', '<!-- <a href="https://a.example/">x</a> -->'],
  ])('stay as they are with %s', (_name, html) => {
    expect(tracked(html)).toEqual({ html, links: [] });
  });

  test('with a name that is no reference, as one that every object has, stay as they are', () => {
    const html = '<a href="https://a.example/?a=1&toString;2&constructor;3">x</a>';
    expect(tracked(html)).toEqual({ html, links: [] });
  });

  test('are numbered in the order of the mail', () => {
    const { html, links } = tracked('<a href="https://a.example/">a</a><a href="https://a.example/">b</a>');
    expect(links.map(({ link }) => link)).toEqual([1, 2]);
    expect(html).toBe(`<a href="${linkUrl(1)}">a</a><a href="${linkUrl(2)}">b</a>`);
  });
});

test('the pixel and the honeypot are last in the body', () => {
  const html = addPixel(
    addHoneypot('<html><body><p>Hi</p></BODY></html>', linkUrl(9)),
    'https://crm.example/o/x.gif',
  );
  expect(html).toMatch(
    /<p>Hi<\/p><a href="[^"]+" aria-hidden="true"[^>]+><\/a><img src="[^"]+"[^>]*><\/BODY><\/html>$/,
  );
  expect(addPixel('Hi', 'https://crm.example/o/x.gif')).toMatch(/^Hi<img [^>]+>$/);
});

describe('tokens', () => {
  const tokens = makeTrackingTokens(makeSealer(Buffer.alloc(32, 7)));
  const emailId = '01976d3c-1000-7000-8000-000000000001';
  const token = tokens.make('l', { emailId, link: 3 });

  test('have 38 characters, and name what they were made for', () => {
    expect(token).toMatch(/^[\w-]{38}$/);
    expect(tokens.read('l', token)).toEqual({ emailId, link: 3 });
  });

  test('are valid for one purpose, one server and one spelling', () => {
    expect(tokens.read('o', token)).toBeNull();
    expect(tokens.read('u', token)).toBeNull();
    expect(makeTrackingTokens(makeSealer(Buffer.alloc(32, 8))).read('l', token)).toBeNull();
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const changed = Array.from(token).flatMap((_character, at) =>
      Array.from(alphabet, (character) => token.slice(0, at) + character + token.slice(at + 1)),
    );
    for (const other of new Set(changed.filter((text) => text !== token)))
      expect(tokens.read('l', other), other).toBeNull();
    for (const wrong of ['', token.slice(1), `${token}A`, `${token}=`, `${token}\n`, 'x'.repeat(10_000)])
      expect(tokens.read('l', wrong)).toBeNull();
  });

  test('have a key of their own for each year', () => {
    const later = '02976d3c-1000-7000-8000-000000000001';
    const derived: string[] = [];
    const spy = makeTrackingTokens({
      derive(purpose) {
        derived.push(purpose);
        return Buffer.alloc(32);
      },
    });
    spy.make('l', { emailId, link: 1 });
    spy.make('l', { emailId: later, link: 1 });
    expect(derived).toEqual(['email tracking 2025', expect.stringMatching(/^email tracking 20[3-9]\d$/)]);
  });
});
