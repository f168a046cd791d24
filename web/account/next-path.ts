/** The path to open after sign-in: only paths of this site, `/` otherwise. */
export function nextPath(next: string | undefined): string {
  return next !== undefined && /^\/(?!\/)[^\\\s]*$/.test(next) ? next : '/';
}
