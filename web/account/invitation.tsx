import { Anchor, PasswordInput, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { useAcceptInvitation, type OpenedLink } from '../api/account-queries.ts';
import { paths } from '../paths.ts';
import { useApiForm } from '../ui/use-api-form.ts';
import { AccountForm } from './account-form.tsx';
import { NewPasswordInput } from './new-password-input.tsx';
import { WithLink } from './opened-link.tsx';

export function Invitation() {
  return (
    <WithLink kind="invitation" staleHint="Ask the person who invited you for a new one.">
      {(link, token) => <InvitationForms link={link} token={token} />}
    </WithLink>
  );
}

interface FormProps {
  link: OpenedLink;
  token: string;
  /** Switches to the other form. */
  switchButton: ReactNode;
}

/** The link does not reveal whether an account exists; only the invited person knows. */
function InvitationForms(props: Omit<FormProps, 'switchButton'>) {
  const [hasAccount, setHasAccount] = useState(false);
  const Form = hasAccount ? ExistingUserForm : NewUserForm;
  const switchButton = (
    <Anchor component="button" type="button" size="sm" ta="center" onClick={() => setHasAccount(!hasAccount)}>
      {hasAccount ? 'I don’t have an account' : 'I already have an account'}
    </Anchor>
  );
  return <Form {...props} switchButton={switchButton} />;
}

function NewUserForm({ link, token, switchButton }: FormProps) {
  const api = useJoin({ name: '', password: '' }, token);
  const { form } = api;
  return (
    <AccountForm
      title={titleOf(link)}
      intro={`You were invited as ${link.role ?? 'member'}.`}
      action={titleOf(link)}
      api={api}
      footer={switchButton}
    >
      <InvitedEmail link={link} />
      <TextInput label="Your name" autoComplete="name" required autoFocus {...form.getInputProps('name')} />
      <NewPasswordInput {...form.getInputProps('password')} />
    </AccountForm>
  );
}

function ExistingUserForm({ link, token, switchButton }: FormProps) {
  const api = useJoin({ password: '' }, token);
  return (
    <AccountForm
      title={titleOf(link)}
      intro="Enter your password to join this workspace with your account."
      action={titleOf(link)}
      api={api}
      footer={switchButton}
    >
      <InvitedEmail link={link} />
      <PasswordInput
        label="Password"
        autoComplete="current-password"
        required
        autoFocus
        {...api.form.getInputProps('password')}
      />
    </AccountForm>
  );
}

function InvitedEmail({ link }: { link: OpenedLink }) {
  return <TextInput label="Email" type="email" autoComplete="username" value={link.email ?? ''} readOnly />;
}

function useJoin<Values extends { name?: string; password: string }>(initial: Values, token: string) {
  const navigate = useNavigate();
  const { mutateAsync: accept } = useAcceptInvitation();
  return useApiForm(initial, async (values) => {
    await accept({ token, ...values });
    await navigate(paths.home());
  });
}

function titleOf({ workspace }: OpenedLink): string {
  return `Join ${workspace?.name ?? 'Fairlead'}`;
}
