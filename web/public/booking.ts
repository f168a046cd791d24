import './form.ts';

/** Shows times in the time zone of the browser, unless another was chosen. The page works without it, too. */
const zoneForm = document.querySelector<HTMLFormElement>('form.zone');
if (zoneForm) enhanceZone(zoneForm);

const booked = document.querySelector<HTMLElement>('[data-booked]')?.dataset['booked'];
if (booked !== undefined && window.parent !== window)
  window.parent.postMessage({ fairlead: { booked: { start: booked } } }, '*');

function enhanceZone(target: HTMLFormElement): void {
  const select = target.querySelector('select')!;
  target.querySelector('button')!.hidden = true;
  select.addEventListener('change', () => target.submit());
  const page = new URL(location.href);
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const isChosen = page.searchParams.has('time_zone') || page.searchParams.has('tz');
  if (isChosen || target.dataset['follow'] !== 'browser' || timeZone === target.dataset['timeZone']) return;
  page.searchParams.set('time_zone', timeZone);
  location.replace(page);
}
