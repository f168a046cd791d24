import { PasswordInput, type PasswordInputProps } from '@mantine/core';

/** Where a password is made up: managers of passwords offer one here. */
export function NewPasswordInput(props: PasswordInputProps) {
  return (
    <PasswordInput
      label="Password"
      description="At least 10 characters; a few words are better than one."
      autoComplete="new-password"
      required
      {...props}
    />
  );
}
