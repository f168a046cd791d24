import { Title } from '@mantine/core';
import { useId } from 'react';
import classes from './lead-analytics-page.module.css';
import { rateText } from './figure-text.ts';
import { numberText } from '../../../ui/format.ts';

interface Row {
  name: string;
  leads: number;
  converted: number;
}

/** A table of counts by name, with bars. */
export function TallyTable({ title, column, rows }: { title: string; column: string; rows: readonly Row[] }) {
  const id = useId();
  const max = Math.max(1, ...rows.map(({ leads }) => leads));
  return (
    <section aria-labelledby={id}>
      <Title order={2} id={id} mb="xs">
        {title}
      </Title>
      <table className={classes.tally} aria-labelledby={id}>
        <thead>
          <tr>
            <th>{column}</th>
            <th>Leads</th>
            <th>Won or converted</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, leads, converted }) => (
            <tr key={name}>
              <td>
                {name}
                <Bar max={max} leads={leads} converted={converted} />
              </td>
              <td>{numberText(leads)}</td>
              <td>
                {numberText(converted)} <span>{rateText(converted / leads)}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Bar({ max, leads, converted }: { max: number; leads: number; converted: number }) {
  return (
    <div className={classes.bar} style={{ width: `${(leads / max) * 100}%` }} aria-hidden>
      <div className={classes.converted} style={{ width: `${(converted / leads) * 100}%` }} />
    </div>
  );
}
