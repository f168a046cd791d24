import { useTimeout } from '@mantine/hooks';
import { useState } from 'react';

const SHOWN_MS = 1_500;

/** Copies a text; `copied` is true for a moment. */
export function useCopy(): { copied: boolean; copy: (text: string) => Promise<void> } {
  const [copied, setCopied] = useState(false);
  const { start } = useTimeout(() => setCopied(false), SHOWN_MS);
  return {
    copied,
    async copy(text) {
      await write(text);
      setCopied(true);
      start();
    },
  };
}

/** The clipboard API requires HTTPS or localhost; elsewhere execCommand copies a selected field. */
async function write(text: string): Promise<void> {
  if (window.isSecureContext) return navigator.clipboard.writeText(text);
  const field = document.createElement('textarea');
  field.value = text;
  field.style.position = 'fixed';
  field.style.opacity = '0';
  // Inside an open dialog, because its focus trap takes the focus back from outside.
  (document.querySelector('[role="dialog"]') ?? document.body).append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
}
