import { Button, Checkbox, Group, Modal, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import {
  createdByMemberQuery,
  useRemoveMember,
  type CreatedByMember,
  type Member,
  type CreatedKind,
} from '../../api/member-queries.ts';
import { useScopeCheck, useSession } from '../../api/session-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { notifyWhenDone, notifyDone } from '../../ui/notify.tsx';

const KINDS: readonly {
  kind: CreatedKind;
  scope: string;
  singular: string;
  plural: string;
  /** What happens to them if they are not revoked. */
  hint: string;
}[] = [
  {
    kind: 'keys',
    scope: 'keys:manage',
    singular: 'API key',
    plural: 'API keys',
    hint: 'They stop working in any case. If revoked, they stay revoked after a new invitation.',
  },
  {
    kind: 'inbound_secrets',
    scope: 'keys:manage',
    singular: 'inbound secret',
    plural: 'inbound secrets',
    hint: 'They keep working unless you revoke them.',
  },
  {
    kind: 'webhooks',
    scope: 'webhooks:manage',
    singular: 'webhook',
    plural: 'webhooks',
    hint: 'They keep sending unless you revoke them.',
  },
  {
    kind: 'connections',
    scope: 'connections:manage',
    singular: 'connection',
    plural: 'connections',
    hint: 'They keep receiving unless you revoke them.',
  },
];

/** The rest is shown as a number. */
const MAX_NAMES = 5;

/** Confirms the removal of a member, and which of their keys, secrets, webhooks and connections to revoke. */
export function MemberRemoval({ member, onClose }: { member: Member; onClose: () => void }) {
  const { workspace } = useSession();
  const createdItems = useQuery(createdByMemberQuery(member.id));
  const [revoke, setRevoke] = useState<string[]>([]);
  const { mutateAsync: remove, isPending, error } = useRemoveMember();
  const failure = error ?? createdItems.error;
  const send = () =>
    notifyWhenDone(remove({ id: member.id, revoke: revoke as CreatedKind[] }), () => {
      notifyDone(`${member.name} removed`);
      onClose();
    });

  return (
    <Modal opened onClose={onClose} title={`Remove ${member.name}?`}>
      <Stack>
        {failure && <ErrorPanel error={failure} />}
        <Text size="sm">
          They lose access to {workspace.name}, and API keys they created stop working. Their records are
          kept.
        </Text>
        {createdItems.data ? (
          <RevokeChoices createdItems={createdItems.data} chosen={revoke} onChange={setRevoke} />
        ) : (
          !createdItems.error && <Skeleton height={64} />
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button color="red" loading={isPending} onClick={send}>
            Remove member
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function RevokeChoices({
  createdItems,
  chosen,
  onChange,
}: {
  createdItems: CreatedByMember;
  chosen: string[];
  onChange: (kinds: string[]) => void;
}) {
  const hasScope = useScopeCheck();
  const groups = KINDS.flatMap((kind) => {
    const list = createdItems[kind.kind];
    return list && list.total_count > 0 ? [{ ...kind, list }] : [];
  });
  if (groups.length === 0) return null;
  return (
    <Checkbox.Group
      label="Also revoke"
      description="Apps that use these lose access immediately."
      value={chosen}
      onChange={onChange}
    >
      <Stack gap="sm" mt="sm">
        {groups.map(({ kind, scope, singular, plural, hint, list }) => (
          <Checkbox
            key={kind}
            value={kind}
            disabled={!hasScope(scope)}
            label={`${list.total_count} ${list.total_count === 1 ? singular : plural}: ${namesOf(list)}`}
            description={hint}
            styles={{ label: { overflowWrap: 'anywhere' } }}
          />
        ))}
      </Stack>
    </Checkbox.Group>
  );
}

function namesOf({ total_count: count, data }: { total_count: number; data: { name: string }[] }): string {
  const names = data.slice(0, MAX_NAMES).map(({ name }) => name);
  const more = count - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}
