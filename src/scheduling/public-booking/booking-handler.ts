import { ApiError, type FieldError } from '../../base/errors.ts';
import { isoTime } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { PageSession } from '../../http/public/page-session.ts';
import type { PageTokens } from '../../http/public/page-session.ts';
import type { ProofsOfWork } from '../../http/public/proof-of-work.ts';
import { CONTROLS, honeypot } from '../../http/public/public-page.ts';
import { checkSpam } from '../../http/public/spam-check.ts';
import type { BookingLimit } from './booking-limit.ts';
import type { GuestBookings, VisitedPage } from './guest-booking.ts';
import { fieldNames, readGuestInput, type GuestInput, type SentFields } from './guest-input.ts';

export interface BookingHandlerParts {
  bookings: GuestBookings;
  tokens: PageTokens;
  proofs: ProofsOfWork;
  limit: BookingLimit;
}

/** What came of a booking that a guest sent. */
export type Handled =
  | { kind: 'booked'; id: Uuid }
  /** Nothing was stored. */
  | { kind: 'invalid'; errors: FieldError[] }
  /** The token of the page is too old, or of another page. */
  | { kind: 'stale' }
  | { kind: 'taken'; input: GuestInput };

export interface SentBooking {
  fields: SentFields;
  /** An IP address. */
  address: string;
  /** A page sends the token that it was opened with; a script may send a nonce of its own, or none. */
  needsToken: boolean;
}

export interface BookingHandler {
  /** Throws `rate_limited`, `forbidden` for what is certainly no person, `not_found` and `not_configured`. */
  take(visited: VisitedPage, sent: SentBooking): Promise<Handled>;
}

const MAX_NONCE = 200;

/** Handles what a guest sends: reads it, checks it for spam, and books. */
export function makeBookingHandler({ bookings, tokens, proofs, limit }: BookingHandlerParts): BookingHandler {
  return {
    async take(visited, { fields, address, needsToken }) {
      const { workspaceId, page } = visited;
      const session = tokens.read(page.id, fields[CONTROLS.token]);
      if (session === null && (needsToken || fields[CONTROLS.token] !== undefined)) return { kind: 'stale' };
      const input = readGuestInput(page, fields);
      if (Array.isArray(input)) return { kind: 'invalid', errors: input };
      await limit.check(workspaceId, page.id, address);
      const isSuspect = await checkGuest(visited, fields, session, input);
      try {
        const { id, isRepeat } = await bookings.book(visited, input, {
          nonce: session?.nonce ?? nonceOf(fields),
          isSuspect,
        });
        if (!isRepeat) await limit.count(workspaceId, page.id, address);
        return { kind: 'booked', id };
      } catch (error) {
        if (error instanceof ApiError && error.code === 'slot_taken') return { kind: 'taken', input };
        throw error;
      }
    },
  };

  /** @returns whether a person has to look at it; it then waits for confirmation */
  async function checkGuest(
    { page }: VisitedPage,
    fields: SentFields,
    session: PageSession | null,
    { email, guests }: GuestInput,
  ): Promise<boolean> {
    const reasons = checkSpam({
      honeypot: fields[honeypot.nameFor(fieldNames(page))],
      emails: [email, ...guests],
      // Bookings are limited by those made, so that a fast guest is never refused.
      tookMs: Infinity,
      fromNetwork: 0,
      proof: session === null ? 'none' : await proofs.check(session, fields[CONTROLS.proof]),
      requiresProof: page.proof_of_work === 'required',
    });
    const bot = reasons.find((reason) => reason !== 'disposable_email');
    if (bot !== undefined)
      throw new ApiError(
        'forbidden',
        'The booking was not accepted. Open the page again, and send it once more.',
      );
    return reasons.length > 0;
  }
}

function nonceOf(fields: SentFields): string | null {
  const { nonce } = fields;
  return typeof nonce === 'string' && nonce !== '' ? nonce.slice(0, MAX_NONCE) : null;
}

/** The start of what a guest chose, for pages. */
export function startOf({ start }: GuestInput): string {
  return isoTime(start);
}
