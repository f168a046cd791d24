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
    <WithLink kind="invitation" stale="Ask whoever invited you for another one.">
      {(link, token) => <InvitationForms link={link} token={token} />}
    </WithLink>
  );
}

interface FormProps {
  link: OpenedLink;
  token: string;
  /** The button that shows the other form. */
  other: ReactNode;
}

/** The link does not say whether there is an account: whoever was invited knows, and nobody else is to learn it. */
function InvitationForms(props: Omit<FormProps, 'other'>) {
  const [hasAccount, setHasAccount] = useState(false);
  const Form = hasAccount ? AccountHolderForm : NewcomerForm;
  const other = (
    <Anchor component="button" type="button" size="sm" ta="center" onClick={() => setHasAccount(!hasAccount)}>
      {hasAccount ? 'I have no account yet' : 'I have an account already'}
    </Anchor>
  );
  return <Form {...props} other={other} />;
}

function NewcomerForm({ link, token, other }: FormProps) {
  const api = useJoin({ name: '', password: '' }, token);
  const { form } = api;
  return (
    <AccountForm
      title={titleOf(link)}
      intro={`You were invited as ${link.role ?? 'member'}.`}
      action={titleOf(link)}
      api={api}
      below={other}
    >
      <InvitedEmail link={link} />
      <TextInput label="Your name" autoComplete="name" required autoFocus {...form.getInputProps('name')} />
      <NewPasswordInput {...form.getInputProps('password')} />
    </AccountForm>
  );
}

function AccountHolderForm({ link, token, other }: FormProps) {
  const api = useJoin({ password: '' }, token);
  return (
    <AccountForm
      title={titleOf(link)}
      intro="The password of your account joins this workspace to it."
      action={titleOf(link)}
      api={api}
      below={other}
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
