import { PasswordInput, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useAcceptInvitation, type OpenedLink } from '../api/account-queries.ts';
import { paths } from '../paths.ts';
import { useApiForm } from '../ui/use-api-form.ts';
import { AccountForm } from './account-form.tsx';
import { NewPasswordInput } from './new-password-input.tsx';
import { WithLink } from './opened-link.tsx';

export function Invitation() {
  return (
    <WithLink kind="invitation" stale="Ask whoever invited you for another one.">
      {(link, token) => <InvitationForm link={link} token={token} />}
    </WithLink>
  );
}

function InvitationForm({ link, token }: { link: OpenedLink; token: string }) {
  const navigate = useNavigate();
  const { mutateAsync: accept } = useAcceptInvitation();
  const api = useApiForm({ name: '', password: '' }, async ({ name, password }) => {
    await accept({ token, password, ...(!link.has_account && { name }) });
    await navigate(paths.home());
  });
  const { form } = api;
  const workspace = link.workspace?.name ?? 'Fairlead';

  return (
    <AccountForm
      title={`Join ${workspace}`}
      intro={
        link.has_account
          ? 'You have an account here already: your password joins this workspace to it.'
          : `You were invited as ${link.role ?? 'member'}.`
      }
      action={`Join ${workspace}`}
      api={api}
    >
      <TextInput label="Email" type="email" autoComplete="username" value={link.email ?? ''} readOnly />
      {link.has_account ? (
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          required
          autoFocus
          {...form.getInputProps('password')}
        />
      ) : (
        <>
          <TextInput
            label="Your name"
            autoComplete="name"
            required
            autoFocus
            {...form.getInputProps('name')}
          />
          <NewPasswordInput {...form.getInputProps('password')} />
        </>
      )}
    </AccountForm>
  );
}
