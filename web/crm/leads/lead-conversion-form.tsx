import { Checkbox, Group, Stack, TextInput } from '@mantine/core';
import type { Contact } from '../../api/contact-queries.ts';
import { ApiError, isConflict } from '../../api/client.ts';
import { useConvertLead, type Conversion, type Lead } from '../../api/lead-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { amountProblem } from '../../fields/currency.tsx';
import { numberOf } from '../../fields/field-kind.ts';
import { FormDrawer } from '../../ui/form-drawer.tsx';
import { notifyDone, notifyError } from '../../ui/notify.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { MoneyFields } from '../deals/deal-money.tsx';
import { PipelineInput, StageInput } from '../deals/deal-fields.tsx';
import { CompanyNameField } from './company-name-field.tsx';
import { ConversionContact, missingFields } from './conversion-contact.tsx';
import { leadName } from './lead-name.ts';

interface Values {
  update_contact: boolean;
  company: string;
  create_deal: boolean;
  deal: {
    name: string;
    value: string | number;
    currency: string | null;
    pipeline_id: string | null;
    stage_id: string | null;
  };
}

/**
 * Converts a lead to a contact, optionally with a company and a deal.
 * @param known the contact with the same email; null if none exists, undefined if the session may not read contacts
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
  const mayCompany = useHasScope('companies:write');
  const mayDeal = useHasScope('deals:write');
  const { mutateAsync: convert } = useConvertLead();
  const initial: Values = {
    update_contact: false,
    company: (mayCompany && known?.company_id && known.company) || '',
    create_deal: false,
    deal: { name: '', value: '', currency: null, pipeline_id: null, stage_id: null },
  };
  const api = useApiForm(initial, async (values) => {
    throwAmountProblem(values);
    try {
      await convert({ lead, conversion: toConversion(values) });
      notifyDone(`${leadName(lead)} converted`);
      onClose();
    } catch (error) {
      notifyConcurrentChange(error as Error);
    }
  });
  const { form } = api;
  const missing = known ? missingFields(known, lead, form.values.company) : [];

  return (
    <FormDrawer title="Convert lead" action="Convert" api={api} onClose={onClose}>
      <ConversionContact lead={lead} known={known} />
      {missing.length > 0 && (
        <Checkbox
          label="Fill in the contact’s empty fields"
          description={missing.join(', ')}
          {...form.getInputProps('update_contact', { type: 'checkbox' })}
        />
      )}
      {mayCompany && <CompanyNameField {...form.getInputProps('company')} />}
      {mayDeal && (
        <Checkbox label="Create a deal" {...form.getInputProps('create_deal', { type: 'checkbox' })} />
      )}
      {form.values.create_deal && (
        <Stack gap="md">
          <TextInput
            label="Deal name"
            placeholder={form.values.company.trim() || lead.event_type || leadName(lead)}
            {...form.getInputProps('deal.name')}
          />
          <MoneyFields
            value={form.getInputProps('deal.value')}
            currency={form.getInputProps('deal.currency')}
          />
          <Group grow align="flex-start" wrap="nowrap">
            <PipelineInput
              input={form.getInputProps('deal.pipeline_id')}
              onStage={(stage) => form.setFieldValue('deal', { ...form.values.deal, ...stage })}
            />
            <StageInput
              input={form.getInputProps('deal.stage_id')}
              pipelineId={form.values.deal.pipeline_id}
            />
          </Group>
        </Stack>
      )}
    </FormDrawer>
  );
}

function throwAmountProblem({ create_deal: createDeal, deal: { value, currency } }: Values): void {
  const message = createDeal ? amountProblem(value, currency) : null;
  if (message === null) return;
  const fields = [{ field: 'deal.value', message }];
  throw new ApiError({ status: 400, code: 'validation_error', message, fields });
}

function toConversion({
  update_contact: fillIn,
  company,
  create_deal: createDeal,
  deal,
}: Values): Conversion {
  const filled = Object.entries({ ...deal, value: numberOf(deal.value) }).filter(
    ([, value]) => value !== '' && value !== null,
  );
  return {
    update_contact: fillIn,
    ...(company.trim() !== '' && { company: company.trim() }),
    ...(createDeal && { deal: Object.fromEntries(filled) }),
  };
}

/** Another user changed or converted the lead first. The page shows their version by now. */
function notifyConcurrentChange(error: Error): void {
  const became = error instanceof ApiError && error.status === 409 ? error.fields : [];
  if (became.length > 0) notifyError(new Error('Someone else has already converted this lead.'));
  else if (isConflict(error)) notifyError(error);
  else throw error;
}
