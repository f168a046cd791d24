import { Anchor, Button, Menu, type ButtonProps, type MenuItemProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { ComponentProps } from 'react';

/** Mantine's pieces as links of the router: `<TextLink {...paths.records('contacts')}>`. */
export const TextLink = createLink(Anchor<'a'>);
/** Looks like a button, and is a link: it opens in a new tab, too. */
export const ButtonLink = createLink((props: ButtonProps & ComponentProps<'a'>) => (
  <Button component="a" {...props} />
));
export const MenuLink = createLink((props: MenuItemProps & ComponentProps<'a'>) => (
  <Menu.Item component="a" {...props} />
));
