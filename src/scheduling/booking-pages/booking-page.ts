import type { Uuid } from '../../base/id.ts';
import type { SlotRules } from '../availability/slots.ts';
import type { BookingQuestion } from './booking-question.ts';

/** A message to the guest and the host before the appointment. */
export interface ReminderSetting {
  kind: 'email';
  minutes_before: number;
}

/** A host of a page. */
export interface PageHost {
  user_id: Uuid;
  /** Share of the appointments of a round robin. */
  weight: number;
  /** Null: the host's default schedule. */
  schedule_id: Uuid | null;
}

/** A booking page, as it is stored. */
export interface BookingPage extends SlotRules {
  id: Uuid;
  version: number;
  /** The last part of its URL; unique in the workspace. */
  slug: string;
  title: string;
  description: string | null;
  /** In order; members who left the workspace are still in it. */
  hosts: PageHost[];
  /** The first is the default. */
  duration_min: number[];
  /** `ask`: the guest says where. */
  location_kind: 'in_person' | 'phone' | 'link' | 'ask';
  /** An address, a telephone number or a URL. */
  location_text: string | null;
  /** Besides name and e-mail address, which every page has. */
  questions: BookingQuestion[];
  /** `manual`: a host confirms each appointment. */
  confirmation: 'auto' | 'manual';
  /** Until how long before the start guests may cancel and move, in minutes. */
  cancel_notice_min: number;
  reminders: ReminderSetting[];
  /** The time zone that the page shows first. */
  time_zone_display: 'visitor' | 'host';
  submit_label: string;
  thanks_text: string;
  /** Where guests are redirected to after booking. */
  redirect_url: string | null;
  /** The sites that may embed the page. */
  allowed_origins: string[];
  proof_of_work: 'optional' | 'required';
  /** Whether it can be booked. */
  active: boolean;
  created_by: string;
  created_at: string;
  updated_at: string;
}
