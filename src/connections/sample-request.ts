import type { ConnectionValues, InboundRequest, TestResult } from './connection-kind.ts';

type Verification = Promise<string | null> | string | null;

/**
 * The test of a kind that only receives: verifies a request that is made with the stored secrets.
 * @param headers those that prove the secret, in lower case
 */
export async function testWithSample(
  { verify }: { verify(request: InboundRequest, values: ConnectionValues): Verification },
  { headers = {}, body }: { headers?: Record<string, string>; body: object },
  values: ConnectionValues,
): Promise<TestResult> {
  const text = JSON.stringify(body);
  const request = { method: 'POST', headers, url: '', rawBody: Buffer.from(text), body, form: null, text };
  const problem = await verify(request, values);
  return problem === null
    ? {
        ok: true,
        message:
          'Ready: a sample request made with the stored secret was verified. Nothing was sent, and no record was created.',
      }
    : { ok: false, message: problem };
}
