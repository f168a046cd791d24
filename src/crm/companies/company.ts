import { email } from '../../record/fields/email.ts';
import { longText } from '../../record/fields/long-text.ts';
import { phone } from '../../record/fields/phone.ts';
import { tags } from '../../record/fields/tags.ts';
import { text } from '../../record/fields/text.ts';
import { url } from '../../record/fields/url.ts';
import { user } from '../../record/fields/user.ts';
import { defineNoun, type InputOfNoun, type RecordOfNoun } from '../../record/noun.ts';

/** An organisation that contacts work for, and that deals are made with. */
export const company = defineNoun({
  name: 'company',
  plural: 'companies',
  label: 'Company',
  pluralLabel: 'Companies',
  title: ['name'],
  listed: ['website', 'industry', 'tags', 'owner_id'],
  subtitle: ['industry', 'website', 'email'],
  fields: {
    name: text({
      label: 'Name',
      max: 200,
      required: true,
      sample: 'Acme Ltd',
      filter: { by: 'folded' },
      search: true,
    }),
    website: url({
      label: 'Website',
      sample: 'https://acme.example',
      filter: true,
      summary: 'presence',
      search: true,
    }),
    industry: text({ label: 'Industry', max: 200, sample: 'Manufacturing', filter: true, search: true }),
    email: email({ label: 'Email', sample: 'hello@acme.example', summary: 'presence', search: true }),
    phone: phone({ label: 'Phone', sample: '+15551234567', summary: 'presence', search: true }),
    address: longText({
      label: 'Address',
      description: 'Postal address',
      max: 2000,
      sample: '1 Harbour Road, Bristol',
      search: true,
    }),
    notes: longText({ label: 'Notes', search: true }),
    owner_id: user({ label: 'Owner', filter: true }),
    tags: tags({ label: 'Tags', filter: true }),
  },
  matchRules: [
    { field: 'website', by: 'website' },
    { field: 'email', by: 'email' },
    { field: 'name', by: 'name' },
  ],
  mergeRules: {},
  sample: { id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c31', custom_fields: { employees: 40 } },
});

export type Company = RecordOfNoun<typeof company>;
export type CompanyInput = InputOfNoun<typeof company>;
