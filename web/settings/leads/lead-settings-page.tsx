import { PageHeader } from '../../ui/page-header.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import { paths } from '../../paths.ts';
import { LeadAssignment } from './lead-assignment.tsx';
import { LeadLimit } from './lead-limit.tsx';
import classes from './lead-settings-page.module.css';
import { LeadStatuses } from './lead-statuses.tsx';
import { LeadOptions } from './lead-options.tsx';

/** What the workspace calls things in its leads, whom they go to, and how many of them it takes. */
export function LeadSettingsPage() {
  return (
    <>
      <PageHeader
        title="Lead settings"
        intro={
          <>
            Programs send leads with an <TextLink {...paths.apiKeys()}>API key</TextLink>. What they send is
            matched with the names here, whatever the case.
          </>
        }
      />
      <div className={classes.body}>
        <LeadStatuses />
        <LeadOptions
          kind="lead-event-types"
          title="Event types"
          noun="event type"
          intro="What a lead is about, as in “Wedding”. A type that is not listed here is left out of the lead, and kept with its submission."
        />
        <LeadOptions
          kind="lead-sources"
          title="Sources"
          noun="source"
          intro="Where leads come from. One that is not listed yet is added when its first lead arrives."
        />
        <LeadAssignment />
        <LeadLimit />
      </div>
    </>
  );
}
