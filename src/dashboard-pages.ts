// Made by npm run generate from web/pages.ts.
/** First segments of the dashboard's own paths. */
export const DASHBOARD_PAGES: readonly string[] = [
  'sign-in',
  'forgot-password',
  'setup',
  'invitation',
  'reset-password',
  '',
  'settings',
  'conversations',
  'leads',
  'forms',
  'booking-pages',
];
