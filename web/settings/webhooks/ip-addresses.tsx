import { Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { egressAddressesQuery } from '../../api/egress-address-queries.ts';
import { CopyText } from '../../ui/copy-text.tsx';
import classes from './ip-addresses.module.css';

/** The source addresses of deliveries, for an allowlist at the receiver. */
export function IpAddresses() {
  const { data: addresses } = useQuery(egressAddressesQuery);
  return (
    <section id="ip-addresses" className={classes.root} aria-labelledby="ip-addresses-title">
      <Title order={2} id="ip-addresses-title">
        IP addresses
      </Title>
      <Text size="sm" c="dimmed" mt={4}>
        {addresses?.length === 0
          ? 'Deliveries come from the public addresses of the Fairlead server. The operator can list them here with FAIRLEAD_EGRESS_IPS.'
          : 'Deliveries come from these addresses. Allow them if your receiver is behind a firewall.'}{' '}
        Always verify the signature as well.
      </Text>
      <ul className={classes.list}>
        {addresses?.map((address) => (
          <li key={address}>
            <CopyText text={address} />
          </li>
        ))}
      </ul>
    </section>
  );
}
