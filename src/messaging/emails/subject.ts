/** Marks of replies and forwarded mails, in several languages. */
const MARK =
  /^\s*(?:re|aw|sv|vs|antw|odp|tr|rv|fw|fwd|wg|ref|回复|答复|回覆|转发)\s*(?:\[\d+\])?\s*[:：]\s*/iu;

/** The subject of a thread: without the marks of replies, in lower case. */
export function subjectKey(subject: string): string {
  let rest = subject.normalize('NFC').trim();
  for (let next = rest.replace(MARK, ''); next !== rest; next = rest.replace(MARK, '')) rest = next;
  return rest.replaceAll(/\s+/g, ' ').toLowerCase();
}
