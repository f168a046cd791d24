import { Title } from '@mantine/core';
import { useId } from 'react';
import classes from './lead-analytics-page.module.css';
import { rateText } from './figure-text.ts';

interface Row {
  name: string;
  leads: number;
  converted: number;
}

/** Counts by name: a chart of bars that is a table, too. */
export function TallyTable({ title, column, rows }: { title: string; column: string; rows: readonly Row[] }) {
  const id = useId();
  const most = Math.max(1, ...rows.map(({ leads }) => leads));
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
                <Bar of={most} leads={leads} converted={converted} />
              </td>
              <td>{leads.toLocaleString()}</td>
              <td>
                {converted.toLocaleString()} <span>{rateText(converted / leads)}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Bar({ of: most, leads, converted }: { of: number; leads: number; converted: number }) {
  return (
    <div className={classes.bar} style={{ width: `${(leads / most) * 100}%` }} aria-hidden>
      <div className={classes.converted} style={{ width: `${(converted / leads) * 100}%` }} />
    </div>
  );
}
