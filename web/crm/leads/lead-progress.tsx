import { IconUserCheck } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Lead } from '../../api/lead-queries.ts';
import { RecordLink } from '../../record/record-link.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import classes from './lead-converted.module.css';
import { LeadStatusBar } from './lead-status-bar.tsx';

/** The status of a lead, and what it became. */
export function LeadProgress({ lead }: { lead: Lead }) {
  return (
    <>
      <LeadStatusBar lead={lead} />
      <ConversionResult lead={lead} />
    </>
  );
}

/** When a lead was converted, with links to its contact, company and deal. */
function ConversionResult({ lead }: { lead: Lead }) {
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
