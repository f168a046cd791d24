import { Title } from '@mantine/core';
import type { LeadFigures } from '../../../api/lead-analytics-queries.ts';
import { Day } from '../../../ui/relative-time.tsx';
import classes from './lead-analytics-page.module.css';
import { numberText } from '../../../ui/format.ts';

const INTERVAL_NAMES = { day: 'day', week: 'week', month: 'month' } as const;
/** SVG units; the drawing is stretched to the width of the page. */
const HEIGHT = 100;
const STEP = 10;
const BAR = 7;

/** Leads and won leads over time, with the same numbers as a table below. */
export function TimeChart({
  intervals,
  interval,
}: {
  intervals: LeadFigures['by_time'];
  interval: LeadFigures['interval'];
}) {
  const max = Math.max(1, ...intervals.map(({ leads }) => leads));
  const barHeight = (count: number) => (count / max) * HEIGHT;
  const [first, last] = [intervals[0], intervals.at(-1)];
  return (
    <section aria-labelledby="time-title">
      <div className={classes.head}>
        <Title order={2} id="time-title">
          Leads by {INTERVAL_NAMES[interval]}
        </Title>
        <ul className={classes.legend} aria-hidden>
          <li>Leads</li>
          <li data-converted>Won or converted</li>
        </ul>
      </div>
      <div className={classes.chart}>
        <span className={classes.most} aria-hidden>
          {numberText(max)}
        </span>
        <svg
          viewBox={`0 0 ${intervals.length * STEP} ${HEIGHT}`}
          preserveAspectRatio="none"
          // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- an inline SVG has no file for <img>
          role="img"
          aria-label={`Leads by ${INTERVAL_NAMES[interval]}, maximum ${max}`}
        >
          {intervals.map(({ start, leads, converted }, at) => (
            <g key={start}>
              <title>{`${start}: ${leads} leads, ${converted} won or converted`}</title>
              <rect
                className={classes.column}
                x={at * STEP + (STEP - BAR) / 2}
                y={HEIGHT - barHeight(leads)}
                width={BAR}
                height={barHeight(leads)}
              />
              <rect
                className={classes.part}
                x={at * STEP + (STEP - BAR) / 2}
                y={HEIGHT - barHeight(converted)}
                width={BAR}
                height={barHeight(converted)}
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
        <summary>View as table</summary>
        <table className={classes.tally} aria-label={`Leads by ${INTERVAL_NAMES[interval]}`}>
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
                <td>{numberText(leads)}</td>
                <td>{numberText(converted)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </section>
  );
}
