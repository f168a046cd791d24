import { ActionIcon, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useCopy } from './use-copy.ts';
import classes from './copy-text.module.css';

/** A short monospace text with a copy button. */
export function CopyText({ text }: { text: string }) {
  const { copied, copy } = useCopy();
  return (
    <span className={classes.root}>
      <span className={classes.text}>{text}</span>
      <Tooltip label={copied ? 'Copied' : 'Copy'}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="xs"
          aria-label={`Copy ${text}`}
          onClick={() => void copy(text)}
        >
          {copied ? <IconCheck size={13} /> : <IconCopy size={13} />}
        </ActionIcon>
      </Tooltip>
    </span>
  );
}
