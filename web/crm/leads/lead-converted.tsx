import { Badge, Tooltip } from '@mantine/core';
import { IconUserCheck } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Lead } from '../../api/lead-queries.ts';
import { Moment } from '../../ui/relative-time.tsx';
import { RecordLink } from '../../record/record-link.tsx';
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

/** When a lead was converted, with links to its contact, company and deal. */
export function ConversionResult({ lead }: { lead: Lead }) {
  if (lead.converted_at === null) return null;
  return (
    <section className={classes.root} aria-label="Converted to">
      <span className={classes.when}>
        <IconUserCheck size={16} stroke={1.6} aria-hidden />
        <span>
          Converted <Moment at={lead.converted_at} />
        </span>
      </span>
      {lead.contact_id && (
        <ConvertedRecord kind="Contact">
          <RecordLink objectKey="contact" id={lead.contact_id} />
        </ConvertedRecord>
      )}
      {lead.company_id && (
        <ConvertedRecord kind="Company">
          <RecordLink objectKey="company" id={lead.company_id} />
        </ConvertedRecord>
      )}
      {lead.deal_id && (
        <ConvertedRecord kind="Deal">
          <RecordLink objectKey="deal" id={lead.deal_id} />
        </ConvertedRecord>
      )}
    </section>
  );
}

function ConvertedRecord({ kind, children }: { kind: string; children: ReactNode }) {
  return (
    <span className={classes.record}>
      <span className={classes.kind}>{kind}</span> {children}
    </span>
  );
}
