import { recordQueries } from './record-queries.ts';
import type { components, operations } from './schema.d.ts';

export type Company = components['schemas']['Company'];
export type CompanyInput = operations['postCompanies']['requestBody']['content']['application/json'];

export const companies = recordQueries<Company, CompanyInput>('companies');
