/** Where to go after signing in: a path of this very site, else the start. */
export function nextPath(next: string | undefined): string {
  return next !== undefined && /^\/(?!\/)[^\\\s]*$/.test(next) ? next : '/';
}
