import { Stack, Text, TextInput, Title } from '@mantine/core';
import { useRequestReset } from '../api/account-queries.ts';
import { paths } from '../paths.ts';
import { TextLink } from '../ui/router-links.tsx';
import { useApiForm } from '../ui/use-api-form.ts';
import { AccountForm } from './account-form.tsx';

export function ForgotPassword() {
  const { mutateAsync: requestReset, isSuccess } = useRequestReset();
  const api = useApiForm({ email: '' }, (values) => requestReset(values));
  const back = (
    <TextLink {...paths.signIn()} size="sm" ta="center">
      Back to sign in
    </TextLink>
  );

  if (isSuccess) {
    return (
      <Stack component="output">
        <Title order={1}>Check your email</Title>
        <Text size="sm">
          If an account exists for {api.form.values.email}, we sent a link to set a new password.
        </Text>
        {back}
      </Stack>
    );
  }
  return (
    <AccountForm intro="We’ll email you a link to set a new one." action="Send link" api={api} footer={back}>
      <TextInput
        label="Email"
        type="email"
        autoComplete="username"
        required
        withAsterisk={false}
        autoFocus
        {...api.form.getInputProps('email')}
      />
    </AccountForm>
  );
}
