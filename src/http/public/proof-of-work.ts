import { createChallenge, verifySolution, type Challenge, type Payload } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import type { PageSession } from './page-session.ts';

/**
 * The work of a browser: on average 256 attempts of 4,000 rounds, about a second on one core, while the visitor fills in
 * the page. The server makes no attempt for a page, and one to verify a submission.
 */
const WORK = { algorithm: 'PBKDF2/SHA-256', cost: 4000, keyPrefix: '00' } as const;
const MAX_PROOF_LENGTH = 4000;

/** Proof of work by ALTCHA: cheap for one visitor, expensive for thousands of submissions. */
export interface ProofsOfWork {
  /** The challenge of one session; its solution is valid for that session only. */
  challenge(session: PageSession): Promise<Challenge>;
  /** @param proof the solved challenge as base64 of its JSON, or undefined, null or '' */
  check(session: PageSession, proof: unknown): Promise<'none' | 'right' | 'wrong'>;
}

/** @param key derived from the installation's key for this kind of page only */
export function makeProofsOfWork(key: Buffer): ProofsOfWork {
  const hmacSignatureSecret = key.toString('hex');
  return {
    challenge: ({ nonce }) =>
      createChallenge({ ...WORK, data: { session: nonce }, deriveKey, hmacSignatureSecret }),

    async check({ nonce }, proof) {
      if (proof === undefined || proof === null || proof === '') return 'none';
      const payload = read(proof);
      if (payload?.challenge.parameters.data?.['session'] !== nonce) return 'wrong';
      try {
        const { verified } = await verifySolution({ ...payload, deriveKey, hmacSignatureSecret });
        return verified ? 'right' : 'wrong';
      } catch {
        // A payload that this server did not sign may have any shape.
        return 'wrong';
      }
    },
  };
}

function read(proof: unknown): Payload | null {
  if (typeof proof !== 'string' || proof.length > MAX_PROOF_LENGTH) return null;
  try {
    const payload = JSON.parse(Buffer.from(proof, 'base64').toString('utf8')) as Partial<Payload> | null;
    return payload?.challenge?.parameters && payload.solution ? (payload as Payload) : null;
  } catch {
    return null;
  }
}
