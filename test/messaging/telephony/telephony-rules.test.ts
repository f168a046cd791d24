import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reportOf } from '../../../src/integrations/telnyx/telnyx-event.ts';
import { twilioErrorText } from '../../../src/integrations/twilio/twilio-error.ts';
import { callStatusOf, messageStatusOf } from '../../../src/integrations/twilio/twilio-status.ts';
import { isWithinHours } from '../../../src/messaging/telephony/business-hours.ts';
import { abandonedCall, callAfter, type CallReport } from '../../../src/messaging/telephony/call-state.ts';
import type { Call } from '../../../src/messaging/telephony/call-fields.ts';
import { asksToStop, optOutKeyword } from '../../../src/messaging/telephony/opt-out-keyword.ts';

describe('keywords', () => {
  test.each<[string, ReturnType<typeof optOutKeyword>]>([
    ['STOP', 'stop'],
    ['Stop.', 'stop'],
    ['  “stop!”  ', 'stop'],
    ['STOP ALL', 'stop'],
    ['opt-out', 'stop'],
    ['ＳＴＯＰ', 'stop'],
    ['Unsubscribe…', 'stop'],
    ['yes', 'start'],
    ['START', 'start'],
    ['help?', 'help'],
    ['stop it please', null],
    ['Do not stop', null],
    ['yes please', null],
    ['', null],
    ['🛑', null],
  ])('%j is %s', (body, keyword) => {
    expect(optOutKeyword(body)).toBe(keyword);
  });

  test.each<[string, boolean]>([
    ['Please stop texting me', true],
    ['Don’t text me again', true],
    ['take me off your list', true],
    ['No more messages!', true],
    ['Please stop', true],
    ['STOP please!', true],
    ['stop it now', true],
    ['Stop. I mean it', true],
    ['Stopp!', true],
    ['ARRÊT', true],
    ['basta', true],
    ['СТОП', true],
    ['停止', true],
    ['Stop by at nine', false],
    ['Не останавливайтесь у стоп-линии', false],
    ['Stopped at the shop', false],
    ['The bus stop is near', false],
    ['I cannot stop laughing', false],
    ['Unsubscribe', false],
  ])('%j asks to stop: %s', (body, asks) => {
    expect(asksToStop(body)).toBe(asks);
  });
});

test('a status that is no status, as one that every object has, is not known', () => {
  for (const word of ['constructor', '__proto__', 'toString', 'hasOwnProperty', '']) {
    expect([messageStatusOf(word), callStatusOf(word)]).toEqual([null, null]);
    expect(twilioErrorText(word, 'Own words')).toBe('Own words');
    expect(reportOf({ id: 'm1', to: [{ status: word }] })).toBeNull();
  }
});

describe('business hours', () => {
  test.each<[string, string, string, boolean]>([
    ['1-5 09:00-17:00', 'Europe/Berlin', '2026-06-01T07:00:00Z', true],
    ['1-5 09:00-17:00', 'Europe/Berlin', '2026-06-01T06:59:59Z', false],
    ['1-5 09:00-17:00', 'Europe/Berlin', '2026-06-01T15:00:00Z', false],
    ['1-5 09:00-17:00', 'America/New_York', '2026-06-06T15:00:00Z', false],
    ['6-1 00:00-24:00', 'UTC', '2026-06-07T12:00:00Z', true],
    ['6-1 00:00-24:00', 'UTC', '2026-06-02T12:00:00Z', false],
    ['', 'UTC', '2026-06-02T12:00:00Z', true],
  ])('%s in %s at %s: %s', (hours, zone, at, isOpen) => {
    expect(isWithinHours(hours, zone, Date.parse(at))).toBe(isOpen);
  });
});

const report = (
  leg: CallReport['leg'],
  status: CallReport['status'],
  durationS: number | null = null,
): CallReport => ({
  leg,
  status,
  externalId: leg === 'parent' ? 'CA1' : null,
  durationS,
  answeredBy: leg === 'child' ? '+15550100900' : null,
  errorText: null,
});

/** A call as it is when its first report comes. */
const newCall = (direction: 'in' | 'out') =>
  ({
    direction,
    status: direction === 'in' ? 'ringing' : 'queued',
    external_id: null,
    answered_at: null,
    answered_by: null,
    ended_at: null,
    duration: null,
  }) as unknown as Call;

describe('SM2: reports of a call come in any order and twice', () => {
  test.each<[string, 'in' | 'out', CallReport[], Partial<Call>]>([
    [
      'an outgoing call that was answered',
      'out',
      [
        report('parent', 'ringing'),
        report('parent', 'in_progress'),
        report('child', 'ringing'),
        report('child', 'in_progress'),
        report('child', 'completed', 30),
        report('dial', 'completed', 30),
        report('parent', 'completed', 44),
      ],
      { status: 'completed', duration: 30 },
    ],
    [
      'an outgoing call to a busy phone',
      'out',
      [
        report('parent', 'in_progress'),
        report('child', 'ringing'),
        report('child', 'busy'),
        report('dial', 'busy'),
        report('parent', 'completed', 9),
      ],
      { status: 'busy', duration: 0 },
    ],
    [
      'an incoming call that was answered',
      'in',
      [
        report('parent', 'in_progress'),
        report('child', 'in_progress'),
        report('child', 'completed', 30),
        report('dial', 'completed', 30),
        report('parent', 'completed', 44),
      ],
      { status: 'completed', duration: 30 },
    ],
    [
      'an incoming call that nobody took',
      'in',
      [
        report('parent', 'in_progress'),
        report('child', 'ringing'),
        report('child', 'no_answer'),
        report('dial', 'no_answer'),
        report('parent', 'completed', 44),
      ],
      { status: 'no_answer', duration: 0 },
    ],
  ])('%s', (_name, direction, reports, expected) => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...reports, ...reports], { minLength: reports.length * 2 }),
        (shuffled) => {
          let progress = { call: newCall(direction), dial: 'pending' as 'pending' | 'done' | 'none' };
          const statuses: string[] = [];
          for (const item of shuffled) {
            progress = callAfter(progress, item, '2026-06-01T12:00:00.000Z');
            if (progress.call.status !== statuses.at(-1)) statuses.push(progress.call.status);
          }
          expect(progress.call).toMatchObject(expected);
          const last = statuses.filter((status) => !['queued', 'ringing', 'in_progress'].includes(status));
          expect(last).toEqual([expected.status]);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('a call without further reports ends as far as it is known', () => {
    const at = '2026-06-01T12:00:00.000Z';
    expect(abandonedCall(newCall('out'), at)).toMatchObject({ status: 'failed' });
    expect(abandonedCall(newCall('in'), at)).toMatchObject({ status: 'no_answer' });
    expect(abandonedCall({ ...newCall('in'), answered_at: at }, at)).toMatchObject({ status: 'completed' });
  });
});
