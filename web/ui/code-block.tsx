import { ActionIcon, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import classes from './code-block.module.css';
import { useCopy } from './use-copy.ts';

/** Code with a copy button; long lines scroll. */
export function CodeBlock({ label, code }: { label: string; code: string }) {
  const { copied, copy } = useCopy();
  return (
    <figure className={classes.root}>
      <figcaption className={classes.caption}>
        {label}
        <Tooltip label={copied ? 'Copied' : 'Copy'}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-label={`Copy: ${label}`}
            onClick={() => void copy(code)}
          >
            {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          </ActionIcon>
        </Tooltip>
      </figcaption>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrollable region must be reachable by keyboard */}
      <pre className={classes.code} tabIndex={0}>
        {code}
      </pre>
    </figure>
  );
}
