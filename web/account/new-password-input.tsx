import { PasswordInput, type PasswordInputProps } from '@mantine/core';

/** The input for a new password; password managers suggest one. */
export function NewPasswordInput(props: PasswordInputProps) {
  return (
    <PasswordInput
      label="Password"
      description="At least 10 characters. Several words are better than one."
      autoComplete="new-password"
      required
      {...props}
    />
  );
}
