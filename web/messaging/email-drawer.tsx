import { Drawer } from '@mantine/core';
import type { PreviewRecords } from '../api/email-queries.ts';
import { EmailForm, type AnsweredEmail } from './email-form.tsx';

/** Writes an email in a drawer. */
export function EmailDrawer({
  links,
  answered,
  onClose,
  onSent,
}: {
  links?: PreviewRecords;
  answered?: AnsweredEmail;
  onClose: () => void;
  onSent: (id: string) => void;
}) {
  return (
    <Drawer
      opened
      onClose={onClose}
      title={answered ? 'Reply' : 'New email'}
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <EmailForm
        {...(links && { links })}
        {...(answered && { answered })}
        onSent={(id) => {
          onClose();
          onSent(id);
        }}
      />
    </Drawer>
  );
}
