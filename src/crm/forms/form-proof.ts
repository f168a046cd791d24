import { createChallenge, verifySolution, type Challenge, type Payload } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import type { FormSession } from './form-token.ts';

/**
 * What a browser has to work for: 256 tries of 4,000 rounds in the middle, about a second of one core, while the visitor
 * fills in. We make none of these tries for a page, and one for what is sent.
 */
const WORK = { algorithm: 'PBKDF2/SHA-256', cost: 4000, keyPrefix: '00' } as const;
const MAX_PROOF_LENGTH = 4000;

/** Proof of work, by ALTCHA: cheap for one visitor, not for who sends a form ten thousand times. */
export interface FormProofs {
  /** The work for one session; its solution is good for no other. */
  challenge(session: FormSession): Promise<Challenge>;
  /** @param proof the solved challenge as base64 of its JSON, or nothing */
  check(session: FormSession, proof: unknown): Promise<'none' | 'right' | 'wrong'>;
}

/** @param key of the installation, for this purpose alone */
export function makeFormProofs(key: Buffer): FormProofs {
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
        // What was signed here is well-formed; what was not may be anything.
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
