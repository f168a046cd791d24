import { useTimeout } from '@mantine/hooks';
import { useState } from 'react';

const SHOWN_MS = 1_500;

/** Copies a text, and says so for a moment. */
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

/** The clipboard is there on HTTPS and localhost alone; elsewhere a selected field does what it always did. */
async function write(text: string): Promise<void> {
  if (window.isSecureContext) return navigator.clipboard.writeText(text);
  const field = document.createElement('textarea');
  field.value = text;
  field.style.position = 'fixed';
  field.style.opacity = '0';
  // Inside an open dialog, if there is one: it takes the focus back from whatever lies outside.
  (document.querySelector('[role="dialog"]') ?? document.body).append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
}
