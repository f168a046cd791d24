import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconUserCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { contactByEmail } from '../../api/contact-queries.ts';
import type { Lead } from '../../api/lead-queries.ts';
import { useMay } from '../../api/session-queries.ts';
import { LeadConversionForm } from './lead-conversion-form.tsx';

/** The button that makes a contact of a lead; none where that was done, or is not theirs to do. */
export function LeadConversion({ lead }: { lead: Lead }) {
  const mayWrite = useMay('contacts:write');
  const mayRead = useMay('contacts:read');
  const [converting, convert] = useDisclosure();
  const { data: known, isLoading } = useQuery({
    ...contactByEmail(lead.email ?? ''),
    enabled: converting && mayRead && lead.email !== null,
  });
  if (lead.converted_at !== null || !mayWrite) return null;
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconUserCheck size={15} />}
        loading={isLoading}
        onClick={convert.open}
      >
        Convert
      </Button>
      {converting && !isLoading && (
        <LeadConversionForm lead={lead} known={lead.email === null ? null : known} onClose={convert.close} />
      )}
    </>
  );
}
