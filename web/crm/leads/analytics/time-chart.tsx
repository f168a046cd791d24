import { Title } from '@mantine/core';
import type { LeadFigures } from '../../../api/lead-analytics-queries.ts';
import { Day } from '../../../ui/moment.tsx';
import classes from './lead-analytics-page.module.css';

const EVERY = { day: 'day', week: 'week', month: 'month' } as const;
/** Of the drawing, in its own units; it is stretched to the page. */
const HEIGHT = 100;
const STEP = 10;
const BAR = 7;

/** Leads over time, and what of them was won; the same numbers as a table under it. */
export function TimeChart({
  intervals,
  interval,
}: {
  intervals: LeadFigures['by_time'];
  interval: LeadFigures['interval'];
}) {
  const most = Math.max(1, ...intervals.map(({ leads }) => leads));
  const high = (count: number) => (count / most) * HEIGHT;
  const [first, last] = [intervals[0], intervals.at(-1)];
  return (
    <section aria-labelledby="time-title">
      <div className={classes.head}>
        <Title order={2} id="time-title">
          Leads by {EVERY[interval]}
        </Title>
        <ul className={classes.legend} aria-hidden>
          <li>Leads</li>
          <li data-converted>Won or converted</li>
        </ul>
      </div>
      <div className={classes.chart}>
        <span className={classes.most} aria-hidden>
          {most.toLocaleString()}
        </span>
        <svg
          viewBox={`0 0 ${intervals.length * STEP} ${HEIGHT}`}
          preserveAspectRatio="none"
          // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- drawn here: there is no file to show
          role="img"
          aria-label={`Leads by ${EVERY[interval]}, at most ${most}`}
        >
          {intervals.map(({ start, leads, converted }, at) => (
            <g key={start}>
              <title>{`${start}: ${leads} leads, ${converted} won or converted`}</title>
              <rect
                className={classes.column}
                x={at * STEP + (STEP - BAR) / 2}
                y={HEIGHT - high(leads)}
                width={BAR}
                height={high(leads)}
              />
              <rect
                className={classes.part}
                x={at * STEP + (STEP - BAR) / 2}
                y={HEIGHT - high(converted)}
                width={BAR}
                height={high(converted)}
              />
            </g>
          ))}
        </svg>
        {first && last && (
          <div className={classes.days} aria-hidden>
            <Day date={first.start} />
            <Day date={last.start} />
          </div>
        )}
      </div>
      <details className={classes.details}>
        <summary>As a table</summary>
        <table className={classes.tally} aria-label={`Leads by ${EVERY[interval]}`}>
          <thead>
            <tr>
              <th>From</th>
              <th>Leads</th>
              <th>Won or converted</th>
            </tr>
          </thead>
          <tbody>
            {intervals.toReversed().map(({ start, leads, converted }) => (
              <tr key={start}>
                <td>
                  <Day date={start} />
                </td>
                <td>{leads.toLocaleString()}</td>
                <td>{converted.toLocaleString()}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </section>
  );
}
