import { readImageHeader } from '../../files/image-header.ts';

/** Types that do no harm in a browser, although only the provider says so. */
const SAFE = new Set([
  'audio/mpeg',
  'audio/mp3',
  'audio/ogg',
  'audio/amr',
  'audio/wav',
  'audio/x-wav',
  'video/mp4',
  'video/3gpp',
  'text/vcard',
]);

/** The type of a file by its bytes, else as declared if that is a harmless one. */
export function mediaTypeOf(bytes: Buffer, declared: string | undefined): string {
  const image = readImageHeader(bytes);
  if (image) return image.type;
  if (bytes.subarray(0, 5).toString('latin1') === '%PDF-') return 'application/pdf';
  const type = (declared ?? '').split(';', 1)[0]!.trim().toLowerCase();
  return SAFE.has(type) ? type : 'application/octet-stream';
}
