import { Button, Checkbox, Group, Modal, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import {
  madeByQuery,
  useRemoveMember,
  type MadeByMember,
  type Member,
  type MadeKind,
} from '../../api/member-queries.ts';
import { useScopeCheck, useSession } from '../../api/session-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { notifyWhenDone, notifyDone } from '../../ui/notify.tsx';

const KINDS: readonly {
  kind: MadeKind;
  scope: string;
  singular: string;
  plural: string;
  /** What becomes of them where they are not revoked. */
  kept: string;
}[] = [
  {
    kind: 'keys',
    scope: 'keys:manage',
    singular: 'API key',
    plural: 'API keys',
    kept: 'Refused from now on in any case; revoked, they stay so if the person is invited again.',
  },
  {
    kind: 'inbound_secrets',
    scope: 'keys:manage',
    singular: 'inbound secret',
    plural: 'inbound secrets',
    kept: 'Belong to the workspace and go on working unless you revoke them.',
  },
  {
    kind: 'webhooks',
    scope: 'webhooks:manage',
    singular: 'webhook',
    plural: 'webhooks',
    kept: 'Belong to the workspace and go on sending unless you revoke them.',
  },
];

/** So many are named; the rest is counted. */
const NAMED = 5;

/** Asks before a member is removed, and which of what they made is revoked with them. */
export function MemberRemoval({ member, onClose }: { member: Member; onClose: () => void }) {
  const { workspace } = useSession();
  const made = useQuery(madeByQuery(member.id));
  const [revoke, setRevoke] = useState<string[]>([]);
  const { mutateAsync: remove, isPending, error } = useRemoveMember();
  const refused = error ?? made.error;
  const send = () =>
    notifyWhenDone(remove({ id: member.id, revoke: revoke as MadeKind[] }), () => {
      notifyDone(`${member.name} was removed.`);
      onClose();
    });

  return (
    <Modal opened onClose={onClose} title={`Remove ${member.name}?`}>
      <Stack>
        {refused && <ErrorPanel error={refused} />}
        <Text size="sm">
          They cannot enter {workspace.name} any more, and API keys they made are refused. Their records stay.
        </Text>
        {made.data ? (
          <MadeChoices made={made.data} chosen={revoke} onChange={setRevoke} />
        ) : (
          !made.error && <Skeleton height={64} />
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

function MadeChoices({
  made,
  chosen,
  onChange,
}: {
  made: MadeByMember;
  chosen: string[];
  onChange: (kinds: string[]) => void;
}) {
  const may = useScopeCheck();
  const existing = KINDS.flatMap((kind) => {
    const list = made[kind.kind];
    return list && list.total_count > 0 ? [{ ...kind, list }] : [];
  });
  if (existing.length === 0) return null;
  return (
    <Checkbox.Group
      label="Revoke what they made"
      description="Programs that use it are refused at once."
      value={chosen}
      onChange={onChange}
    >
      <Stack gap="sm" mt="sm">
        {existing.map(({ kind, scope, singular, plural, kept, list }) => (
          <Checkbox
            key={kind}
            value={kind}
            disabled={!may(scope)}
            label={`${list.total_count} ${list.total_count === 1 ? singular : plural}: ${namesOf(list)}`}
            description={kept}
            styles={{ label: { overflowWrap: 'anywhere' } }}
          />
        ))}
      </Stack>
    </Checkbox.Group>
  );
}

function namesOf({ total_count: count, data }: { total_count: number; data: { name: string }[] }): string {
  const named = data.slice(0, NAMED).map(({ name }) => name);
  const more = count - named.length;
  return more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ');
}
