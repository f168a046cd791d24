/** The plans a workspace can be on. `unlimited` is the self-hosted default and has no limits. */
export const PLANS = ['unlimited'] as const;

export type Plan = (typeof PLANS)[number];

export function isPlan(text: string): text is Plan {
  return (PLANS as readonly string[]).includes(text);
}
