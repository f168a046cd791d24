import { z } from 'zod';
import { isEmailAddress } from '../../base/values/email-address.ts';
import { requiredText } from '../../base/values/text.ts';
import { ROLES } from '../../account/role.ts';

/** The address of a new account. A domain without a dot, such as `admin@localhost`, is allowed for local networks. */
export const accountEmail = requiredText(254)
  .refine((value) => isEmailAddress(value, { minLabels: 1 }), 'must be an email address')
  .meta({ examples: ['alice@example.com'] });

/** The address of an existing account: anything that 0.1.0 accepted. Compared ignoring case. */
export const signInEmail = requiredText(254)
  .regex(z.regexes.unicodeEmail, 'must be an email address')
  .meta({ examples: ['alice@example.com'] });

export const personName = requiredText(100);

/** A password as sent; account/password.ts has the rules. */
export const sentPassword = z
  .string()
  .max(1000)
  .refine((text) => text.isWellFormed(), 'must be well-formed Unicode')
  .meta({ format: 'password' });

export const role = z.enum(ROLES);
