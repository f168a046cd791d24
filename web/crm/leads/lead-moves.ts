import { useState } from 'react';
import { leads, type Lead } from '../../api/lead-queries.ts';
import { useUpdateRecord } from '../../api/record-queries.ts';
import { notifyError } from '../../ui/notify.tsx';

export interface LeadMoves {
  /** Leads that are moving, by id, with their new status. */
  moving: ReadonlyMap<string, Lead>;
  /** @param to the key of a status */
  move: (lead: Lead, to: string) => void;
}

/** Moves leads between statuses optimistically; a move that the API rejects is undone. */
export function useLeadMoves(): LeadMoves {
  const [moving, setMoving] = useState<ReadonlyMap<string, Lead>>(new Map());
  const { mutateAsync: update } = useUpdateRecord(leads);

  const move = async (lead: Lead, to: string) => {
    if (lead.status === to || moving.has(lead.id)) return;
    setMoving((before) => new Map(before).set(lead.id, { ...lead, status: to }));
    try {
      await update({ id: lead.id, version: lead.version, change: { status: to } });
    } catch (error) {
      notifyError(error as Error);
    }
    setMoving((before) => new Map([...before].filter(([id]) => id !== lead.id)));
  };
  return { moving, move: (lead, to) => void move(lead, to) };
}
