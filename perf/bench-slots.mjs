import { availableSlots } from '../dist/scheduling/availability/slots.js';
import { figure, percentile } from './figure.mjs';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const ROUNDS = 5;
const TIMES = 300;

const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Sydney'];

/**
 * The slots of 60 days, of one host and of 20: every 15 minutes, with buffers, limits and what a full calendar blocks.
 * Reading the hosts from the database is not part of it.
 */
export async function slots() {
  const figures = [];
  for (const { count, aim, mode } of /** @type {const} */ ([
    { count: 1, aim: 5, mode: 'one' },
    { count: 20, aim: 50, mode: 'round_robin' },
    { count: 20, aim: 50, mode: 'collective' },
  ])) {
    /** @type {number[]} */
    const value = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const times = Array.from({ length: TIMES }, (_item, at) => {
        const request = requestFor(count, mode, at);
        const begin = performance.now();
        availableSlots(request);
        return performance.now() - begin;
      });
      // The first round warms up.
      if (round > 0) value.push(percentile(times, 99));
    }
    const name = `slots of 60 days, ${count === 1 ? 'one host' : `${count} hosts, ${mode}`}: p99, ms`;
    figures.push(figure(name, { value, aim: ['value', '≤', aim] }));
  }
  return figures;
}

/** @param {number} count @param {'one' | 'round_robin' | 'collective'} mode @param {number} at */
function requestFor(count, mode, at) {
  const now = Date.UTC(2026, 1, 1, 9) + at * DAY;
  return {
    rules: {
      host_mode: mode,
      slot_step_min: 15,
      start_align_min: 0,
      buffer_before_min: 10,
      buffer_after_min: 10,
      min_notice_min: 240,
      max_ahead_days: 60,
      max_per_day: 6,
      max_per_week: 20,
    },
    hosts: Array.from({ length: count }, (_item, index) => hostFor(index, now)),
    durationMin: 30,
    from: now,
    to: now + 60 * DAY,
    now,
  };
}

/** @param {number} index @param {number} now */
function hostFor(index, now) {
  const blocked = Array.from({ length: 240 }, (_item, at) => {
    const start = now + ((at * 6 + index) % 1440) * 60 * MINUTE;
    return { start, end: start + 45 * MINUTE };
  });
  return {
    userId: `host ${index}`,
    hours: {
      time_zone: ZONES[index % ZONES.length],
      rules: [1, 2, 3, 4, 5].flatMap((weekday) => [
        { weekday, start_min: 540, end_min: 720 },
        { weekday, start_min: 780, end_min: 1080 },
      ]),
      overrides: [{ date: new Date(now + 10 * DAY).toISOString().slice(0, 10), ranges: [] }],
    },
    blocked,
    appointmentStarts: blocked.slice(0, 60).map(({ start }) => start),
  };
}
