import { describe, expect, test } from 'vitest';
import { sanitizeHtml } from '../../src/messaging/emails/email-html.ts';

describe('HTML of strangers', () => {
  test.each([
    [
      'a link that opens in the frame of the mail',
      '<a href="https://a.example" target="_self">x</a>',
      '<a href="https://a.example">x</a>',
    ],
    [
      'a link that keeps hold of its page',
      '<a href="https://a.example" rel="opener">x</a>',
      '<a href="https://a.example">x</a>',
    ],
    ['a word that a comment hides', '<p style="width:exp/**/ression(1)">x</p>', '<p>x</p>'],
    ['a word that an escape hides', '<p style="width:exp\\72 ession(1)">x</p>', '<p>x</p>'],
    ['a comment that does not end', '<p style="color:red;/* x">x</p>', '<p style="color:red;/* x">x</p>'],
    ['a style that ends in its text', '<style>a{}</style><b>x</b>', '<style>a{}</style><b>x</b>'],
  ])('has not: %s', async (_name, html, expected) => {
    expect(await sanitizeHtml(html)).toBe(expected);
  });

  /** Searches that take time with the square of the length would take minutes, in which the server does nothing else. */
  test('that is made to use up time is sanitized like any other', async () => {
    const comments = `<p style="${'/*'.repeat(900_000)}">x</p>`;
    expect(await sanitizeHtml(comments)).toBe(comments);
    const deep = '<b>'.repeat(250_000) + '</i>'.repeat(250_000);
    expect(await sanitizeHtml(deep)).toBe('<b>'.repeat(512));
    const wide = '<p><br></p>'.repeat(100_000);
    expect(await sanitizeHtml(wide)).toBe(wide);
  });
});
