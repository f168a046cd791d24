type Kind = 'workshop' | 'class' | 'unit' | 'activity';

/** How aXcelerate calls an event. */
export interface AxcelerateName {
  /** `namespace.event_name`. */
  name: string;
  /** The name of the object in `message`. */
  noun: string;
}

/** The verbs of one object that aXcelerate has events for, with its names of them. */
interface Names {
  noun: string;
  /** By Fairlead's verb, as in `created: 'student.workshop_enrolment_created'`. */
  verbs: Readonly<Record<string, string>>;
}

const CHANGES = ['created', 'updated', 'deleted'] as const;

function named(noun: string, prefix: string, verbs: readonly string[]): Names {
  return { noun, verbs: Object.fromEntries(verbs.map((verb) => [verb, `${prefix}_${verb}`])) };
}

const CALENDAR: Names = {
  noun: 'event',
  verbs: {
    booked: 'calendar.event_created',
    requested: 'calendar.event_created',
    updated: 'calendar.event_updated',
    rescheduled: 'calendar.event_updated',
    canceled: 'calendar.event_updated',
    completed: 'calendar.event_updated',
    no_show: 'calendar.event_updated',
    deleted: 'calendar.event_deleted',
  },
};

/** By object, where its kind makes no difference. An assessment is what aXcelerate calls the enrolment in a unit. */
const BY_OBJECT: Readonly<Record<string, Names>> = {
  contact: named('contact', 'contact.contact', [...CHANGES, 'merged']),
  appointment: CALENDAR,
  assessment: {
    noun: 'enrolment',
    verbs: {
      created: 'student.unit_enrolment_created',
      completed: 'student.unit_enrolment_status_changed',
    },
  },
};

/** By object and kind of course: a workshop is a run of a workshop type, a class one of a qualification. */
const BY_KIND: Readonly<Record<string, Partial<Record<Kind, Names>>>> = {
  course: {
    workshop: named('workshopType', 'course.workshop_type', CHANGES),
    class: named('qualification', 'course.qualification', CHANGES),
  },
  course_run: {
    workshop: named('workshop', 'course.workshop', CHANGES),
    class: named('class', 'course.class', CHANGES),
  },
  enrolment: {
    workshop: named('enrolment', 'student.workshop_enrolment', [...CHANGES, 'status_changed']),
    class: named('enrolment', 'student.class_enrolment', [...CHANGES, 'status_changed']),
    unit: named('enrolment', 'student.unit_enrolment', ['created', 'status_changed']),
    activity: named('enrolment', 'student.activity_enrolment', CHANGES),
  },
};

/**
 * aXcelerate's name of an event; undefined if it has none.
 * @param type Fairlead's, as in `enrolment.created`
 * @param record whose `kind` the name depends on
 */
export function axcelerateName(
  type: string,
  record: Readonly<Record<string, unknown>>,
): AxcelerateName | undefined {
  const [object = '', verb = ''] = type.split('.');
  const names = BY_OBJECT[object] ?? BY_KIND[object]?.[record['kind'] as Kind];
  const name = names?.verbs[verb];
  return name === undefined ? undefined : { name, noun: names!.noun };
}

/** Fairlead's types by aXcelerate's names; the first of several. Of names that the kind decides: the type of all kinds. */
export const FAIRLEAD_TYPES: ReadonlyMap<string, string> = new Map([
  ...Object.entries(BY_KIND).flatMap(([object, kinds]) =>
    Object.values(kinds).flatMap((names) => typesOf(object, names)),
  ),
  ...Object.entries(BY_OBJECT).flatMap(([object, names]) => typesOf(object, names).toReversed()),
]);

function typesOf(object: string, { verbs }: Names): [name: string, type: string][] {
  return Object.entries(verbs).map(([verb, name]) => [name, `${object}.${verb}`]);
}
