import './form.css';
import { solveProof } from './proof.ts';

/** How long a visitor waits for the proof of work once they have sent: without it the form goes all the same. */
const TIMEOUT_MS = 10_000;

const form = document.querySelector<HTMLFormElement>('form[data-challenge]');
if (form) enliven(form);
if (window.parent !== window) tellParent();

/** The page works without this: it adds the proof of work, and takes the second of two clicks away. */
function enliven(shown: HTMLFormElement): void {
  const button = shown.querySelector('button')!;
  const proof = shown.querySelector<HTMLInputElement>('input[name="_proof"]')!;
  const solved = solveProof(shown.dataset['challenge']!).then((solution) => {
    proof.value = solution;
  });
  let isSent = false;

  shown.addEventListener('submit', (event) => {
    event.preventDefault();
    if (isSent) return;
    isSent = true;
    button.setAttribute('aria-busy', 'true');
    const late = new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS));
    // What can not be solved here (no secure context, an old browser) is judged without.
    void Promise.race([solved.catch(() => undefined), late]).then(() => shown.submit());
  });

  // Back from the next page, out of the browser's memory: it can be sent again.
  window.addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return;
    isSent = false;
    button.removeAttribute('aria-busy');
  });
}

/** Within another page: how high this one is, and where the visitor is to go. Nothing of what was filled in. */
function tellParent(): void {
  const notifyWhenDone = (message: object) => window.parent.postMessage({ fairlead: message }, '*');
  const main = document.querySelector('main')!;
  new ResizeObserver(() =>
    notifyWhenDone({ height: Math.ceil(main.getBoundingClientRect().height) }),
  ).observe(main);
  const redirect = document.querySelector<HTMLElement>('[data-redirect]')?.dataset['redirect'];
  if (redirect !== undefined) notifyWhenDone({ redirect });
}
