import { PageHeader } from '../../ui/page-header.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import { paths } from '../../paths.ts';
import { LeadAssignment } from './lead-assignment.tsx';
import { LeadLimit } from './lead-limit.tsx';
import classes from './lead-settings-page.module.css';
import { LeadStatuses } from './lead-statuses.tsx';
import { LeadOptions } from './lead-options.tsx';

/** Lead statuses, interests, sources, assignment and hourly limit. */
export function LeadSettingsPage() {
  return (
    <>
      <PageHeader
        intro={
          <>
            Other apps send leads with an <TextLink {...paths.apiKeys()}>API key</TextLink>. Incoming values
            are matched with these names, ignoring case.
          </>
        }
      />
      <div className={classes.body}>
        <LeadStatuses />
        <LeadOptions
          kind="lead-event-types"
          title="Interests"
          noun="interest"
          intro="What leads ask about, such as “Wedding” or “Website redesign”. The API calls it event type. Unknown values are not set on the lead, but kept in its submission."
        />
        <LeadOptions
          kind="lead-sources"
          title="Sources"
          noun="source"
          intro="Where leads come from. New sources are added automatically."
        />
        <LeadAssignment />
        <LeadLimit />
      </div>
    </>
  );
}
