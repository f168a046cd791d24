import type { Module, PreparedModule, MadeModule } from '../record/module.ts';
import type { Noun } from '../record/noun.ts';
import { appointment } from './appointments/appointment.ts';
import {
  makeAppointments,
  prepareAppointments,
  type AppointmentParts,
} from './appointments/appointments.ts';

export type SchedulingParts = AppointmentParts;

function prepareScheduling(parts: SchedulingParts): PreparedModule {
  const prepared = prepareAppointments(parts);
  return {
    records: { services: prepared.services },
    make: (records): MadeModule => makeAppointments(parts, prepared, records),
  };
}

/** Appointments, and the pages through which guests book them (BK1–BK5). */
export const scheduling: Module<SchedulingParts> = {
  nouns: [appointment as unknown as Noun],
  scopes: [],
  eventTypes: [],
  eventObjects: [],
  maintenance: () => [],
  prepare: prepareScheduling,
};
