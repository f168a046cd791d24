import { Badge, Tooltip } from '@mantine/core';
import { IconUserCheck } from '@tabler/icons-react';
import type { Lead } from '../../api/lead-queries.ts';
import classes from './lead-converted.module.css';

/** Marks a converted lead. */
export function ConvertedBadge({ lead }: { lead: Pick<Lead, 'converted_at'> }) {
  if (lead.converted_at === null) return null;
  return (
    <Badge size="sm" className={classes.badge}>
      Converted
    </Badge>
  );
}

/** The same for table rows: an icon, and on a phone the word. */
export function ConvertedIcon({ lead }: { lead: Pick<Lead, 'converted_at'> }) {
  if (lead.converted_at === null) return null;
  return (
    <Tooltip label="Converted">
      <span className={classes.icon}>
        <IconUserCheck size={15} stroke={1.6} aria-hidden />
        <span>Converted</span>
      </span>
    </Tooltip>
  );
}
