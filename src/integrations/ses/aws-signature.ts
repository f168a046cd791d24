import { createHash, createHmac } from 'node:crypto';

/** Credentials of AWS, and what they are used for. */
export interface AwsScope {
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
  /** As in `ses`. */
  service: string;
}

/** A request before it is signed. */
export interface UnsignedRequest {
  method: 'GET' | 'POST';
  url: string;
  /** Besides host and date. */
  headers: Readonly<Record<string, string>>;
  body: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * The headers of a request signed with Signature Version 4 (AWS General Reference, "Create a signed AWS API request").
 * @param now wall-clock milliseconds; AWS refuses more than 5 minutes
 */
export function signedHeaders(
  { method, url, headers, body }: UnsignedRequest,
  { accessKeyId, secretAccessKey, region, service }: AwsScope,
  now: number,
): Record<string, string> {
  const { host, pathname, searchParams } = new URL(url);
  const time = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = time.slice(0, 8);
  const signed: Record<string, string> = { ...headers, host, 'x-amz-date': time };
  const names = Object.keys(signed)
    .map((name) => name.toLowerCase())
    .toSorted();
  const byName = new Map(Object.entries(signed).map(([name, value]) => [name.toLowerCase(), value]));
  const canonical = [
    method,
    // Each segment is encoded once more, as for every service but S3.
    pathname.split('/').map(encoded).join('/'),
    [...searchParams]
      .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
      .toSorted()
      .join('&'),
    ...names.map((name) => `${name}:${byName.get(name)!.trim().replaceAll(/\s+/g, ' ')}`),
    '',
    names.join(';'),
    sha256(body),
  ].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = [ALGORITHM, time, scope, sha256(canonical)].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce(hmac, Buffer.from(`AWS4${secretAccessKey}`));
  const signature = hmac(key, toSign).toString('hex');
  return {
    ...headers,
    'x-amz-date': time,
    authorization: `${ALGORITHM} Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  };
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** As AWS encodes: all but letters, digits and `-._~`. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
