import { describe, expect, test } from 'vitest';
import { tokenInUrl } from '../../src/delivery/inbox/inbox-url.ts';

const token = 'Ab-_'.repeat(18) + 'xyz';

describe('a URL of a test inbox is recognised in any spelling', () => {
  test.each([
    ['https://crm.example', `https://crm.example/inbox/${token}`],
    ['https://crm.example', `HTTPS://CRM.Example:443/inbox/${token}?a=1`],
    ['https://crm.example', `https://crm.example./inbox/${token}`],
    ['https://crm.example', `https:\\\\crm.example\\inbox\\${token}`],
    ['https://crm.example', `https://crm.example/./x/../%69nbox/${token}`],
    ['http://localhost:80', `http://LOCALHOST/inbox/${token}`],
    ['http://[::1]:3000', `http://[0:0::1]:3000/inbox/${token}`],
    ['https://crm.example/crm', `https://crm.example/CRM/../crm/inbox/${token}`],
  ])('%s: %s', (base, url) => {
    expect(tokenInUrl(base, url)).toBe(token);
  });

  test.each([
    `https://crm.example/inbox/${token}/`,
    `https://crm.example/inbox/${token}x`,
    `https://crm.example/inbox%2f${token}`,
    `https://crm.example/INBOX/${token}`,
    `https://crm.example/inbox/%zz/${token}`,
    `https://crm.example/inbox/${token}#x`,
    `https://user@crm.example/inbox/${token}`,
    `https://crm.example:444/inbox/${token}`,
    `https://crm.example@evil.example/inbox/${token}`,
    `https://evil.example/?https://crm.example/inbox/${token}`,
    `nonsense ${'x'.repeat(90)}`,
  ])('none: %s', (url) => {
    expect(tokenInUrl('https://crm.example', url)).toBeNull();
  });
});
