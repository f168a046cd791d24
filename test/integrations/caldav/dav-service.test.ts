import { expect, test } from 'vitest';
import { isSameService } from '../../../src/integrations/caldav/dav-service.ts';

test.each([
  ['https://caldav.icloud.com/', 'https://p42-caldav.icloud.com/1/', true],
  ['https://example.com/dav', 'https://dav.example.com/', true],
  ['https://dav.example.co.uk/', 'https://p1.example.co.uk/', true],
  ['http://10.0.0.1:5232/', 'http://10.0.0.1:5232/home/', true],
  ['https://example.co.uk/', 'https://evil.co.uk/', false],
  ['https://dav.example.co.uk/', 'https://evil.co.uk/', false],
  ['https://dav.example.com.au/', 'https://evil.com.au/', false],
  ['https://caldav.icloud.com/', 'https://evilicloud.com/', false],
  ['https://caldav.icloud.com/', 'http://p42-caldav.icloud.com/', false],
  ['https://localhost/', 'https://evil.localhost.example/', false],
  ['https://10.0.0.1/', 'https://1.10.0.0.1.example/', false],
])('CalDAV: the password for %s goes to %s: %s', (account, url, isAllowed) => {
  expect(isSameService(url, account)).toBe(isAllowed);
});
