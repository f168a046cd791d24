import { IconCalendarPlus, IconCalendarTime, IconPlus } from '@tabler/icons-react';
import { lazy, type Page } from '../page-definition.ts';

/** The pages of booking pages and availability: a part of the table in web/pages.ts. */
export const SCHEDULING_PAGES = {
  bookingPages: {
    path: '/booking-pages',
    frame: 'inside',
    title: 'Booking pages',
    component: lazy(() => import('./booking-pages/booking-page-list.tsx'), 'BookingPageList'),
    scope: 'booking:read',
    nav: {
      group: 'records',
      icon: IconCalendarPlus,
      aliases: ['Meeting links', 'Scheduling links', 'Calendars'],
    },
  },
  newBookingPage: {
    path: '/booking-pages/new',
    frame: 'inside',
    title: 'New booking page',
    component: lazy(() => import('./booking-pages/booking-page-editor.tsx'), 'NewBookingPage'),
    scope: 'booking:manage',
    nav: { group: 'create', icon: IconPlus },
  },
  bookingPage: {
    path: '/booking-pages/$id',
    frame: 'inside',
    title: null,
    component: lazy(() => import('./booking-pages/booking-page-editor.tsx'), 'EditBookingPage'),
    scope: 'booking:read',
  },
  availability: {
    path: '/settings/availability',
    frame: 'inside',
    title: 'My availability',
    component: lazy(() => import('./availability/availability-page.tsx'), 'AvailabilityPage'),
    scope: 'availability:write',
    nav: {
      group: 'settings',
      icon: IconCalendarTime,
      aliases: ['Settings → Availability', 'Working hours', 'Time off', 'Calendar feed', 'Holidays'],
    },
  },
} as const satisfies Record<string, Page>;
