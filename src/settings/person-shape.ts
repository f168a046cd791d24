import { z } from 'zod';
import { ROLES } from '../account/role.ts';

/** An address to sign in with; compared ignoring case. */
export const accountEmail = z
  .string()
  .trim()
  .max(254)
  .pipe(z.email({ pattern: z.regexes.unicodeEmail, error: 'must be an email address' }))
  .meta({ examples: ['alice@example.com'] });

export const personName = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(100)
  .refine((text) => !text.includes('\0') && text.isWellFormed(), 'must be well-formed Unicode without NUL');

/** As it is sent; how it must be, account/password.ts says. */
export const sentPassword = z
  .string()
  .max(1000)
  .refine((text) => text.isWellFormed(), 'must be well-formed Unicode')
  .meta({ format: 'password' });

export const role = z.enum(ROLES);
