import { expect, test } from 'vitest';
import { makeTerminalLines } from '../../src/base/terminal-lines.ts';

const time = '2026-06-01T12:00:00.000Z';

/** The terminal lines of log entries. */
function shown(...entries: object[]): string[] {
  const lines = makeTerminalLines();
  return entries.flatMap((entry) => lines(`${JSON.stringify({ level: 'info', time, ...entry })}\n`));
}

test('all migrations of a start are one line, and the ready line is left to standard output', () => {
  const migrations = ['0001_a.sql', '0002_b.sql', '0003_c.sql'];
  const migrating = migrations.map((migration) => ({ migration, msg: 'migrating' }));
  const ready = { version: '0.1.0', url: 'http://127.0.0.1:3000', msg: 'ready' };
  expect(shown(...migrating, ready)).toEqual(['Bringing the database up to date.']);
});

test('a line has time, level, message and details', () => {
  expect(shown({ level: 'warn', pid: 12, msg: 'stopping what was left' })).toEqual([
    expect.stringMatching(/^\d\d:\d\d:\d\d warn: stopping what was left \(pid: 12\)$/),
  ]);
  expect(shown({ signal: 'SIGINT', msg: 'stopping' })).toEqual([
    expect.stringMatching(/^\d\d:\d\d:\d\d stopping \(signal: SIGINT\)$/),
  ]);
  const err = { type: 'Error', message: 'no room', stack: 'Error: no room\n    at somewhere' };
  expect(shown({ level: 'error', err, settled: { events: 1 } })[0]).toMatch(
    /error: {2}\(err: no room, settled: \{"events":1\}\)$/,
  );
});

test('line breaks and control characters in a field are removed', () => {
  const [line] = shown({ crm_lead_id: 'a\n\u001b[2J\u009b2Jb', msg: 'no match' });
  expect(line).toMatch(/no match \(crm_lead_id: a \ufffd\[2J\ufffd2Jb\)$/);
});
