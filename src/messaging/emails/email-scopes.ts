import { defineScopes } from '../../account/scope.ts';

/** Reading and logging mails are scopes of the noun. */
export const EMAIL_SCOPES = defineScopes(
  { name: 'emails', label: 'Emails' },
  {
    'emails:send': {
      label: 'Send emails',
      description: "Send emails through the workspace's accounts. It does not include reading them.",
      minRole: 'member',
    },
  },
);
