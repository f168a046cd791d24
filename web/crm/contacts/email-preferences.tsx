import { Alert } from '@mantine/core';
import { IconMailOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { emailPreferencesQuery } from '../../api/suppression-queries.ts';

const REASONS = {
  hard_bounce: 'an address does not work',
  complaint: 'an email was reported as spam',
  unsubscribe: 'the contact has unsubscribed',
  manual: 'a member has suppressed it',
} as const;

/** Says that a contact gets no emails, and why; nothing for the others. */
export function EmailPreferences({ contactId }: { contactId: string }) {
  const { data } = useQuery(emailPreferencesQuery(contactId));
  if (!data) return null;
  const { unsubscribed, reasons, unsubscribed_topics: topics } = data;
  if (!unsubscribed && topics.length === 0) return null;
  return (
    <Alert color="yellow" variant="light" icon={<IconMailOff size={18} />} py="xs" mb="sm">
      {unsubscribed
        ? `Gets no emails: ${reasons.map((reason) => REASONS[reason]).join(', ')}.`
        : `Gets no emails about ${topics.join(', ')}.`}
    </Alert>
  );
}
