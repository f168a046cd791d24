import type { LeadFigures } from '../../../api/lead-analytics-queries.ts';
import classes from './lead-analytics-page.module.css';
import { durationText, rateText } from './figure-text.ts';
import { numberText } from '../../../ui/format.ts';

export function KeyFigures({ figures }: { figures: LeadFigures }) {
  const { leads, converted, conversion_rate: rate, first_contact: contact } = figures;
  return (
    <dl className={classes.key} aria-label="Key figures">
      <Figure name="Leads" value={numberText(leads)} />
      <Figure name="Won or converted" value={numberText(converted)} aside={rateText(rate)} />
      <Figure
        name="Contacted"
        value={numberText(contact.leads)}
        aside={rateText(leads === 0 ? null : contact.leads / leads)}
      />
      <Figure
        name="Time to first contact"
        value={durationText(contact.median_s)}
        aside={contact.p90_s === null ? '' : `90% within ${durationText(contact.p90_s)}`}
      />
    </dl>
  );
}

function Figure({ name, value, aside }: { name: string; value: string; aside?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {value} {aside && <span>{aside}</span>}
      </dd>
    </div>
  );
}
