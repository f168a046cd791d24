import { Checkbox, Stack, TextInput } from '@mantine/core';
import type { Contact } from '../../api/contact-queries.ts';
import { ApiError, isConflict } from '../../api/client.ts';
import { useConvertLead, type Conversion, type Lead } from '../../api/lead-queries.ts';
import { useMay } from '../../api/session-queries.ts';
import { FormDrawer } from '../../ui/form-drawer.tsx';
import { tellDone, tellError } from '../../ui/notify.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { MoneyFields, PlaceFields } from '../deals/deal-fields.tsx';
import { CompanyNameField } from './company-name-field.tsx';
import { ContactToBe, lacking } from './contact-to-be.tsx';
import { leadName } from './lead-name.ts';

interface Values {
  update_contact: boolean;
  company: string;
  makes_deal: boolean;
  deal: {
    name: string;
    value: string | number;
    currency: string | null;
    pipeline_id: string | null;
    stage_id: string | null;
  };
}

/**
 * What is to become of a lead: a contact, a company, a deal.
 * @param known the contact with its email; null where there is none, undefined where nobody may say
 */
export function LeadConversionForm({
  lead,
  known,
  onClose,
}: {
  lead: Lead;
  known: Contact | null | undefined;
  onClose: () => void;
}) {
  const mayCompany = useMay('companies:write');
  const mayDeal = useMay('deals:write');
  const { mutateAsync: convert } = useConvertLead();
  const initial: Values = {
    update_contact: false,
    company: (mayCompany && known?.company_id && known.company) || '',
    makes_deal: false,
    deal: { name: leadName(lead), value: '', currency: null, pipeline_id: null, stage_id: null },
  };
  const api = useApiForm(initial, async (values) => {
    try {
      await convert({ lead, asked: askedOf(values) });
      tellDone(`${leadName(lead)} was converted.`);
      onClose();
    } catch (error) {
      tellOvertaken(error as Error);
    }
  });
  const { form } = api;
  const lacks = known ? lacking(known, lead, form.values.company) : [];

  return (
    <FormDrawer title="Convert lead" action="Convert" api={api} onClose={onClose}>
      <ContactToBe lead={lead} known={known} />
      {lacks.length > 0 && (
        <Checkbox
          label="Fill in what the contact lacks"
          description={lacks.join(', ')}
          {...form.getInputProps('update_contact', { type: 'checkbox' })}
        />
      )}
      {mayCompany && <CompanyNameField {...form.getInputProps('company')} />}
      {mayDeal && (
        <Checkbox label="Make a deal, too" {...form.getInputProps('makes_deal', { type: 'checkbox' })} />
      )}
      {form.values.makes_deal && (
        <Stack gap="md">
          <TextInput label="Deal" required {...form.getInputProps('deal.name')} />
          <MoneyFields
            value={form.getInputProps('deal.value')}
            currency={form.getInputProps('deal.currency')}
          />
          <PlaceFields
            pipeline={form.getInputProps('deal.pipeline_id')}
            stage={form.getInputProps('deal.stage_id')}
            onPlace={(place) => form.setFieldValue('deal', { ...form.values.deal, ...place })}
          />
        </Stack>
      )}
    </FormDrawer>
  );
}

function askedOf({ update_contact: fillIn, company, makes_deal: makesDeal, deal }: Values): Conversion {
  const rendered = Object.entries(deal).filter(([, value]) => value !== '' && value !== null);
  return {
    update_contact: fillIn,
    ...(company.trim() !== '' && { company: company.trim() }),
    ...(makesDeal && { deal: Object.fromEntries(rendered) }),
  };
}

/** Somebody else was faster: what they did is on the page by now. */
function tellOvertaken(error: Error): void {
  const became = error instanceof ApiError && error.status === 409 ? error.fields : [];
  if (became.length > 0) tellError(new Error('Somebody converted this lead meanwhile.'));
  else if (isConflict(error)) tellError(error);
  else throw error;
}
