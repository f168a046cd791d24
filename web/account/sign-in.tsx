import { PasswordInput, TextInput } from '@mantine/core';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { ApiError } from '../api/client.ts';
import { useSignIn } from '../api/session-queries.ts';
import { paths } from '../paths.ts';
import { TextLink } from '../ui/router-links.tsx';
import { useApiForm } from '../ui/use-api-form.ts';
import { AccountForm } from './account-form.tsx';
import { isServerPage, nextPath } from './next-path.ts';

const route = getRouteApi('/outside/sign-in');

export function SignIn() {
  const { next } = route.useSearch();
  const router = useRouter();
  const { mutateAsync: signIn } = useSignIn();
  const api = useApiForm({ email: '', password: '' }, async (values) => {
    try {
      await signIn(values);
    } catch (error) {
      throw error instanceof ApiError && error.status === 429 ? tooMany(error) : error;
    }
    const path = nextPath(next);
    if (isServerPage(path)) window.location.assign(path);
    else router.history.push(path);
  });
  const { form } = api;

  return (
    <AccountForm
      action="Sign in"
      api={api}
      footer={
        <TextLink {...paths.forgotPassword()} size="sm" ta="center">
          Forgot your password?
        </TextLink>
      }
    >
      <TextInput
        label="Email"
        type="email"
        autoComplete="username"
        required
        withAsterisk={false}
        autoFocus
        {...form.getInputProps('email')}
      />
      <PasswordInput
        label="Password"
        autoComplete="current-password"
        required
        withAsterisk={false}
        {...form.getInputProps('password')}
      />
    </AccountForm>
  );
}

function tooMany({ requestId, retryAfterS }: ApiError): ApiError {
  const minutes = Math.max(1, Math.ceil((retryAfterS ?? 60) / 60));
  const message = `Too many attempts. Try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`;
  return new ApiError({ status: 429, code: 'rate_limited', message, requestId });
}
