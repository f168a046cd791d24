import { Button, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { invitationsQuery, useWithdrawInvitation, type Invitation } from '../../api/invitation-queries.ts';
import { capitalised } from '../../ui/capitalised.ts';
import { columnsFor, DataTable } from '../../ui/data-table.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { notifyWhenDone, notifyDone } from '../../ui/notify.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import classes from './members-page.module.css';

/** Invalid: the inviter may no longer grant the role. */
const STATES = {
  pending: ['accent', 'pending'],
  expired: ['calm', 'expired'],
  invalid: ['bad', 'no longer valid'],
} as const;

const column = columnsFor<Invitation>();
const COLUMNS = column.columns([
  column.accessor('email', { header: 'Email', cell: ({ getValue }) => <b>{getValue()}</b> }),
  column.accessor('role', {
    header: 'Role',
    meta: { width: '10rem' },
    cell: ({ getValue }) => capitalised(getValue()),
  }),
  column.accessor('state', {
    header: 'State',
    meta: { width: '9rem' },
    cell: ({ getValue }) => {
      const [tone, label] = STATES[getValue()];
      return <StateBadge tone={tone}>{label}</StateBadge>;
    },
  }),
  column.accessor('expires_at', {
    header: 'Expires',
    meta: { width: '8rem', desktopOnly: true },
    cell: ({ getValue }) => <Moment at={getValue()} />,
  }),
  column.display({
    id: 'actions',
    header: 'Actions',
    meta: { width: '8rem', align: 'right', corner: true },
    cell: ({ row }) => <Withdraw invitation={row.original} />,
  }),
]);

/** Pending invitations. */
export function InvitationTable() {
  const list = useInfiniteQuery(invitationsQuery);
  return (
    <DataTable
      label="Pending invitations"
      columns={COLUMNS}
      list={list}
      empty={
        <Text size="sm" c="dimmed" className={classes.title}>
          No pending invitations
        </Text>
      }
    />
  );
}

function Withdraw({ invitation }: { invitation: Invitation }) {
  const { mutateAsync: withdraw, isPending } = useWithdrawInvitation();
  return (
    <Button
      size="compact-xs"
      variant="default"
      loading={isPending}
      onClick={() =>
        notifyWhenDone(withdraw(invitation.id), () =>
          notifyDone(`Invitation for ${invitation.email} withdrawn`),
        )
      }
    >
      Withdraw
    </Button>
  );
}
