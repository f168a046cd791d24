import { getRouteApi } from '@tanstack/react-router';
import { deals } from '../../api/deal-queries.ts';
import { paths } from '../../paths.ts';
import { TextLink } from '../../ui/router-links.tsx';
import { Day, Moment } from '../../ui/moment.tsx';
import { Property } from '../../ui/property-list.tsx';
import { CompanyLink, ContactLink } from '../record-link.tsx';
import { PersonName } from '../person.tsx';
import { RecordPage } from '../record-page.tsx';
import { DealForm } from './deal-form.tsx';
import { DealOutcome } from './deal-outcome.tsx';
import { DealStatus } from './deal-status.tsx';
import { money } from './money.ts';
import { StageBar } from './stage-bar.tsx';
import { PipelineName, StageName } from './stage-name.tsx';

const route = getRouteApi('/inside/deals/$id');

export function DealPage() {
  const { id } = route.useParams();
  return (
    <RecordPage
      key={id}
      id={id}
      noun="deal"
      queries={deals}
      breadcrumb={<TextLink {...paths.deals()}>Deals</TextLink>}
      titleOf={({ name }) => name}
      badge={({ status }) => <DealStatus status={status} />}
      actions={(deal) => <DealOutcome deal={deal} />}
      progress={(deal) => <StageBar deal={deal} />}
      properties={(deal) => (
        <>
          <Property name="Value">{money(deal)}</Property>
          <Property name="Pipeline">
            <PipelineName id={deal.pipeline_id} />
          </Property>
          <Property name="Stage">
            <StageName id={deal.stage_id} />
          </Property>
          <Property name="Expected close">
            {deal.expected_close_date && <Day date={deal.expected_close_date} />}
          </Property>
          {deal.closed_at && (
            <Property name="Closed">
              <Moment at={deal.closed_at} />
            </Property>
          )}
          {deal.status === 'lost' && <Property name="Lost reason">{deal.lost_reason}</Property>}
          <Property name="Contact">{deal.contact_id && <ContactLink id={deal.contact_id} />}</Property>
          <Property name="Company">{deal.company_id && <CompanyLink id={deal.company_id} />}</Property>
          <Property name="Owner">{deal.owner_id && <PersonName id={deal.owner_id} />}</Property>
        </>
      )}
      notes={({ notes }) => notes}
      form={(deal, close) => <DealForm deal={deal} onClose={close} onSaved={close} />}
      back={paths.deals()}
    />
  );
}
