import { capitalised } from './capitalised.ts';

const LABELS: Readonly<Record<string, string>> = {
  contact_id: 'Contact',
  company_id: 'Company',
  deal_id: 'Deal',
  owner_id: 'Owner',
  assignee_id: 'Assignee',
  pipeline_id: 'Pipeline',
  stage_id: 'Stage',
  crm_lead_id: 'CRM lead ID',
  custom_fields: 'Custom fields',
};

/** The label of an API field: `job_title` to `Job title`. */
export function fieldLabel(name: string): string {
  return LABELS[name] ?? capitalised(name.replaceAll('_', ' '));
}
