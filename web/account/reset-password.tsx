import { TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useConfirmReset, type OpenedLink } from '../api/account-queries.ts';
import { paths } from '../paths.ts';
import { useApiForm } from '../ui/use-api-form.ts';
import { AccountForm } from './account-form.tsx';
import { NewPasswordInput } from './new-password-input.tsx';
import { WithLink } from './opened-link.tsx';

export function ResetPassword() {
  return (
    <WithLink kind="password_reset" staleHint="Request a new one on the page “Forgot your password?”.">
      {(link, token) => <ResetForm link={link} token={token} />}
    </WithLink>
  );
}

function ResetForm({ link, token }: { link: OpenedLink; token: string }) {
  const navigate = useNavigate();
  const { mutateAsync: confirm } = useConfirmReset();
  const api = useApiForm({ password: '' }, async ({ password }) => {
    await confirm({ token, password });
    await navigate(paths.home());
  });

  return (
    <AccountForm action="Set password and sign in" api={api}>
      <TextInput label="Email" type="email" autoComplete="username" value={link.email ?? ''} readOnly />
      <NewPasswordInput label="New password" autoFocus {...api.form.getInputProps('password')} />
    </AccountForm>
  );
}
