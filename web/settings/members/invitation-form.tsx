import { TextInput } from '@mantine/core';
import { useInvite, type Invitation } from '../../api/invitation-queries.ts';
import type { Role } from '../../api/session-queries.ts';
import { FormDrawer } from '../../ui/form-drawer.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { RoleSelect } from './role-select.tsx';

/** Invites a member by link. */
export function InvitationForm({
  onClose,
  onCreated,
}: {
  onClose: () => void;
  onCreated: (invitation: Invitation) => void;
}) {
  const { mutateAsync: invite } = useInvite();
  const initial: { email: string; role: Role } = { email: '', role: 'member' };
  const api = useApiForm(initial, async (values) => onCreated(await invite(values)));
  return (
    <FormDrawer title="Invite a member" action="Invite" api={api} onClose={onClose}>
      <TextInput label="Email" type="email" required data-autofocus {...api.form.getInputProps('email')} />
      <RoleSelect label="Role" {...api.form.getInputProps('role')} />
    </FormDrawer>
  );
}
