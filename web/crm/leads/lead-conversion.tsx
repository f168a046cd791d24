import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconUserCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { contactByEmailQuery } from '../../api/contact-queries.ts';
import type { Lead } from '../../api/lead-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';

/** Loaded on demand: most visits of a page only read it. */
const LeadConversionForm = lazy(async () => ({
  default: (await import('./lead-conversion-form.tsx')).LeadConversionForm,
}));

/** The button that converts a lead. Hidden for a converted lead and without the permission. */
export function LeadConversion({ lead }: { lead: Lead }) {
  const mayWrite = useHasScope('contacts:write');
  const mayRead = useHasScope('contacts:read');
  const [converting, convert] = useDisclosure();
  const { data: known, isLoading } = useQuery({
    ...contactByEmailQuery(lead.email ?? ''),
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
        <Suspense>
          <LeadConversionForm
            lead={lead}
            known={lead.email === null ? null : known}
            onClose={convert.close}
          />
        </Suspense>
      )}
    </>
  );
}
