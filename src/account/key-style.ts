/**
 * A kind of API key, recognized by its prefix. Keys are stored with the name and the visible prefix: neither may
 * change.
 */
export interface KeyStyle {
  readonly name: string;
  /** What the dashboard shows. */
  readonly label: string;
  /** The first characters of every key, such as `fl_live_`. No style's prefix may start with another's. */
  readonly prefix: string;
  /** The scopes of every key of the style. If missing, each key has its own. */
  readonly scopes?: readonly string[];
}

/** Key styles by name; the first is the default. */
export type KeyStyles = ReadonlyMap<string, KeyStyle>;

export const FAIRLEAD_KEY: KeyStyle = { name: 'fairlead', label: 'Fairlead', prefix: 'fl_live_' };

/** The number of letters and digits after the prefix. */
export const SECRET_LENGTH = 32;
/** How many of them stay visible after creation. */
const VISIBLE_LENGTH = 8;

const SECRET = new RegExp(`^[A-Za-z0-9]{${SECRET_LENGTH}}$`);

/** The visible part of a well-formed key, or null. */
export function visiblePart(styles: KeyStyles, raw: string): string | null {
  for (const { prefix } of styles.values()) {
    if (raw.startsWith(prefix))
      return SECRET.test(raw.slice(prefix.length)) ? raw.slice(0, prefix.length + VISIBLE_LENGTH) : null;
  }
  return null;
}
