import { Badge, Tooltip } from '@mantine/core';
import { IconUserCheck } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Lead } from '../../api/lead-queries.ts';
import { Moment } from '../../ui/moment.tsx';
import { CompanyLink, ContactLink, DealLink } from '../record-link.tsx';
import classes from './lead-converted.module.css';

/** Beside a lead that became a contact; nothing beside others. */
export function ConvertedMark({ lead }: { lead: Pick<Lead, 'converted_at'> }) {
  if (lead.converted_at === null) return null;
  return (
    <Badge size="sm" className={classes.mark}>
      Converted
    </Badge>
  );
}

/** The same where there is little room: a sign, and on a phone its word. */
export function ConvertedSign({ lead }: { lead: Pick<Lead, 'converted_at'> }) {
  if (lead.converted_at === null) return null;
  return (
    <Tooltip label="Converted">
      <span className={classes.sign}>
        <IconUserCheck size={15} stroke={1.6} aria-hidden />
        <span>Converted</span>
      </span>
    </Tooltip>
  );
}

/** When a lead was converted, and links to what it became. */
export function WhatItBecame({ lead }: { lead: Lead }) {
  if (lead.converted_at === null) return null;
  return (
    <section className={classes.became} aria-label="What it became">
      <span className={classes.when}>
        <IconUserCheck size={16} stroke={1.6} aria-hidden />
        <span>
          Converted <Moment at={lead.converted_at} />
        </span>
      </span>
      {lead.contact_id && (
        <Became kind="Contact">
          <ContactLink id={lead.contact_id} />
        </Became>
      )}
      {lead.company_id && (
        <Became kind="Company">
          <CompanyLink id={lead.company_id} />
        </Became>
      )}
      {lead.deal_id && (
        <Became kind="Deal">
          <DealLink id={lead.deal_id} />
        </Became>
      )}
    </section>
  );
}

function Became({ kind, children }: { kind: string; children: ReactNode }) {
  return (
    <span className={classes.one}>
      <span className={classes.kind}>{kind}</span> {children}
    </span>
  );
}
