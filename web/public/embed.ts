/**
 * Embeds a form at the position of its script, in an iframe that grows with its content. The iframe isolates styles and
 * scripts of the page and the form from each other.
 */
(() => {
  // The scope hides everything from the page's own scripts.
  const script = document.currentScript;
  if (script instanceof HTMLScriptElement) embed(script);

  function embed(element: HTMLScriptElement): void {
    const address = new URL(element.src);
    const scheme = schemeOf(element.parentElement ?? document.documentElement);
    const page = new URL(address.pathname.replace(/\/embed\.js$/, ''), address.origin);
    page.searchParams.set('embed', '1');
    page.searchParams.set('scheme', scheme);
    page.searchParams.set('_page', location.href.slice(0, 2000));

    const frame = document.createElement('iframe');
    frame.src = page.href;
    frame.title = element.dataset['title'] ?? 'Form';
    Object.assign(frame.style, {
      display: 'block',
      width: '100%',
      height: '480px',
      border: '0',
      // A colour scheme that differs from the page would make the iframe opaque.
      colorScheme: scheme,
    });

    let isShown = false;
    window.addEventListener('message', ({ source, origin, data }) => {
      if (source !== frame.contentWindow || origin !== address.origin) return;
      const { height, redirect } =
        (data as { fairlead?: { height?: unknown; redirect?: unknown } }).fairlead ?? {};
      if (typeof height === 'number') frame.style.height = `${Math.min(height, 20_000)}px`;
      if (typeof redirect === 'string' && redirect.startsWith('https://')) location.assign(redirect);
    });
    frame.addEventListener('load', () => {
      // After a long form, the thank-you page would be out of view.
      if (isShown && frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
      isShown = true;
    });

    if (element.parentElement === document.head) {
      document.addEventListener('DOMContentLoaded', () => document.body.append(frame));
      if (document.readyState !== 'loading') document.body.append(frame);
    } else element.after(frame);
  }

  /** The colour scheme of the page around the form. */
  function schemeOf(parent: Element): 'light' | 'dark' {
    const { colorScheme } = getComputedStyle(parent);
    if (!colorScheme.includes('dark')) return 'light';
    return colorScheme.includes('light') && !matchMedia('(prefers-color-scheme: dark)').matches
      ? 'light'
      : 'dark';
  }
})();
