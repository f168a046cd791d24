import { Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { egressAddressesQuery } from '../../api/egress-address-queries.ts';
import { CopyText } from '../../ui/copy-text.tsx';
import classes from './ip-addresses.module.css';

/** Where deliveries come from, for an allow-list at the receiver. */
export function IpAddresses() {
  const { data: addresses } = useQuery(egressAddressesQuery);
  return (
    <section id="ip-addresses" className={classes.root} aria-labelledby="ip-addresses-title">
      <Title order={2} id="ip-addresses-title">
        IP addresses
      </Title>
      <Text size="sm" c="dimmed" mt={4}>
        {addresses?.length === 0
          ? 'Deliveries leave from the public addresses of the server that Fairlead runs on; whoever runs it can have them shown here with FAIRLEAD_EGRESS_IPS.'
          : 'Deliveries come from these addresses. Allow them where your receiver is behind a firewall.'}{' '}
        Trust the signature rather than the address.
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
