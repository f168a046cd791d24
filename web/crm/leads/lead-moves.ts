import { useState } from 'react';
import { leads, type Lead } from '../../api/lead-queries.ts';
import { useUpdateRecord } from '../../api/record-queries.ts';
import { tellError } from '../../ui/notify.tsx';

export interface LeadMoves {
  /** Leads on their way, by id, as they will be. */
  moving: ReadonlyMap<string, Lead>;
  /** To the status of this key. */
  move: (lead: Lead, to: string) => void;
}

/** Moves leads between statuses: on view at once, and back where the API refuses. */
export function useLeadMoves(): LeadMoves {
  const [moving, setMoving] = useState<ReadonlyMap<string, Lead>>(new Map());
  const { mutateAsync: update } = useUpdateRecord(leads);

  const move = async (lead: Lead, to: string) => {
    if (lead.status === to || moving.has(lead.id)) return;
    setMoving((before) => new Map(before).set(lead.id, { ...lead, status: to }));
    try {
      await update({ id: lead.id, version: lead.version, change: { status: to } });
    } catch (error) {
      tellError(error as Error);
    }
    setMoving((before) => new Map([...before].filter(([id]) => id !== lead.id)));
  };
  return { moving, move: (lead, to) => void move(lead, to) };
}
