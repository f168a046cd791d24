/** How the contact of a payment or a subscription was found, most certain first. */
export const MATCHED_BY = {
  customer: 'Customer of the provider',
  reference: 'Id in the metadata',
  email: 'Email',
  phone: 'Phone',
  lead: 'Lead with this email',
  created: 'Contact was created',
  member: 'Assigned by hand',
  unmatched: 'Unmatched',
} as const;

export type MatchedBy = keyof typeof MATCHED_BY;
