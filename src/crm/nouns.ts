import type { Noun } from '../record/noun.ts';
import { company } from './companies/company.ts';
import { contact } from './contacts/contact.ts';
import { deal } from './deals/deal.ts';
import { lead } from './leads/lead.ts';
import { note } from './notes/note.ts';
import { task } from './tasks/task.ts';

/** Every kind of record. A new one is its folder, a migration, and a line here. */
export const NOUNS = [contact, company, deal, task, lead, note] as unknown as readonly Noun[];
