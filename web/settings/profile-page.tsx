import { Button, PasswordInput, Stack, Title } from '@mantine/core';
import { NewPasswordInput } from '../account/new-password-input.tsx';
import { useChangePassword } from '../api/account-queries.ts';
import { useSession } from '../api/session-queries.ts';
import { capitalised } from '../ui/capitalised.ts';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { notifyDone } from '../ui/notify.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { Property, PropertyList } from '../ui/property-list.tsx';
import { useApiForm } from '../ui/use-api-form.ts';
import { ConnectedApps } from './connected-apps.tsx';
import classes from './profile-page.module.css';

/** The user's profile and password form. */
export function ProfilePage() {
  const { user, role, workspace } = useSession();
  return (
    <>
      <PageHeader />
      <div className={classes.body}>
        <PropertyList label="You">
          <Property name="Name">{user.name}</Property>
          <Property name="Email">{user.email}</Property>
          <Property name="Role">
            {capitalised(role)} in {workspace.name}
          </Property>
        </PropertyList>
        <ConnectedApps />
        <PasswordForm email={user.email} />
      </div>
    </>
  );
}

function PasswordForm({ email }: { email: string }) {
  const { mutateAsync: change } = useChangePassword();
  const api = useApiForm({ current_password: '', password: '' }, async (values, form) => {
    await change(values);
    notifyDone('Password changed');
    form.reset();
  });
  return (
    <form onSubmit={api.onSubmit} aria-labelledby="password-title" className={classes.form}>
      <Stack>
        <Title order={2} id="password-title">
          Change password
        </Title>
        {api.error && <ErrorPanel error={api.error} />}
        {/* Tells password managers which account this is. */}
        <input type="email" autoComplete="username" value={email} readOnly hidden />
        <PasswordInput
          label="Current password"
          autoComplete="current-password"
          required
          {...api.form.getInputProps('current_password')}
        />
        <NewPasswordInput label="New password" {...api.form.getInputProps('password')} />
        <div>
          <Button type="submit" loading={api.busy}>
            Change password
          </Button>
        </div>
      </Stack>
    </form>
  );
}
