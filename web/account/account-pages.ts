import { lazy, type Page } from '../page-definition.ts';

/** The pages before a session: a part of the table in web/pages.ts. */
export const ACCOUNT_PAGES = {
  signIn: {
    path: '/sign-in',
    frame: 'outside',
    title: 'Sign in',
    search: ({ next }: Record<string, unknown>) => ({ next: typeof next === 'string' ? next : undefined }),
    component: lazy(() => import('./sign-in.tsx'), 'SignIn'),
  },
  forgotPassword: {
    path: '/forgot-password',
    frame: 'outside',
    title: 'Forgot your password?',
    component: lazy(() => import('./forgot-password.tsx'), 'ForgotPassword'),
  },
  setup: {
    path: '/setup',
    frame: 'outside',
    title: 'Set up Fairlead',
    component: lazy(() => import('./setup.tsx'), 'Setup'),
  },
  invitation: {
    path: '/invitation',
    frame: 'outside',
    title: null,
    component: lazy(() => import('./invitation.tsx'), 'Invitation'),
  },
  resetPassword: {
    path: '/reset-password',
    frame: 'outside',
    title: 'Set a new password',
    component: lazy(() => import('./reset-password.tsx'), 'ResetPassword'),
  },
} as const satisfies Record<string, Page>;
