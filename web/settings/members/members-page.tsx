import { Button, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconUserPlus, IconUsers } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Invitation } from '../../api/invitation-queries.ts';
import { membersQuery, type Member } from '../../api/member-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { columnsFor, DataTable } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { SecretModal } from '../../ui/secret-modal.tsx';
import { InvitationForm } from './invitation-form.tsx';
import { InvitationTable } from './invitation-table.tsx';
import { MemberMenu } from './member-menu.tsx';
import { MemberRole } from './member-role.tsx';
import classes from './members-page.module.css';

const column = columnsFor<Member>();
const COLUMNS = column.columns([
  column.accessor('name', { header: 'Name', cell: ({ getValue }) => <b>{getValue()}</b> }),
  column.accessor('email', { header: 'Email', meta: { width: '28%' } }),
  column.accessor('role', {
    header: 'Role',
    meta: { width: '10rem' },
    cell: ({ row }) => <MemberRole member={row.original} />,
  }),
  column.accessor('joined_at', {
    header: 'Joined',
    meta: { width: '8rem', desktopOnly: true },
    cell: ({ getValue }) => <Moment at={getValue()} />,
  }),
  column.accessor('last_seen_at', {
    header: 'Last seen',
    meta: { width: '8rem', desktopOnly: true },
    cell: ({ getValue }) => {
      const at = getValue();
      return at === null ? 'Never' : <Moment at={at} />;
    },
  }),
  column.display({
    id: 'actions',
    header: 'Actions',
    meta: { width: '4rem', align: 'right', corner: true },
    cell: ({ row }) => <MemberMenu member={row.original} />,
  }),
]);

export function MembersPage() {
  const list = useInfiniteQuery(membersQuery);
  const mayManage = useHasScope('workspace:manage');
  const [inviting, invite] = useDisclosure();
  const [created, setCreated] = useState<Invitation | null>(null);

  return (
    <>
      <PageHeader
        intro="People with access to this workspace, and their roles."
        actions={
          mayManage && (
            <Button leftSection={<IconUserPlus size={16} />} onClick={invite.open}>
              Invite
            </Button>
          )
        }
      />
      <DataTable
        label="Members"
        columns={COLUMNS}
        list={list}
        empty={<EmptyState icon={IconUsers} title="No members" />}
      />
      {mayManage && (
        <section className={classes.invitations} aria-labelledby="invitations-title">
          <Title order={2} id="invitations-title" className={classes.title}>
            Pending invitations
          </Title>
          <InvitationTable />
        </section>
      )}
      {inviting && (
        <InvitationForm
          onClose={invite.close}
          onCreated={(invitation) => {
            invite.close();
            setCreated(invitation);
          }}
        />
      )}
      {created?.url !== undefined && (
        <SecretModal
          title={`Invitation for ${created.email}`}
          label="Link"
          secret={created.url}
          onDone={() => setCreated(null)}
        >
          {created.mailed
            ? 'The link was also sent by email. It works once and cannot be shown again.'
            : 'Email is not set up. Copy this link and send it yourself. It works once and cannot be shown again.'}
        </SecretModal>
      )}
    </>
  );
}
