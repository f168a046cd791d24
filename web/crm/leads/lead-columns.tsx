import type { Lead } from '../../api/lead-queries.ts';
import { paths } from '../../paths.ts';
import { columnsFor, RowLink } from '../../ui/data-table.tsx';
import { Day, Moment } from '../../ui/moment.tsx';
import { PersonName } from '../person.tsx';
import { ConvertedIcon } from './lead-converted.tsx';
import classes from './lead-list.module.css';
import { leadName } from './lead-name.ts';
import { LeadStatus } from './lead-status.tsx';

const column = columnsFor<Lead>();

export const LEAD_COLUMNS = column.columns([
  column.display({
    id: 'name',
    header: 'Name',
    cell: ({ row }) => (
      <span className={classes.named}>
        <RowLink {...paths.lead(row.original.id)}>{leadName(row.original)}</RowLink>
        <ConvertedIcon lead={row.original} />
      </span>
    ),
  }),
  column.accessor('number', {
    header: 'No.',
    meta: { width: '3.5rem', align: 'right', desktopOnly: true },
  }),
  column.accessor('status', {
    header: 'Status',
    meta: { width: '6.75rem' },
    cell: ({ getValue }) => <LeadStatus status={getValue()} />,
  }),
  column.accessor('email', { header: 'Email', meta: { width: '14%' } }),
  column.accessor('phone', { header: 'Phone', meta: { width: '8rem', desktopOnly: true } }),
  column.accessor('event_type', { header: 'Event type', meta: { width: '8%' } }),
  column.accessor('event_date', {
    header: 'Event date',
    meta: { width: '7rem' },
    cell: ({ getValue }) => {
      const date = getValue();
      return date && <Day date={date} />;
    },
  }),
  column.accessor('source', { header: 'Source', meta: { width: '10%', desktopOnly: true } }),
  column.accessor('owner_id', {
    header: 'Owner',
    meta: { width: '7rem', desktopOnly: true },
    cell: ({ getValue }) => <PersonName id={getValue()} />,
  }),
  column.accessor('created_at', {
    header: 'Created',
    meta: { width: '7.5rem', sort: 'created_at' },
    cell: ({ getValue }) => <Moment at={getValue()} />,
  }),
]);
