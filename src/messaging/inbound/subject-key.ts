/** Of replies and forwarded mails, in the languages of common mail programs. */
const PREFIX =
  /^(?:(?:re|fw|fwd|aw|wg|sv|vs|vb|tr|rv|ref|rif|res|enc|odp|pd|ynt|ilt|antw|doorst|回复|答复|回覆|转发|轉寄|返信|転送)(?:\[\d+\]|\(\d+\))?\s*[:：]\s*)+/iu;

/** A subject without `Re:` and the like, in lower case; null if nothing is left. */
export function subjectKey(subject: string | null): string | null {
  const text = (subject ?? '').normalize('NFC').replaceAll(/\s+/gu, ' ').trim();
  return text.replace(PREFIX, '').trim().toLowerCase() || null;
}
