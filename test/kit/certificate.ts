import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/** A certificate with its key, made for a test. */
export interface TestCertificate {
  subject: string;
  pem: string;
  privateKey: KeyObject;
}

export interface CertificateInput {
  /** The common name. */
  subject: string;
  /** Default: itself. */
  issuer?: TestCertificate | undefined;
  isAuthority?: boolean;
  dnsNames?: readonly string[];
  validFrom?: string;
  validTo?: string;
  keyBits?: number;
}

/** Makes an X.509 v3 certificate with a new RSA key (RFC 5280); Node can read these but not make them. */
export function makeCertificate({
  subject,
  issuer,
  isAuthority = false,
  dnsNames = [],
  validFrom = '2020-01-01T00:00:00Z',
  validTo = '2049-01-01T00:00:00Z',
  keyBits = 2_048,
}: CertificateInput): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: keyBits });
  const algorithm = sequence(objectId('2a864886f70d01010b'), element(0x05));
  const extensions = [
    ...(isAuthority ? [extension('551d13', sequence(element(0x01, Buffer.from([0xff]))))] : []),
    ...(dnsNames.length > 0
      ? [extension('551d11', sequence(...dnsNames.map((name) => element(0x82, Buffer.from(name)))))]
      : []),
  ];
  const signed = sequence(
    element(0xa0, integer(2)),
    integer(Date.now() % 1_000_000),
    algorithm,
    nameOf(issuer?.subject ?? subject),
    sequence(time(validFrom), time(validTo)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length > 0 ? [element(0xa3, sequence(...extensions))] : []),
  );
  const signature = sign('sha256', signed, issuer?.privateKey ?? privateKey);
  const certificate = sequence(signed, algorithm, element(0x03, Buffer.from([0]), signature));
  const lines = certificate.toString('base64').match(/.{1,64}/g)!;
  const pem = `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
  return { subject, pem, privateKey };
}

/** A DER element. */
function element(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...parts: Buffer[]): Buffer {
  return element(0x30, ...parts);
}

function integer(value: number): Buffer {
  const hex = value.toString(16);
  // With a leading bit of 0, or it would be negative.
  const padded = hex.length % 2 === 1 ? `0${hex}` : hex >= '8' ? `00${hex}` : hex;
  return element(0x02, Buffer.from(padded, 'hex'));
}

function objectId(hex: string): Buffer {
  return element(0x06, Buffer.from(hex, 'hex'));
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(objectId(id), element(0x04, value));
}

function nameOf(common: string): Buffer {
  return sequence(element(0x31, sequence(objectId('550403'), element(0x0c, Buffer.from(common)))));
}

function time(iso: string): Buffer {
  return element(0x18, Buffer.from(iso.replaceAll(/[-:T]/g, '')));
}
