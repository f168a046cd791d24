/** How a text is encoded as SMS, and in how many segments it is billed. */
export interface SmsSegments {
  encoding: 'gsm7' | 'ucs2';
  segments: number;
  /** In units of the encoding: septets, or UTF-16 units. */
  length: number;
}

/** The GSM 7-bit alphabet (3GPP TS 23.038, section 6.2.1), without its escape. */
const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
/** Its extension: each of these takes two septets. */
const EXTENSION = new Set('\f^{}\\[~]|€');

/** Septets and UTF-16 units of one segment, and of each of several, which have a header. */
const LIMITS = { gsm7: { single: 160, each: 153 }, ucs2: { single: 70, each: 67 } } as const;

/**
 * Counts the segments of a text. A character never spans two segments, so a text with many characters of two units can
 * need one more than its length suggests. An empty text has one segment.
 * web/messaging/sms-segments.ts counts the same while a person types.
 */
export function countSegments(text: string): SmsSegments {
  const characters = Array.from(text);
  const isGsm = characters.every((character) => BASIC.has(character) || EXTENSION.has(character));
  const encoding = isGsm ? 'gsm7' : 'ucs2';
  const sizes = characters.map((character) =>
    isGsm ? (EXTENSION.has(character) ? 2 : 1) : character.length,
  );
  const length = sizes.reduce((sum, size) => sum + size, 0);
  const { single, each } = LIMITS[encoding];
  if (length <= single) return { encoding, segments: 1, length };
  let segments = 1;
  let used = 0;
  for (const size of sizes) {
    if (used + size > each) {
      segments += 1;
      used = 0;
    }
    used += size;
  }
  return { encoding, segments, length };
}
