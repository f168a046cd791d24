import { TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useSetup, type OpenedLink } from '../api/account-queries.ts';
import type { Session } from '../api/session-queries.ts';
import { useChangeWorkspace } from '../api/workspace-queries.ts';
import { paths } from '../paths.ts';
import { browserRegion } from '../ui/format.ts';
import { useApiForm } from '../ui/use-api-form.ts';
import { AccountForm } from './account-form.tsx';
import { NewPasswordInput } from './new-password-input.tsx';
import { WithLink } from './opened-link.tsx';

const STALE_HINT = 'The operator of this installation can create a new one.';

/** The defaults of a new workspace. */
function isUnset({ locale, time_zone: timeZone }: Session['workspace']): boolean {
  return locale === 'en-US' && timeZone === 'UTC';
}

export function Setup() {
  return (
    <WithLink kind="setup" staleHint={STALE_HINT}>
      {(link, token) => <SetupForm link={link} token={token} />}
    </WithLink>
  );
}

function SetupForm({ link, token }: { link: OpenedLink; token: string }) {
  const navigate = useNavigate();
  const { mutateAsync: setUp } = useSetup();
  const { mutateAsync: changeWorkspace } = useChangeWorkspace();
  const initial = { workspace_name: '', name: '', email: link.email ?? '', password: '' };
  const api = useApiForm(initial, async ({ workspace_name: workspaceName, ...values }) => {
    const { workspace } = await setUp({
      token,
      ...values,
      ...(workspaceName.trim() && { workspace_name: workspaceName }),
    });
    // Not essential: Settings → Workspace has both.
    if (isUnset(workspace)) await changeWorkspace(browserRegion()).catch(() => undefined);
    await navigate(paths.home());
  });
  const { form } = api;

  return (
    <AccountForm
      intro="You become the owner of this workspace. You can invite others later."
      action="Create account"
      api={api}
    >
      <TextInput
        label="Workspace name"
        description="Your company or team."
        placeholder={link.workspace?.name ?? ''}
        autoComplete="organization"
        autoFocus
        {...form.getInputProps('workspace_name')}
      />
      <TextInput label="Your name" autoComplete="name" required {...form.getInputProps('name')} />
      <TextInput
        label="Email"
        type="email"
        autoComplete="username"
        required
        {...form.getInputProps('email')}
      />
      <NewPasswordInput {...form.getInputProps('password')} />
    </AccountForm>
  );
}
