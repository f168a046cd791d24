import { Badge } from '@mantine/core';
import type { ApiKey } from '../../api/api-key-queries.ts';
import { columnsFor } from '../../ui/data-table.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { ApiKeyMenu } from './api-key-menu.tsx';
import { ApiKeyState } from './api-key-state.tsx';
import { numberText } from '../../ui/format.ts';

const column = columnsFor<ApiKey>();
/** For sessions with `keys:read`. */
export const READER_COLUMNS = column.columns([
  column.accessor('name', {
    header: 'Name',
    cell: ({ row: { original: key } }) => (
      <>
        <b>{key.name}</b>
        {key.kind === 'agent' && (
          <Badge size="xs" variant="light" ml="xs">
            {key.app ? 'App' : 'Agent'}
          </Badge>
        )}
      </>
    ),
  }),
  column.accessor('prefix', {
    header: 'Key',
    meta: { width: '10.5rem' },
    cell: ({ row: { original: key } }) =>
      // An app has tokens of its own.
      key.app ? (
        <span title={key.maker?.name}>{key.app.host}</span>
      ) : (
        <span className="mono">{key.prefix}…</span>
      ),
  }),
  column.display({
    id: 'state',
    header: 'State',
    meta: { width: '8rem' },
    cell: ({ row }) => <ApiKeyState apiKey={row.original} />,
  }),
  column.accessor('expires_at', {
    header: 'Expires',
    meta: { width: '7rem', desktopOnly: true, wideOnly: true },
    cell: ({ row: { original: key } }) => {
      if (key.state === 'revoked') return null;
      return key.expires_at === null ? 'Never' : <Moment at={key.expires_at} />;
    },
  }),
]);

/** For sessions with `keys:manage`: adds usage and actions. */
export const MANAGER_COLUMNS = column.columns([
  ...READER_COLUMNS,
  column.accessor('last_used_at', {
    header: 'Last used',
    meta: { width: '7.5rem' },
    cell: ({ getValue }) => {
      const at = getValue();
      if (at === undefined) return null;
      return at === null ? 'Never used' : <Moment at={at} />;
    },
  }),
  column.display({
    id: 'requests_24h',
    header: 'Requests 24 h',
    meta: { width: '7.5rem', align: 'right', desktopOnly: true },
    cell: ({ row: { original } }) => original.usage && numberText(original.usage.last_24_hours.requests),
  }),
  column.display({
    id: 'requests_7d',
    header: '7 d',
    meta: { width: '3.75rem', align: 'right', desktopOnly: true, wideOnly: true },
    cell: ({ row: { original } }) => original.usage && numberText(original.usage.last_7_days.requests),
  }),
  column.display({
    id: 'server_errors',
    header: 'Server errors',
    meta: { width: '7.25rem', align: 'right', desktopOnly: true },
    cell: ({ row: { original } }) => original.usage && numberText(original.usage.last_7_days.server_errors),
  }),
  column.display({
    id: 'rate_limited',
    header: 'Rate limited',
    meta: { width: '6.75rem', align: 'right', desktopOnly: true },
    cell: ({ row: { original } }) => original.usage && numberText(original.usage.last_7_days.rate_limited),
  }),
  column.display({
    id: 'actions',
    header: 'Actions',
    meta: { width: '4rem', align: 'right', corner: true },
    cell: ({ row }) => <ApiKeyMenu apiKey={row.original} />,
  }),
]);
